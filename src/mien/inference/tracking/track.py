"""One person on the way through a video: where they are, and what they look like."""

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.inference.crop import crop_face, face_square, to_gray
from mien.inference.detection.detector import Detection
from mien.inference.model_card import FaceFormat
from mien.inference.tracking.follower import Landmarks
from mien.inference.tracking.smoothing import smoothing_weight

_VELOCITY_CONSTANT = 0.1  # seconds over which a velocity is averaged: landmarks tremble
_COASTING = 0.5  # seconds after which a face out of sight has most likely stopped


class Motion:
    """The place and the velocity of one face.

    Args:
        place: where the face is first seen, in pixels.
        time: when, in seconds.
    """

    def __init__(self, place: complex, time: float) -> None:
        self.place = place
        self.time = time
        self.velocity = 0j

    def predict(self, time: float) -> complex:
        """Returns where the face will be at a time; it slows down while it is out of sight."""
        return self.place + self.velocity * _COASTING * (1 - exp(-self._since(time) / _COASTING))

    def move(self, place: complex, time: float, reliable: bool = True) -> None:
        """Takes up where the face is now.

        Args:
            place: in pixels.
            time: in seconds.
            reliable: whether the velocity may be learnt from it.
        """
        elapsed = self._since(time)
        if reliable and elapsed > 0:
            weight = smoothing_weight(elapsed, _VELOCITY_CONSTANT)
            self.velocity += weight * ((place - self.place) / elapsed - self.velocity)
        self.place, self.time = place, time

    def _since(self, time: float) -> float:
        return max(time - self.time, 0.0)


_SIDE = 16  # of the image that is compared; a third of the crop's, which blurs small errors

Pixels = NDArray[np.uint8]
Cue = NDArray[np.float32]


def cue_of(crop: Pixels) -> Cue:
    """Returns a face's look: its crop at 16 x 16, less its mean, at unit length.

    The product of two cues is the correlation of the two images. Between frames of one person
    it measured .88 and more over a smile (`one_face.mp4`); between 220 different faces of FER2013
    the median is .18, one pair in twenty reaches .55 and one in a hundred .68.

    Args:
        crop: uint8 (S, S) gray or (S, S, 3) RGB, from `crop_face`: the landmarks of all faces lie
            alike.

    Returns:
        float32 (256,); zeros where the crop is of one gray.
    """
    gray = Image.fromarray(to_gray(crop).astype(np.float32))
    small = np.asarray(gray.resize((_SIDE, _SIDE), Image.Resampling.BOX)).ravel()
    return unit(small - small.mean())


def unit(values: Cue) -> Cue:
    """Scales a vector to unit length; one that is next to nothing stays as it is."""
    length = float(np.linalg.norm(values))
    return values / np.float32(length) if length > 1e-3 else values


_LOOK_CONSTANT = 1.0  # seconds in which a track gets used to a new look: a turn, a beard of foam
_CROWDED = 0.9  # of the larger side: nearer than this, one face may hide a part of another
_SAME_PLACE = 0.35  # of the larger side: nearer than this, two findings are one face
_GROWTH = 2.0  # times its size that a face may have when it is seen again
_SAME_LOOK = 0.35  # correlation that a face needs at the very place where it is expected
_FAR_LOOK = 0.25  # how much more it needs two of its sides away, or farther
_LATE_LOOK = 0.15  # how much more it needs when the longest gap has passed


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A face found in a frame: not yet known whose.

    Attributes:
        face: as the detector or the follower gave it.
        middle: of the square that it fills, as x + iy, in pixels.
        side: of that square, in pixels.
        crop: the face as the classifier takes it.
        cue: what it looks like.
    """

    face: Detection
    middle: complex
    side: float
    crop: Pixels
    cue: Cue

    @classmethod
    def of(cls, frame: Pixels, face: Detection, face_format: FaceFormat) -> "Sighting":
        """Cuts a face out of its frame, and takes its measures."""
        crop = crop_face(frame, face.landmarks, face_format)
        return cls(face, *face_square(face.landmarks), crop, cue_of(crop))

    def is_near(self, other: "Sighting", sides: float) -> bool:
        """Tells whether two middles are nearer than so many times the larger side."""
        return abs(self.middle - other.middle) < sides * max(self.side, other.side)

    def is_same(self, other: "Sighting") -> bool:
        """Tells whether two findings of one frame are one face."""
        return self.is_near(other, _SAME_PLACE)

    def may_hide(self, other: "Sighting") -> bool:
        """Tells whether one face is so near the other that it may hide a part of it."""
        return self.is_near(other, _CROWDED)


class Track:
    """One person, while in sight and for a while after.

    Args:
        person: the number, from 1.
        sighting: the first.
        time: of the sighting, in seconds.
    """

    def __init__(self, person: int, sighting: Sighting, time: float) -> None:
        self.person = person
        self.last = sighting
        self.visible = True
        self.doubts = 0
        self._look = sighting.cue
        self._motion = Motion(sighting.middle, time)

    @property
    def seen(self) -> float:
        """When the person was last seen, in seconds."""
        return self._motion.time

    def expected(self, time: float) -> Landmarks:
        """Returns where the landmarks should be at a time."""
        shift = self._motion.predict(time) - self.last.middle
        return tuple((x + shift.real, y + shift.imag) for x, y in self.last.face.landmarks)

    def is_crowded(self, others: "list[Track]", time: float) -> bool:
        """Tells whether another person is so near that one may hide the other."""
        here = self._motion.predict(time)
        return any(
            abs(other._motion.predict(time) - here)
            < _CROWDED * max(self.last.side, other.last.side)
            for other in others
            if other is not self
        )

    def see(self, sighting: Sighting, time: float, reliable: bool) -> None:
        """Takes up where the person is now.

        Args:
            sighting: the person, in this frame.
            time: the frame's, in seconds.
            reliable: whether velocity and look may be learnt from it.
        """
        if reliable:
            weight = smoothing_weight(max(time - self.seen, 0.0), _LOOK_CONSTANT)
            self._look = unit(self._look + weight * (sighting.cue - self._look))
        self._motion.move(sighting.middle, time, reliable)
        self.last, self.visible = sighting, True

    def cost(self, sighting: Sighting, time: float, gap: float) -> float | None:
        """Weighs whether a face is this person's.

        The farther from the expected place and the longer after the last sight, the more alike it
        must look; the sizes must fit within a factor of two.

        Args:
            sighting: the face.
            time: of its frame, in seconds.
            gap: the longest time out of sight, in seconds.

        Returns:
            A cost, lower for a better fit; None where it cannot be this person.
        """
        distance = abs(self._motion.predict(time) - sighting.middle) / self.last.side
        far = min(distance / 2, 1.0)
        late = min(max(time - self.seen, 0.0) / gap, 1.0)
        alike = float(self._look @ sighting.cue)
        grown = sighting.side / self.last.side
        if (
            not 1 / _GROWTH < grown < _GROWTH
            or alike < _SAME_LOOK + _FAR_LOOK * far + _LATE_LOOK * late
        ):
            return None
        return (1 - alike) + far
