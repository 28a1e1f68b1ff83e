"""The scenes of the sample: a clip of two people, and portraits of three."""

from dataclasses import dataclass, replace
from math import pi, sin

import numpy as np
from numpy.typing import NDArray

from .colors import encode, linear
from .expressions import EXPRESSIONS, Expression
from .head import Head
from .people import ADA, BEN, CLEO, Person
from .render import Place, draw

WIDTH, HEIGHT = 960, 540
RATE = 25
SECONDS = 18
"""Of the clip, whose end meets its start."""

PORTRAIT = 480
"""The side of a portrait, in pixels."""

POSTER = 4.4
"""The second of the clip that is its still."""

_OVERSAMPLING = 2  # rays a pixel and direction
_BACKDROP = ("#f3f5f5", "#d3dcdf")
_BLINK = 0.12  # seconds until the lids are shut, and until they are open again
_FASTEST = 0.28  # seconds in which a face is surprised

Pixels = NDArray[np.uint8]


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
    image = _backdrop(WIDTH * _OVERSAMPLING, HEIGHT * _OVERSAMPLING)
    for role in ROLES:
        breath = 1.2 * sin(2 * pi * 4 * time / SECONDS + role.phase)
        place = replace(role.place, y=role.place.y + breath)
        draw(image, Head(role.person, expression_at(role, time)), _enlarged(place))
    return _finished(image)


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
        look_x=0.35 * np.sign(role.glance) * smiling,
    )


@dataclass(frozen=True, slots=True)
class Portrait:
    """A still of one person.

    Attributes:
        name: of the file, without its suffix.
        person: who it is.
        label: the expression.
        yaw, roll: how the head is held, in degrees, besides what the expression does.
        backdrop: the colors at the top and the bottom.
    """

    name: str
    person: Person
    label: str
    yaw: float
    roll: float
    backdrop: tuple[str, str]


PORTRAITS = (
    Portrait("ada-happy", ADA, "happy", 7, 0, ("#fdf1df", "#f2d9b8")),
    Portrait("ben-surprise", BEN, "surprise", -5, 2, ("#e3edf5", "#c4d6e4")),
    Portrait("cleo-happy", CLEO, "happy", -8, -4, ("#eaf1e6", "#cddcc6")),
    Portrait("ada-sad", ADA, "sad", -5, -1, ("#e8ebf4", "#cdd3e4")),
    Portrait("ben-angry", BEN, "angry", 4, 0, ("#f6e7e3", "#e6c9c2")),
    Portrait("cleo-neutral", CLEO, "neutral", 5, 2, ("#f1ecf3", "#d9cfdf")),
)
"""The stills beside the clip."""


def portrait(still: Portrait) -> Pixels:
    """Draws a still: uint8 (PORTRAIT, PORTRAIT, 3), RGB."""
    side = PORTRAIT * _OVERSAMPLING
    image = _backdrop(side, side, still.backdrop)
    pose = EXPRESSIONS[still.label]
    pose = replace(pose, yaw=pose.yaw + still.yaw, roll=pose.roll + still.roll)
    draw(image, Head(still.person, pose), _enlarged(Place(240, 262, 148)))
    return _finished(image)


def _eased(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def _enlarged(place: Place) -> Place:
    return Place(*(_OVERSAMPLING * value for value in (place.x, place.y, place.scale)))


def _backdrop(width: int, height: int, colors: tuple[str, str] = _BACKDROP) -> NDArray[np.float32]:
    """A plain wall, brightest behind the heads."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot((columns / width - 0.5) * 1.1, rows / height - 0.35)
    share = np.clip(away * 1.25, 0, 1)[..., None]
    light, dark = (linear(color) for color in colors)
    return light + (dark - light) * share


def _finished(image: NDArray[np.float32]) -> Pixels:
    """Averages the rays of each pixel, and encodes the light for a screen."""
    height, width = (side // _OVERSAMPLING for side in image.shape[:2])
    pixels = image.reshape(height, _OVERSAMPLING, width, _OVERSAMPLING, 3).mean((1, 3))
    return encode(pixels)
