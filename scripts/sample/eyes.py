"""Paints the eyes: lids, lashes, iris and the reflection in it."""

from dataclasses import dataclass

import numpy as np

from .colors import Colors, linear, mix, tint
from .expressions import Expression
from .people import Person
from .solids import Floats, Points, Triple, bell, smoothstep

EYE: Triple = (0.305, 0.03, 0.465)
"""The middle of the right eyeball."""

_HALF_WIDTH = 0.172
_EDGE = 0.008
_LASHES = np.array([0.012, 0.008, 0.008], np.float32)
_PUPIL = np.array([0.004, 0.004, 0.005], np.float32)
_WHITE = np.ones(3, np.float32)


@dataclass(frozen=True, slots=True)
class _Opening:
    """The opening between the lids at each point.

    Attributes:
        x, y: from the middle of the eye; x is positive away from the nose.
        upper, lower: the edges of the lids, in y.
        across: x in half widths of the eye: its corners are at -1 and 1.
        mask: 1 between the lids.
    """

    x: Floats
    y: Floats
    upper: Floats
    lower: Floats
    across: Floats
    mask: Floats


@dataclass(frozen=True, slots=True)
class Eyes:
    """Both eyes of a person.

    Attributes:
        person: whose eyes.
        move: what the face does.
    """

    person: Person
    move: Expression

    def paint(self, colors: Colors, points: Points, front: Floats) -> Colors:
        """Lays the eyes over skin."""
        opening = self._opening(points)
        y, across = opening.y, opening.across
        skin = linear(self.person.skin)
        crease = bell(y - opening.upper - 0.05, 0.014) * smoothstep(np.abs(across), 1.1, 0.7)
        crease *= np.float32(np.clip(1 + self.move.lids, 0, 1))
        colors = mix(colors, tint(skin, 0.45, 0.32, 0.3), 0.6 * crease * front)
        colors = mix(colors, self._ball(points, opening), opening.mask * front)
        lashes = bell(y - opening.upper - 0.006, 0.017) * smoothstep(np.abs(across), 1.14, 0.92)
        colors = mix(colors, _LASHES, front * lashes * (0.5 + 0.5 * self.person.lashes))
        rim = bell(y - opening.lower + 0.004, 0.011) * smoothstep(np.abs(across), 1.05, 0.8)
        return mix(colors, skin * np.float32(0.3), front * rim * (0.3 + 0.3 * self.person.lashes))

    def visible(self, points: Points) -> Floats:
        """1 between the lids, 0 elsewhere."""
        return self._opening(points).mask

    def _opening(self, points: Points) -> _Opening:
        move, size = self.move, np.float32(self.person.eyes)
        x, y = np.abs(points.x) - EYE[0], points.y - EYE[1]
        across = x * np.float32(1 / (_HALF_WIDTH * self.person.eyes))
        arch = np.maximum(1 - across * across, 0)
        # Sad lids hang at the outer corner.
        tilt = (0.07 - 0.16 * max(-move.outer_brows, 0)) * x
        wide = max(move.lids, 0)
        lower = -0.056 * (1 - 0.75 * move.squint) * (1 + 0.2 * wide) * arch**0.9
        upper = 0.057 * (1 - 0.25 * move.squint) * arch**0.65
        upper = lower + (upper - lower) * max(1 + 0.85 * wide + min(move.lids, 0), 0)
        upper, lower = upper * size + tilt, lower * size + tilt
        mask = smoothstep(upper - y, -_EDGE, _EDGE) * smoothstep(y - lower, -_EDGE, _EDGE)
        mask *= smoothstep(np.abs(across), 1.02, 0.97)
        return _Opening(x, y, upper, lower, across, mask)

    def _ball(self, points: Points, opening: _Opening) -> Colors:
        """The colors of an eyeball."""
        side = np.sign(points.x)
        x, y = opening.x - side * 0.05 * self.move.look_x, opening.y
        radius = np.hypot(x, y - 0.005 - 0.03 * self.move.look_y)
        colors = np.broadcast_to(linear("#f4efea"), (len(x), 3))
        pink = 0.35 * smoothstep(np.abs(opening.across), 0.6, 1.0)
        colors = mix(colors, linear("#d9a79a"), pink)
        iris = linear(self.person.iris)
        colors = mix(colors, iris * np.float32(0.4), smoothstep(radius, 0.094, 0.086))
        colors = mix(colors, iris * np.float32(1.5), smoothstep(radius, 0.086, 0.05))
        colors = mix(colors, _PUPIL, smoothstep(radius, 0.045, 0.037))
        shadow = 0.55 * smoothstep(opening.upper - y, 0.05, 0.0)
        colors = colors * (1 - shadow)[:, None]
        reflection = smoothstep(np.hypot(x * side + 0.03, y - 0.018), 0.024, 0.016)
        return mix(colors, _WHITE, 0.95 * reflection)
