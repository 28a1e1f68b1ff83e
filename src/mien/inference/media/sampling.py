"""Which frames of a moving source are analyzed: a stretch of it, each n-th, or so many a second."""

from dataclasses import dataclass
from math import floor, inf

from mien.errors import MediaError

_SLACK = 1e-6  # seconds by which a frame may come before its place, as floats do


@dataclass(frozen=True, slots=True)
class Sampling:
    """A choice of frames; those that are left out still count in numbers and times.

    Attributes:
        every: 2 for each second frame from the start of the stretch; 1 for all.
        fps: the most frames a second, evenly spread; None for all.
        start: seconds from which on frames are taken.
        end: seconds before which they are.

    Raises:
        MediaError: `every` is under 1, `fps` not above 0, `start` below 0, or `end` not after it.
    """

    every: int = 1
    fps: float | None = None
    start: float = 0.0
    end: float = inf

    def __post_init__(self) -> None:
        if self.every < 1:
            raise MediaError(f"every {self.every} frames", remedy="give 1 or more")
        if self.fps is not None and not 0 < self.fps < inf:
            raise MediaError(f"{self.fps:g} frames a second", remedy="give more than 0")
        if not 0 <= self.start < self.end:
            raise MediaError(
                f"a stretch from {self.start:g} to {self.end:g} s has no frames",
                remedy="give an end after its start",
            )

    @property
    def is_stretch(self) -> bool:
        """Whether it leaves out a beginning or an end."""
        return self.start > 0 or self.end < inf


ALL = Sampling()


class Chooser:
    """Chooses the frames of one source, in their order.

    Args:
        sampling: the choice.
    """

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._first: int | None = None
        self._slot = -1

    def takes(self, number: int, time: float) -> bool:
        """Tells whether a frame is taken.

        Args:
            number: of the frame, from 0.
            time: in seconds.
        """
        wanted = self._sampling
        if not wanted.start - _SLACK <= time < wanted.end:
            return False
        if self._first is None:
            self._first = number
        if (number - self._first) % wanted.every:
            return False
        if wanted.fps is None:
            return True
        slot = floor((time - wanted.start + _SLACK) * wanted.fps)
        taken, self._slot = slot > self._slot, max(slot, self._slot)
        return taken

    def is_over(self, time: float) -> bool:
        """Tells whether no later frame will be taken."""
        return time >= self._sampling.end
