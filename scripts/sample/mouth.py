"""Paints the mouth: lips, teeth and tongue."""

from dataclasses import dataclass

import numpy as np

from .colors import Colors, linear, mix
from .expressions import Expression
from .people import Person
from .solids import Floats, Points, bell, smoothstep

_MIDDLE = -0.58  # y of the closed mouth
_EDGE = 0.008


@dataclass(frozen=True, slots=True)
class _Masks:
    """Parts of the mouth, 0 to 1 at each point.

    Attributes:
        upper, lower: the lips.
        inside: the open mouth.
        teeth: the upper teeth.
        seam: the dark line where the lips meet.
    """

    upper: Floats
    lower: Floats
    inside: Floats
    teeth: Floats
    seam: Floats


@dataclass(frozen=True, slots=True)
class Mouth:
    """The mouth of a person.

    Attributes:
        person: whose mouth.
        move: what the face does.
    """

    person: Person
    move: Expression

    def paint(self, colors: Colors, points: Points, front: Floats) -> Colors:
        """Lays the mouth over skin."""
        masks, lips = self._masks(points), linear(self.person.lips)
        colors = mix(colors, lips * np.float32(0.8), 0.9 * masks.upper * front)
        colors = mix(colors, lips, 0.9 * masks.lower * front)
        colors = mix(colors, linear("#3a1012"), masks.inside * front)
        below = points.y - _MIDDLE + 0.1 + 0.22 * self.move.jaw
        tongue = bell(np.hypot(points.x, below * 1.6), 0.13)
        colors = mix(colors, linear("#a8484a"), 0.8 * tongue * masks.inside * front)
        colors = mix(colors, linear("#f3ece2"), masks.teeth * front)
        return mix(colors, lips * np.float32(0.12), masks.seam * front)

    def relief(self, points: Points) -> Floats:
        """The height of the lips above the skin, and the depth of the open mouth."""
        masks = self._masks(points)
        return 0.03 * np.maximum(masks.upper, masks.lower) - 0.03 * masks.inside

    def _masks(self, points: Points) -> _Masks:
        move, full = self.move, self.person.fullness
        across = points.x * np.float32(1 / self._half_width())
        arch = np.maximum(1 - across * across, 0)
        line = self._line(across)
        above = line + (0.03 * move.lips + 0.1 * move.jaw) * arch**0.6
        below = line - (0.11 * move.lips + 0.24 * move.jaw) * arch**0.55
        full = full * (1 - 0.6 * move.tightness - 0.25 * move.smile)
        bow = 1 - 0.22 * bell(across, 0.16)
        top = above + 0.062 * full * bow * arch**0.75
        bottom = below - 0.085 * full * arch**0.6
        y, distance = points.y, np.abs(across)
        within = smoothstep(distance, 1.03, 0.95)
        upper = within * _over(top - y) * _over(y - above)
        lower = within * _over(below - y) * _over(y - bottom)
        inside = _over(above - y) * _over(y - below) * smoothstep(arch, 0.0, 0.05)
        bite = 0.085 * (0.35 + 0.65 * np.clip(move.lips, 0, 1))
        teeth = inside * _over(y - above + bite) * smoothstep(distance, 0.93, 0.75)
        seam = np.clip(4 * upper * lower, 0, 1) * smoothstep(distance, 1.04, 0.98)
        return _Masks(upper, lower, inside, teeth, seam)

    def _half_width(self) -> float:
        move = self.move
        narrow = 0.42 * move.pucker + 0.12 * move.tightness
        return self.person.mouth * (1 + 0.36 * move.smile + 0.05 * move.sadness - narrow)

    def _line(self, across: Floats) -> Floats:
        """The y of the line between the lips."""
        move = self.move
        middle = _MIDDLE - 0.02 * move.smile + 0.03 * move.sadness - 0.05 * move.jaw
        corners = 0.11 * move.smile - 0.085 * move.sadness
        return middle + corners * across * across - 0.008 * move.sadness * bell(across, 0.4)


def _over(value: Floats) -> Floats:
    """1 where the value is positive, with a soft edge."""
    return smoothstep(value, -_EDGE, _EDGE)
