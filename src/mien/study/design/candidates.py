"""All stretches of a study: a few seconds of one person each, on a grid, with the model's figures.

A stretch counts where at least half of it is usable. What coding it would tell is guessed from the
entropy of the model's label, and from whether the label changes within: the model errs most there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mien.errors import StudyError
from mien.study.measures import Measured, measure
from mien.study.recording import Recording, common_labels
from mien.study.timeline import find_segments

LEAST_USABLE = 0.5
"""The part of a stretch that must be usable."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Window:
    """Where a stretch is: `Stretch` says what each field means."""

    recording: str
    source: str
    person: str
    track: int
    start: float
    end: float
    condition: str


@dataclass(frozen=True, eq=False)
class Candidates:
    """The N stretches that could be coded, in the order of the recordings, people and time.

    Attributes:
        windows: where each is.
        predicted: float64 (N, L): the model's mean probability of each label, sums of 1.
        scores: float64 (N,), 0 to 2: the entropy of `predicted` as a part of the highest possible,
            and 1 more where the label changes within.
        labels: the L labels.
    """

    windows: tuple[Window, ...]
    predicted: Floats
    scores: Floats
    labels: tuple[str, ...]

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that hold in a stretch, in order of appearance; "" for none."""
        return tuple(dict.fromkeys(window.condition for window in self.windows))


def find_candidates(recordings: Sequence[Recording], seconds: float) -> Candidates:
    """Cuts recordings into stretches.

    Args:
        recordings: of videos or cameras; photos have none.
        seconds: the length of a stretch. The last one of a recording may be shorter.

    Returns:
        All stretches, half of which at least is usable and not excluded. A stretch in which two
        conditions hold has the one that holds longer.

    Raises:
        StudyError: the recordings have different labels, or there is no usable stretch.
    """
    labels = common_labels(recordings)
    found = [
        _cut(measured, seconds)
        for measured in measure(recordings)
        if measured.track.person >= 0 and measured.track.seconds.any()
    ]
    if not any(len(windows) for windows, _, _ in found):
        raise StudyError(
            f"there is no stretch of {seconds:g} s with a usable face in half of it",
            remedy="give records of videos, or shorter stretches",
        )
    return Candidates(
        tuple(window for windows, _, _ in found for window in windows),
        np.concatenate([predicted for _, predicted, _ in found]),
        np.concatenate([scores for _, _, scores in found]),
        labels,
    )


def _cut(measured: Measured, seconds: float) -> tuple[list[Window], Floats, Floats]:
    """Returns the stretches of a track, the model's figures and the scores."""
    track = measured.track
    start = track.recording.start
    # A frame at the edge belongs to the stretch that starts there, whatever its time was rounded.
    place = np.floor((track.rows.time - start) / seconds + 1e-6).astype(np.int64)
    weights = track.seconds * measured.usable
    usable = np.bincount(place, weights)
    kept = np.flatnonzero(usable >= LEAST_USABLE * seconds - 1e-9)
    sums = np.stack([np.bincount(place, weights * it) for it in measured.raw.T], axis=1)
    predicted = sums[kept] / usable[kept, None]
    conditions = _longest(track.conditions, place, weights)
    windows = [
        Window(
            track.recording.name,
            str(track.rows.source[0]),
            track.name,
            track.person,
            float(start + number * seconds),
            float(min(start + (number + 1) * seconds, track.recording.end)),
            conditions[number],
        )
        for number in kept
    ]
    changes = _count_changes(measured, start, seconds, len(usable))
    return windows, predicted, _entropy(predicted) + (changes[kept] > 0)


def _longest(values: NDArray[np.object_], place: NDArray[np.int64], weights: Floats) -> list[str]:
    """Returns the value that holds longest at each place."""
    names = list(dict.fromkeys(values))
    held = np.stack([np.bincount(place, weights * (values == name)) for name in names])
    return [str(names[index]) for index in held.argmax(axis=0)]


def _count_changes(
    measured: Measured, start: float, seconds: float, count: int
) -> NDArray[np.int64]:
    """Counts how often the label changes within each stretch; flicker and gaps do not count."""
    track = measured.track
    segments = find_segments(
        track.rows.time, track.rows.label, track.displayed, track.seconds, track.parts
    )
    times = [after.start for before, after in pairwise(segments) if before.end == after.start]
    inside = [time for time in times if (time - start) % seconds > 0]
    place = np.floor((np.array(inside) - start) / seconds + 1e-6).astype(np.int64)
    return np.bincount(place, minlength=count)


def _entropy(predicted: Floats) -> Floats:
    """Returns the entropy of each row, as a part of that of equal probabilities."""
    logs = np.log(np.where(predicted > 0, predicted, 1.0))
    entropy: Floats = -(predicted * logs).sum(axis=1) / np.log(max(predicted.shape[1], 2))
    return entropy
