"""One person on the way through a film: where they are, and what they look like."""

from dataclasses import dataclass

from mien.inference.crop import crop_face
from mien.inference.detection.detector import Detection
from mien.inference.tracking.appearance import Cue, Pixels, cue_of, unit
from mien.inference.tracking.follower import Landmarks, face_square
from mien.inference.tracking.motion import Motion
from mien.inference.tracking.smoothing import smoothing_weight

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
        crop: uint8 (48, 48), gray.
        cue: what it looks like.
    """

    face: Detection
    middle: complex
    side: float
    crop: Pixels
    cue: Cue

    @classmethod
    def of(cls, frame: Pixels, face: Detection) -> "Sighting":
        """Cuts a face out of its frame, and takes its measures."""
        crop = crop_face(frame, face.landmarks)
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
