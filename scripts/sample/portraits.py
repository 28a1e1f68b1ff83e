"""The portraits: stills of three people, each with one expression."""

from dataclasses import dataclass, replace

from .canvas import Canvas, Pixels
from .expressions import EXPRESSIONS
from .head import Head
from .people import ADA, BEN, CLEO, Person
from .render import Place

SIDE = 480
"""Of a portrait, in pixels."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A still of one person.

    Attributes:
        name: of the file, without its suffix.
        person: who it is.
        label: the expression.
        yaw, roll: how the head is held, in degrees, besides what the expression does.
        wall: the colors of the wall behind the head and in the corners.
    """

    name: str
    person: Person
    label: str
    yaw: float
    roll: float
    wall: tuple[str, str]


PORTRAITS = (
    Portrait("ada-happy", ADA, "happy", 7, 0, ("#fdf1df", "#f2d9b8")),
    Portrait("ben-surprise", BEN, "surprise", -5, 2, ("#e3edf5", "#c4d6e4")),
    Portrait("cleo-happy", CLEO, "happy", -8, -4, ("#eaf1e6", "#cddcc6")),
    Portrait("ada-sad", ADA, "sad", -5, -1, ("#e8ebf4", "#cdd3e4")),
    Portrait("ben-angry", BEN, "angry", 4, 0, ("#f6e7e3", "#e6c9c2")),
    Portrait("cleo-neutral", CLEO, "neutral", 5, 2, ("#f1ecf3", "#d9cfdf")),
)
"""The stills beside the clip."""


def draw_portrait(still: Portrait) -> Pixels:
    """Draws a still: uint8 (SIDE, SIDE, 3), RGB."""
    canvas = Canvas(SIDE, SIDE, still.wall)
    pose = EXPRESSIONS[still.label]
    pose = replace(pose, yaw=pose.yaw + still.yaw, roll=pose.roll + still.roll)
    canvas.draw(Head(still.person, pose), Place(240, 262, 148))
    return canvas.pixels()
