"""Where a face will be: constant velocity, in pixels a second, so that no frame rate matters.

A place is a complex number x + iy.
"""

from math import exp

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
