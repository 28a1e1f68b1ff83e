"""The clip: two people through several expressions, each at their own time."""

from dataclasses import dataclass, replace
from math import copysign, pi, sin

from .canvas import Canvas, Pixels
from .expressions import EXPRESSIONS, Expression
from .head import Head
from .people import ADA, BEN, Person
from .render import Place

WIDTH, HEIGHT = 960, 540
RATE = 25
SECONDS = 18
"""Of the clip, whose end meets its start."""

_WALL = ("#f3f5f5", "#d3dcdf")
_BLINK = 0.12  # seconds until the lids are shut, and until they are open again
_FASTEST = 0.28  # seconds in which a face is surprised


@dataclass(frozen=True, slots=True)
class Change:
    """A face changes its expression.

    Attributes:
        time: when it begins, in seconds.
        label: the new expression.
        rise: how long it takes, in seconds.
    """

    time: float
    label: str
    rise: float = 0.55

    @property
    def done(self) -> float:
        """When the expression is whole."""
        return self.time + self.rise


@dataclass(frozen=True, slots=True)
class Role:
    """A person in the clip.

    Attributes:
        person: who it is.
        place: where the person stands, in pixels of the clip.
        changes: of the expression, in order; it starts as it ends, neutral.
        blinks: when the person blinks, in seconds.
        glance: degrees the head turns towards the other person with a smile.
        phase: where the small movements of the head start.
    """

    person: Person
    place: Place
    changes: tuple[Change, ...]
    blinks: tuple[float, ...]
    glance: float
    phase: float


ROLES = (
    Role(
        BEN,
        Place(676, 256, 152),
        (
            Change(3.3, "happy", 0.7),
            Change(6.3, "neutral", 0.8),
            Change(8.5, "surprise", _FASTEST),
            Change(10.6, "neutral"),
            Change(12.8, "angry"),
            Change(16.0, "neutral", 0.7),
        ),
        (1.3, 7.6, 12.2, 17.2),
        -9.0,
        1.9,
    ),
    Role(
        ADA,
        Place(284, 268, 148),
        (
            Change(2.1, "happy", 0.6),
            Change(5.3, "neutral", 0.8),
            Change(7.8, "surprise", _FASTEST),
            Change(10.0, "neutral"),
            Change(12.1, "sad", 0.7),
            Change(15.5, "neutral", 0.8),
        ),
        (1.6, 6.9, 11.5, 16.9),
        9.0,
        0.0,
    ),
)
"""Who is in the clip, from the back to the front."""


def clip_frame(number: int) -> Pixels:
    """Draws a frame of the clip: uint8 (HEIGHT, WIDTH, 3), RGB."""
    time = number / RATE
    canvas = Canvas(WIDTH, HEIGHT, _WALL)
    for role in ROLES:
        breath = 1.2 * sin(2 * pi * 4 * time / SECONDS + role.phase)
        place = replace(role.place, y=role.place.y + breath)
        canvas.draw(Head(role.person, expression_at(role, time)), place)
    return canvas.pixels()


def expression_at(role: Role, time: float) -> Expression:
    """The expression of a person at a second of the clip."""
    now, smiling = EXPRESSIONS["neutral"], 0.0
    for change in role.changes:
        share = _eased((time - change.time) / change.rise)
        now = now.blended(EXPRESSIONS[change.label], share)
        smiling += ((change.label == "happy") - smiling) * share
    turn = 2 * pi * time / SECONDS
    shut = max((1 - abs(time - blink) / _BLINK for blink in role.blinks), default=0.0)
    return replace(
        now,
        lids=now.lids + (-1 - now.lids) * _eased(1.6 * shut),
        yaw=now.yaw + 3.0 * sin(2 * turn + role.phase) + role.glance * smiling,
        pitch=now.pitch + 1.2 * sin(3 * turn + 2 * role.phase),
        roll=now.roll + 1.6 * sin(turn + role.phase),
        look_x=copysign(0.35, role.glance) * smiling,
    )


def _eased(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)
