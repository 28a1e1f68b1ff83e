"""One tracked person: motion and appearance."""

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

_VELOCITY_CONSTANT = 0.1  # seconds over which a velocity is averaged, because landmarks jitter
_COASTING = 0.5  # seconds after which a face out of view has probably stopped


class Motion:
    """The position and velocity of one face.

    Args:
        place: the first position of the face, in pixels.
        time: of this position, in seconds.
    """

    def __init__(self, place: complex, time: float) -> None:
        self.place = place
        self.time = time
        self.velocity = 0j

    def predict(self, time: float) -> complex:
        """Predicts the position at a time; the face slows down while it is out of view."""
        return self.place + self.velocity * _COASTING * (1 - exp(-self._since(time) / _COASTING))

    def move(self, place: complex, time: float, reliable: bool = True) -> None:
        """Updates the position.

        Args:
            place: the position, in pixels.
            time: in seconds.
            reliable: whether to update the velocity too.
        """
        elapsed = self._since(time)
        if reliable and elapsed > 0:
            weight = smoothing_weight(elapsed, _VELOCITY_CONSTANT)
            self.velocity += weight * ((place - self.place) / elapsed - self.velocity)
        self.place, self.time = place, time

    def _since(self, time: float) -> float:
        return max(time - self.time, 0.0)


_SIDE = 16  # of the images that are compared; a third of the crop's, which blurs small errors

Pixels = NDArray[np.uint8]
Cue = NDArray[np.float32]


def cue_of(crop: Pixels) -> Cue:
    """Returns a face's appearance: its crop at 16 x 16, minus its mean, at unit length.

    The product of two cues is the correlation of the two images. Between frames of one person
    it measured .88 and more over a smile (`one_face.mp4`); between 220 different faces of FER2013
    the median is .18, one pair in twenty reaches .55 and one in a hundred .68.

    Args:
        crop: uint8 (S, S) gray or (S, S, 3) RGB, from `crop_face`, with aligned landmarks.

    Returns:
        float32 (256,); zeros where the crop is uniform.
    """
    gray = Image.fromarray(to_gray(crop).astype(np.float32))
    small = np.asarray(gray.resize((_SIDE, _SIDE), Image.Resampling.BOX)).ravel()
    return unit(small - small.mean())


def unit(values: Cue) -> Cue:
    """Scales a vector to unit length; a vector close to zero stays unchanged."""
    length = float(np.linalg.norm(values))
    return values / np.float32(length) if length > 1e-3 else values


_APPEARANCE_CONSTANT = 1.0  # time constant, in seconds, of the appearance of a track
_CROWDED = 0.9  # of the larger side: closer than this, one face may occlude another
_SAME_PLACE = 0.35  # of the larger side: closer than this, two detections are one face
_GROWTH = 2.0  # maximum change of size when a face reappears
_MIN_CORRELATION = 0.35  # minimum correlation of a face at its expected position
_FAR_CORRELATION = 0.25  # added to the minimum two sides away, or farther
_LATE_CORRELATION = 0.15  # added to the minimum after the longest gap


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A face detected in a frame, not yet assigned to a person.

    Attributes:
        face: of the detector or the follower.
        middle: center of the square that it fills, as x + iy, in pixels.
        side: of that square, in pixels.
        crop: the face as the classifier takes it.
        cue: its appearance.
    """

    face: Detection
    middle: complex
    side: float
    crop: Pixels
    cue: Cue

    @classmethod
    def of(cls, frame: Pixels, face: Detection, face_format: FaceFormat) -> "Sighting":
        """Crops a face from its frame and measures it."""
        crop = crop_face(frame, face.landmarks, face_format)
        return cls(face, *face_square(face.landmarks), crop, cue_of(crop))

    def is_near(self, other: "Sighting", sides: float) -> bool:
        """Tells whether two centers are closer than a multiple of the larger side."""
        return abs(self.middle - other.middle) < sides * max(self.side, other.side)

    def is_same(self, other: "Sighting") -> bool:
        """Tells whether two detections of one frame are one face."""
        return self.is_near(other, _SAME_PLACE)

    def may_occlude(self, other: "Sighting") -> bool:
        """Tells whether one face is so close to the other that it may occlude it."""
        return self.is_near(other, _CROWDED)


class Track:
    """One person, while in view and for a while after.

    Args:
        person: the person id, from 1.
        sighting: the first detection.
        time: of the detection, in seconds.
    """

    def __init__(self, person: int, sighting: Sighting, time: float) -> None:
        self.person = person
        self.last = sighting
        self.visible = True
        self.doubts = 0
        self._appearance = sighting.cue
        self._motion = Motion(sighting.middle, time)

    @property
    def last_time(self) -> float:
        """Time of the last detection, in seconds."""
        return self._motion.time

    def expected(self, time: float) -> Landmarks:
        """Predicts the landmarks at a time."""
        shift = self._motion.predict(time) - self.last.middle
        return tuple((x + shift.real, y + shift.imag) for x, y in self.last.face.landmarks)

    def is_crowded(self, others: "list[Track]", time: float) -> bool:
        """Tells whether another person is so close that one may occlude the other."""
        here = self._motion.predict(time)
        return any(
            abs(other._motion.predict(time) - here)
            < _CROWDED * max(self.last.side, other.last.side)
            for other in others
            if other is not self
        )

    def update(self, sighting: Sighting, time: float, reliable: bool) -> None:
        """Adds a detection of the person.

        Args:
            sighting: the person, in this frame.
            time: the frame's, in seconds.
            reliable: whether to update velocity and appearance too.
        """
        if reliable:
            weight = smoothing_weight(max(time - self.last_time, 0.0), _APPEARANCE_CONSTANT)
            self._appearance = unit(self._appearance + weight * (sighting.cue - self._appearance))
        self._motion.move(sighting.middle, time, reliable)
        self.last, self.visible = sighting, True

    def cost(self, sighting: Sighting, time: float, gap: float) -> float | None:
        """Returns the cost of assigning a face to this person.

        The farther from the expected position and the longer after the last detection, the higher
        the correlation must be; the sizes must match within a factor of two.

        Args:
            sighting: the face.
            time: of its frame, in seconds.
            gap: the longest time out of view, in seconds.

        Returns:
            A cost, lower for a better fit; None where it cannot be this person.
        """
        distance = abs(self._motion.predict(time) - sighting.middle) / self.last.side
        far = min(distance / 2, 1.0)
        late = min(max(time - self.last_time, 0.0) / gap, 1.0)
        correlation = float(self._appearance @ sighting.cue)
        grown = sighting.side / self.last.side
        if (
            not 1 / _GROWTH < grown < _GROWTH
            or correlation < _MIN_CORRELATION + _FAR_CORRELATION * far + _LATE_CORRELATION * late
        ):
            return None
        return (1 - correlation) + far
