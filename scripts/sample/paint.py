"""The colors and the fine relief of a face: brows, lids, irises, lips, teeth and folds.

All is painted in the head's own x and y, as if projected from the front. A layer is a mask from 0
to 1; the relief tilts the light, so that lips look full and folds deep.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .expressions import Expression
from .head import EYE
from .people import Person
from .solids import Floats, Points, bell, step

Colors = NDArray[np.float32]
"""(n, 3), linear RGB."""

_EYE_WIDTH = 0.172  # half of it
_MOUTH_Y = -0.58
_EDGE = 0.008


def linear(color: str) -> NDArray[np.float32]:
    """Returns a hexadecimal color as linear RGB."""
    values = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)], np.float32) / 255
    return (values**2.2).astype(np.float32)


def mix(colors: Colors, color: NDArray[np.float32], mask: Floats) -> Colors:
    """Lays a color over others where the mask says so."""
    return colors + (color - colors) * mask[:, None]


@dataclass(slots=True)
class Painter:
    """Paints one person's face.

    Attributes:
        person: who it is.
        move: what the face does.
    """

    person: Person
    move: Expression

    def skin(self, points: Points) -> Colors:
        """The colors of skin at points of the head."""
        skin = linear(self.person.skin)
        x, y = np.abs(points.x), points.y
        front = step(points.z, 0.1, 0.4)
        colors = np.broadcast_to(skin, (len(x), 3)).astype(np.float32)
        blush = bell(np.hypot(x - 0.4, y + 0.24), 0.22) + 0.6 * bell(np.hypot(x, y + 0.28), 0.12)
        colors = mix(colors, skin * np.float32([1.05, 0.72, 0.68]), 0.45 * front * blush)
        colors = mix(colors, linear("#4a3a34"), self._stubble(x, y) * front)
        colors = mix(colors, skin * np.float32([0.55, 0.4, 0.38]), self._creases(points) * front)
        nostril = bell(np.hypot((x - 0.07 * self.person.nose) * 0.8, (y + 0.335) * 1.5), 0.03)
        colors = mix(colors, skin * np.float32(0.12), 0.85 * nostril * front)
        colors = self._lips(colors, points, front)
        colors = self._eyes(colors, points, front)
        return mix(colors, linear(self.person.hair) * np.float32(0.55), self._brows(points) * front)

    def _eyes(self, colors: Colors, points: Points, front: Floats) -> Colors:
        upper, lower, across = self._aperture(points)
        x, y = np.abs(points.x) - EYE[0], points.y - EYE[1]
        skin = linear(self.person.skin)
        shut = step(np.abs(across), 1.1, 0.7) * np.float32(np.clip(1 + self.move.lids, 0, 1))
        crease = bell(y - upper - 0.05, 0.014) * shut * front
        colors = mix(colors, skin * np.float32([0.45, 0.32, 0.3]), 0.6 * crease)
        inside = self._between_lids(y, upper, lower, across) * front
        ball = self._ball(points, x, y, upper, across)
        colors = mix(colors, ball, inside)
        dark = np.float32([0.012, 0.008, 0.008])
        lash = bell(y - upper - 0.006, 0.017) * step(np.abs(across), 1.14, 0.92)
        colors = mix(colors, dark, front * lash * (0.5 + 0.5 * self.person.lashes))
        rim = bell(y - lower + 0.004, 0.011) * step(np.abs(across), 1.05, 0.8)
        return mix(colors, skin * np.float32(0.3), front * rim * (0.3 + 0.3 * self.person.lashes))

    def _between_lids(self, y: Floats, upper: Floats, lower: Floats, across: Floats) -> Floats:
        inside = step(upper - y, -_EDGE, _EDGE) * step(y - lower, -_EDGE, _EDGE)
        return inside * step(np.abs(across), 1.02, 0.97)

    def _ball(self, points: Points, x: Floats, y: Floats, upper: Floats, across: Floats) -> Colors:
        """The colors of an eyeball."""
        side = np.sign(points.x)
        x = x - side * 0.05 * self.move.look_x
        radius = np.hypot(x, y - 0.005 - 0.03 * self.move.look_y)
        colors = np.broadcast_to(linear("#f4efea"), (len(x), 3)).astype(np.float32)
        colors = mix(colors, linear("#d9a79a"), 0.35 * step(np.abs(across), 0.6, 1.0))
        iris = linear(self.person.iris)
        colors = mix(colors, iris * np.float32(0.4), step(radius, 0.094, 0.086))
        colors = mix(colors, iris * np.float32(1.5), step(radius, 0.086, 0.05))
        colors = mix(colors, np.float32([0.004, 0.004, 0.005]), step(radius, 0.045, 0.037))
        colors = colors * (1 - 0.55 * step(upper - y, 0.05, 0.0))[:, None]
        glint = step(np.hypot(x * side + 0.03, y - 0.018), 0.024, 0.016)
        return mix(colors, np.float32([1, 1, 1]), 0.95 * glint)

    def relief(self, points: Points) -> Floats:
        """The height of the fine relief at points of the head."""
        x, y = np.abs(points.x), points.y
        height = -0.02 * self._creases(points) + 0.012 * self._brows(points)
        lid, lower_lid, across = self._aperture(points)
        height -= 0.014 * self._between_lids(y - EYE[1], lid, lower_lid, across)
        upper, lower, _, inside, _ = self._mouth(points)
        height += 0.03 * np.maximum(upper, lower) - 0.03 * inside
        height -= 0.012 * bell(x, 0.035) * bell(y + 0.43, 0.06)
        return height * step(points.z, 0.1, 0.4)

    def _stubble(self, x: Floats, y: Floats) -> Floats:
        beard = step(y, -0.3, -0.55) * step(np.hypot(x / 0.62, (y + 0.62) / 0.5), 1.25, 0.75)
        return self.person.stubble * beard

    def _aperture(self, points: Points) -> tuple[Floats, Floats, Floats]:
        """The upper and lower lid's edge relative to the eye, and the place between the corners."""
        move = self.move
        x = np.abs(points.x) - EYE[0]
        across = x * np.float32(1 / (_EYE_WIDTH * self.person.eyes))
        arch = np.maximum(1 - across * across, 0)
        tilt = (0.07 - 0.16 * max(-move.outer_brows, 0)) * x
        opening = 1 + move.lids * (0.85 if move.lids > 0 else 1.0)
        bottom = -0.056 * (1 - 0.75 * move.squint) * arch**0.9 * (1 if move.lids < 0 else 1 + 0.2 * move.lids)
        top = 0.057 * (1 - 0.25 * move.squint) * arch**0.65
        top = bottom + (top - bottom) * max(opening, 0.0)
        size = np.float32(self.person.eyes)
        return top * size + tilt, bottom * size + tilt, across

    def _brows(self, points: Points) -> Floats:
        move = self.move
        x = np.abs(points.x)
        start, end = 0.11 - 0.035 * move.frown, 0.49
        along = (x - start) / (end - start)
        place = np.clip(along, 0, 1)
        inner, outer = (0.105 if raised > 0 else 0.075 for raised in (move.inner_brows, move.outer_brows))
        lift = inner * move.inner_brows * (1 - place) ** 1.3 + outer * move.outer_brows * place**1.2
        middle = 0.225 + 0.06 * np.sin(place * 2.4) - 0.03 * place + lift - 0.02 * move.frown * (1 - place)
        thick = self.person.brows * (0.75 + 0.45 * (1 - place)) * step(along, 1.06, 0.7)
        thick = thick * (0.5 + 0.5 * step(along, -0.08, 0.22))
        inside = step(np.abs(points.y - middle) - thick, 0.014, -0.02)
        return 0.92 * inside * step(along, -0.06, 0.05) * step(along, 1.06, 0.98)

    def _creases(self, points: Points) -> Floats:
        """Folds that an expression makes, 0 to 1."""
        move = self.move
        x, y = np.abs(points.x), points.y
        folds = np.zeros_like(x)
        smile = 0.75 * max(move.smile, 0.0) + 0.5 * move.nose
        if smile + move.sadness > 0:
            down = np.clip((-0.3 - y) / 0.33, 0, 1)
            line = 0.16 + (0.22 + 0.06 * move.smile) * down**0.8
            ends = step(y, -0.2, -0.34) * step(y, -0.74, -0.56)
            folds += (0.75 * smile + 0.3 * move.sadness) * bell(x - line, 0.03) * ends
        folds += 0.8 * max(move.frown, 0) * bell(x - 0.055, 0.016) * step(np.abs(y - 0.25), 0.13, 0.05)
        raised = max(move.inner_brows, 0) * 0.55
        for at in (0.5, 0.6, 0.7):
            folds += raised * bell(y - at + 0.15 * x * x, 0.016) * step(x, 0.42, 0.2)
        folds += 0.35 * move.nose * bell(y - 0.1 + 0.5 * x, 0.02) * step(x, 0.12, 0.05)
        bags = bell(y - EYE[1] + 0.115 - 0.35 * (x - EYE[0]) ** 2, 0.02) * step(np.abs(x - EYE[0]), 0.17, 0.08)
        folds += (0.06 + 0.3 * move.squint) * bags
        return np.clip(folds, 0, 1)

    def _mouth(self, points: Points) -> tuple[Floats, Floats, Floats, Floats]:
        """Masks of the upper lip, the lower lip, the teeth, and of all inside the mouth."""
        move, full = self.move, self.person.fullness
        half = self.person.mouth * (1 + 0.36 * move.smile - 0.42 * move.pucker - 0.12 * move.tightness + 0.05 * move.sadness)
        across = points.x * np.float32(1 / half)
        arch = np.maximum(1 - across * across, 0)
        corner = 0.11 * move.smile - 0.085 * move.sadness
        base = _MOUTH_Y - 0.02 * move.smile + 0.03 * move.sadness - 0.05 * move.jaw
        line = base + corner * across * across - 0.008 * move.sadness * bell(across, 0.4)
        above = line + (0.03 * move.lips + 0.1 * move.jaw) * arch**0.6
        below = line - (0.11 * move.lips + 0.24 * move.jaw) * arch**0.55
        thin = 1 - 0.6 * move.tightness - 0.25 * move.smile
        bow = 1 - 0.22 * bell(across, 0.16)
        top = above + 0.062 * full * thin * bow * arch**0.75
        bottom = below - 0.085 * full * thin * arch**0.6
        y = points.y
        inside = step(above - y, -_EDGE, _EDGE) * step(y - below, -_EDGE, _EDGE) * step(arch, 0.0, 0.05)
        lips = step(np.abs(across), 1.03, 0.95)
        upper = lips * step(top - y, -_EDGE, _EDGE) * step(y - above, -_EDGE, _EDGE)
        lower = lips * step(below - y, -_EDGE, _EDGE) * step(y - bottom, -_EDGE, _EDGE)
        bite = 0.085 * (0.35 + 0.65 * np.clip(move.lips, 0, 1))
        teeth = inside * step(y - above + bite, -_EDGE, _EDGE) * step(np.abs(across), 0.93, 0.75)
        return upper, lower, teeth, inside, across

    def _lips(self, colors: Colors, points: Points, front: Floats) -> Colors:
        upper, lower, teeth, inside, _ = self._mouth(points)
        lips = linear(self.person.lips)
        colors = mix(colors, lips * np.float32(0.8), 0.9 * upper * front)
        colors = mix(colors, lips, 0.9 * lower * front)
        colors = mix(colors, linear("#3a1012"), inside * front)
        tongue = bell(np.hypot(points.x, (points.y - _MOUTH_Y + 0.1 + 0.22 * self.move.jaw) * 1.6), 0.13)
        colors = mix(colors, linear("#a8484a"), 0.8 * tongue * inside * front)
        colors = mix(colors, linear("#f3ece2"), teeth * front)
        seam = self._seam(points)
        return mix(colors, lips * np.float32(0.12), seam * front)

    def _seam(self, points: Points) -> Floats:
        """The dark line between closed lips, and the mouth's corners."""
        upper, lower, _, _, across = self._mouth(points)
        return np.clip(4 * upper * lower, 0, 1) * step(np.abs(across), 1.04, 0.98)
