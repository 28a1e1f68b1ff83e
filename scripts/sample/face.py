"""Paints a face: skin, brows, folds, eyes and mouth, and their fine relief.

All is painted in the head's own x and y, as if projected from the front. The relief tilts the
light, so that lips look full and folds deep.
"""

from dataclasses import dataclass

import numpy as np

from .colors import Colors, linear, mix, tint
from .expressions import Expression
from .eyes import EYE, Eyes
from .mouth import Mouth
from .people import Person
from .solids import Floats, Points, bell, smoothstep


@dataclass(frozen=True, slots=True)
class Face:
    """The painted face of a person.

    Attributes:
        person: whose face.
        move: what it does.
    """

    person: Person
    move: Expression

    def colors(self, points: Points) -> Colors:
        """The colors of skin, eyes and mouth at points of the head."""
        skin = linear(self.person.skin)
        x, y = np.abs(points.x), points.y
        front = _front(points)
        colors = np.broadcast_to(skin, (len(x), 3))
        blush = bell(np.hypot(x - 0.4, y + 0.24), 0.22) + 0.6 * bell(np.hypot(x, y + 0.28), 0.12)
        colors = mix(colors, tint(skin, 1.05, 0.72, 0.68), 0.45 * front * blush)
        colors = mix(colors, linear("#4a3a34"), self._stubble(x, y) * front)
        colors = mix(colors, tint(skin, 0.55, 0.4, 0.38), self._folds(points) * front)
        nostril = bell(np.hypot((x - 0.07 * self.person.nose) * 0.8, (y + 0.335) * 1.5), 0.03)
        colors = mix(colors, skin * np.float32(0.12), 0.85 * nostril * front)
        colors = Mouth(self.person, self.move).paint(colors, points, front)
        colors = Eyes(self.person, self.move).paint(colors, points, front)
        brows = linear(self.person.hair) * np.float32(0.55)
        return mix(colors, brows, self._brows(points) * front)

    def gloss(self, points: Points) -> Floats:
        """How strongly the face reflects the light; the eyes' reflection is painted."""
        return 0.12 * (1 - Eyes(self.person, self.move).visible(points))

    def relief(self, points: Points) -> Floats:
        """The height of the fine relief at points of the head."""
        height = -0.02 * self._folds(points) + 0.012 * self._brows(points)
        height -= 0.014 * Eyes(self.person, self.move).visible(points)
        height += Mouth(self.person, self.move).relief(points)
        philtrum = bell(np.abs(points.x), 0.035) * bell(points.y + 0.43, 0.06)
        return (height - 0.012 * philtrum) * _front(points)

    def _stubble(self, x: Floats, y: Floats) -> Floats:
        around = smoothstep(np.hypot(x / 0.62, (y + 0.62) / 0.5), 1.25, 0.75)
        return self.person.stubble * smoothstep(y, -0.3, -0.55) * around

    def _brows(self, points: Points) -> Floats:
        move, x = self.move, np.abs(points.x)
        start, end = 0.11 - 0.035 * move.frown, 0.49
        along = (x - start) / (end - start)
        place = np.clip(along, 0, 1)
        inner = move.inner_brows * (0.105 if move.inner_brows > 0 else 0.075)
        outer = move.outer_brows * (0.105 if move.outer_brows > 0 else 0.075)
        middle = 0.225 + 0.06 * np.sin(place * 2.4) - 0.03 * place
        middle += (inner * (1 - place) ** 0.3 - 0.02 * move.frown) * (1 - place)
        middle += outer * place**1.2
        thick = self.person.brows * (0.75 + 0.45 * (1 - place)) * smoothstep(along, 1.06, 0.7)
        thick *= 0.5 + 0.5 * smoothstep(along, -0.08, 0.22)
        hair = 0.92 * smoothstep(np.abs(points.y - middle) - thick, 0.014, -0.02)
        return hair * smoothstep(along, -0.06, 0.05) * smoothstep(along, 1.06, 0.98)

    def _folds(self, points: Points) -> Floats:
        """The folds of an expression, 0 to 1."""
        move, x, y = self.move, np.abs(points.x), points.y
        down = np.clip((-0.3 - y) / 0.33, 0, 1)
        cheek = 0.16 + (0.22 + 0.06 * move.smile) * down**0.8
        ends = smoothstep(y, -0.2, -0.34) * smoothstep(y, -0.74, -0.56)
        depth = 0.56 * move.smile + 0.375 * move.nose + 0.3 * move.sadness
        folds = depth * bell(x - cheek, 0.03) * ends
        between = bell(x - 0.055, 0.016) * smoothstep(np.abs(y - 0.25), 0.13, 0.05)
        folds += 0.8 * move.frown * between
        for height in (0.5, 0.6, 0.7):
            forehead = bell(y - height + 0.15 * x * x, 0.016) * smoothstep(x, 0.42, 0.2)
            folds += 0.55 * max(move.inner_brows, 0) * forehead
        folds += 0.35 * move.nose * bell(y - 0.1 + 0.5 * x, 0.02) * smoothstep(x, 0.12, 0.05)
        aside = x - EYE[0]
        under = bell(y - EYE[1] + 0.115 - 0.35 * aside**2, 0.02)
        folds += (0.06 + 0.3 * move.squint) * under * smoothstep(np.abs(aside), 0.17, 0.08)
        return np.clip(folds, 0, 1)


def _front(points: Points) -> Floats:
    """1 on the face, 0 on the sides of the head."""
    return smoothstep(points.z, 0.1, 0.4)
