"""Smooths probabilities over time, and steadies labels, independent of the frame rate."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp

import numpy as np
from numpy.typing import NDArray

TIME_CONSTANT = 0.06
"""Seconds in which a smoothed curve covers 63 % of a step; 95 % after three times as long.

Chosen on `one_face.mp4`: the jitter of the probabilities falls to under half, the smile appears one
frame later than without smoothing, and the neutral face in the last frame is still recognized. At
0.2 the jitter falls to a sixth, the smile is five frames late, and that last face is lost.
"""

Floats = NDArray[np.float64]

_MEMORY = 20  # time constants after which the past has no influence: e^-20 is 2e-9


def smoothing_weight(elapsed: float, time_constant: float) -> float:
    """Returns the weight of a new value in an exponential mean: 1 - exp(-elapsed / time_constant).

    Two steps of half the time weigh as much as one, so uneven frame times need no special case.

    Args:
        elapsed: seconds since the last value, 0 or more.
        time_constant: in seconds; 0 smooths nothing.
    """
    return 1 - exp(-elapsed / time_constant) if time_constant > 0 else 1.0


MARGIN, HOLD, CLEAR, KEPT = 0.1, 0.45, 0.8, 2.5
"""A label is displayed once its smoothed probability has led all others by MARGIN for HOLD seconds,
or leads them by CLEAR, and stays for KEPT seconds after it last did, unless another one does.

Chosen on faces of 33 people who talk (`benchmarks/talking.py`): by smoothed probabilities alone
`default`'s label changes 63 times a minute, held so 5.2 times. Without CLEAR it changes 4.5 times,
and a smile is displayed a third of a second later, its label beside a probability of a few percent.
"""


@dataclass(slots=True)
class _Lead:
    """Which label leads, since when; which is displayed, when it last was clear, and the past."""

    label: int | None
    since: float
    displayed: int
    clear: float
    time: float
    recent: deque[tuple[float, Floats]] = field(default_factory=deque)

    def remember(self, mean: Floats, time: float) -> None:
        """Adds a frame to the last `KEPT` seconds."""
        self.recent.append((time, mean))
        while time - self.recent[0][0] > KEPT:
            self.recent.popleft()

    def overall(self) -> int:
        """Returns the most probable label of the last `KEPT` seconds."""
        return int(np.sum([mean for _, mean in self.recent], axis=0).argmax())


class LabelHold:
    """Hysteresis: keeps the label of each person until another is very clear, or clear for a while.

    A mouth that talks passes through shapes of surprise and anger. Probabilities show them; a label
    that follows each is noise. Where no label is clear, as in a face between two expressions, the
    most probable one of the last `KEPT` seconds is displayed: a camera's noise alone would else
    make it flicker. What was before has no influence, so a part of a video has the labels of the
    whole after a lead.
    """

    def __init__(self) -> None:
        self._leads: dict[int, _Lead] = {}

    def update(self, persons: Sequence[int], means: Floats, time: float) -> list[int]:
        """Adds one frame.

        Args:
            persons: the id of each person in the frame.
            means: (N, L), their smoothed probabilities.
            time: the frame's, in seconds.

        Returns:
            The index of each person's label.
        """
        labels = [
            self._label(person, mean, time) for person, mean in zip(persons, means, strict=True)
        ]
        self._leads = {
            person: lead for person, lead in self._leads.items() if time - lead.time <= KEPT
        }
        return labels

    def _label(self, person: int, mean: Floats, time: float) -> int:
        second, most = map(int, np.argsort(mean)[-2:])
        known = self._leads.setdefault(person, _Lead(None, time, most, time, time))
        known.remember(mean, time)
        lead = mean[most] - mean[second]
        if lead <= MARGIN:
            known.label = None
        elif known.label != most:
            # Since the frame before: at one frame a second, it may have led all the time.
            known.label, known.since = most, known.time
        held = known.label is not None and time - known.since >= HOLD
        if held or lead > CLEAR:
            known.displayed, known.clear = most, time
        known.time = time
        if time - known.clear > KEPT:
            return known.overall()
        return known.displayed


class Smoother:
    """Keeps an exponential mean of each person's probabilities.

    Only persons of the last 20 time constants are kept, so memory is bounded.

    Args:
        time_constant: in seconds; 0 smooths nothing.
    """

    def __init__(self, time_constant: float = TIME_CONSTANT) -> None:
        if not 0 <= time_constant < float("inf"):
            raise ValueError(f"time_constant must be 0 seconds or more, got {time_constant}")
        self.time_constant = time_constant
        self._means: dict[int, tuple[float, Floats]] = {}

    def update(self, persons: Sequence[int], rows: NDArray[np.floating], time: float) -> Floats:
        """Adds one frame.

        Args:
            persons: the id of each person in the frame; a new id starts without a past.
            rows: (N, L), one row of probabilities per person.
            time: the frame's, in seconds; a time before the previous one counts as equal to it.

        Returns:
            float64 (N, L), smoothed; the sums of the rows are unchanged.
        """
        smoothed = np.array(rows, dtype=np.float64)
        for person, row in zip(persons, smoothed, strict=True):
            if person in self._means:
                before, mean = self._means[person]
                weight = smoothing_weight(max(time - before, 0.0), self.time_constant)
                row[:] = mean + weight * (row - mean)
            self._means[person] = time, row
        self._forget(time)
        return smoothed

    def _forget(self, time: float) -> None:
        oldest = time - _MEMORY * self.time_constant
        self._means = {person: entry for person, entry in self._means.items() if entry[0] >= oldest}
