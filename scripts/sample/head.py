"""The solids of a person: head, hair, eyes, neck and shoulders, as an expression moves them."""

from dataclasses import dataclass, field
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from .expressions import Expression
from .eyes import EYE
from .people import Person
from .solids import Floats, Points, cone, ellipsoid, subtract, union

_EYE_RADIUS = 0.22
_NECK = (0.0, -0.75, -0.2)  # about which a head turns
SKIN, HAIR, CLOTH = range(3)


@dataclass(slots=True)
class Head:
    """A person with an expression, to be measured and drawn.

    Attributes:
        person: who it is.
        expression: what the face does.
    """

    person: Person
    expression: Expression
    _turn: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        self._turn = _rotation(self.expression)

    def to_head(self, points: Points) -> Points:
        """Returns points of the room as the turned head sees them."""
        return points.rotated(self._turn.T, _NECK)

    def to_room(self, directions: Points) -> Points:
        """Returns directions of the head as the room sees them."""
        return directions.rotated(self._turn, (0.0, 0.0, 0.0))

    def distance(self, points: Points) -> Floats:
        """The distance of each point of the room to the person."""
        skin, hair, cloth = self.distances(points)
        return np.minimum(np.minimum(skin, hair), cloth)

    def distances(self, points: Points) -> list[Floats]:
        """The distances to SKIN, HAIR and CLOTH, in this order."""
        inside = self.to_head(points)
        folded = inside.mirrored()
        neck = cone(points, (0, -0.5, -0.2), (0, -1.5, -0.36), (0.35, 0.4))
        skin = union(self._face(inside, folded), neck, 0.12)
        return [skin, self._hair(inside), self._cloth(points)]

    def _face(self, points: Points, folded: Points) -> Floats:
        move, person = self.expression, self.person
        wide, jaw, nose = person.width, person.jaw * person.width, person.nose
        drop = 0.2 * move.jaw
        face = ellipsoid(points, (0, 0.3, -0.12), (0.74 * wide, 0.78, 0.84))
        lower = ellipsoid(points, (0, -0.32 - drop / 2, 0.1), (0.58 * jaw, 0.68 + drop / 2, 0.62))
        face = union(face, lower, 0.3)
        chin = (0, -0.86 - drop + 0.03 * move.sadness, 0.42)
        face = union(face, ellipsoid(points, chin, (0.22 * jaw, 0.15, 0.2)), 0.25)
        lift = 0.07 * move.smile
        cheek = (0.37 * wide, -0.26 + lift, 0.42 + 0.04 * move.smile)
        face = union(face, ellipsoid(folded, cheek, (0.22, 0.2, 0.2)), 0.2)
        muzzle = ellipsoid(points, (0, -0.55 - drop / 2, 0.46), (0.3, 0.24, 0.26))
        face = union(face, muzzle, 0.15)
        socket = ellipsoid(folded, (0.3, 0.03, 0.82), (0.21, 0.14, 0.16))
        face = subtract(face, socket, 0.16)
        face = union(face, ellipsoid(folded, EYE, (_EYE_RADIUS,) * 3), 0.07)
        ridge = ellipsoid(folded, (0.27, 0.24, 0.6), (0.21, 0.07, 0.1))
        face = union(face, ridge, 0.14)
        bridge = cone(points, (0, 0.12, 0.67), (0, -0.25, 0.82), (0.065, 0.085 * nose))
        face = union(face, bridge, 0.16)
        wings = (0.095 * nose + 0.015 * move.smile, -0.28 + 0.03 * move.nose, 0.74)
        face = union(face, ellipsoid(folded, wings, (0.065 * nose, 0.06, 0.09)), 0.08)
        ears = ellipsoid(folded, (0.74 * wide, 0.0, -0.14), (0.09, 0.19, 0.12))
        ears = subtract(ears, ellipsoid(folded, (0.8 * wide, 0.02, 0.0), (0.05, 0.11, 0.07)), 0.04)
        return union(face, ears, 0.05)

    def _hair(self, points: Points) -> Floats:
        locks = [ellipsoid(points, *lock) for lock in self.person.locks]
        hair = locks[0]
        for lock in locks[1:]:
            hair = union(hair, lock, 0.15)
        hair = subtract(hair, ellipsoid(points, *self.person.hairline), 0.06)
        for lock in self.person.fringe:
            hair = union(hair, ellipsoid(points, *lock), 0.08)
        if not self.person.curls:
            return hair
        waves = np.sin(13 * points.x + 1) * np.sin(14 * points.y) * np.sin(12 * points.z + 2)
        return hair * np.float32(0.8) - np.float32(0.035 * self.person.curls) * waves

    def _cloth(self, points: Points) -> Floats:
        shoulders = ellipsoid(points, (0, -2.0, -0.35), (1.3, 0.68, 0.55))
        collar = cone(points, (0, -1.2, -0.34), (0, -1.8, -0.4), (0.44, 0.6))
        opening = ellipsoid(points, (0, -0.9, 0.0), (0.52, 0.42, 0.62))
        return subtract(union(shoulders, collar, 0.25), opening, 0.05)


def _rotation(move: Expression) -> NDArray[np.float32]:
    yaw, pitch, roll = radians(move.yaw), radians(-move.pitch), radians(-move.roll)
    about_y = np.array([[cos(yaw), 0, sin(yaw)], [0, 1, 0], [-sin(yaw), 0, cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, cos(pitch), -sin(pitch)], [0, sin(pitch), cos(pitch)]])
    about_z = np.array([[cos(roll), -sin(roll), 0], [sin(roll), cos(roll), 0], [0, 0, 1]])
    return (about_z @ about_y @ about_x).astype(np.float32)
