"""Ratings: what each rater says at each step of time, coders and Mien on one grid.

Frames come at many rates and coders write seconds, so both are read off at the middle of equal
steps: a step counts the same in every recording.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.study.agreement.coded import CodedTrack, Coding
from mien.study.events import Event
from mien.study.measures import Measured
from mien.study.recording import Track

STEP = 0.1
"""Seconds; coders hardly place an onset more exactly."""

MISSING = -1

_SLACK = 1e-9  # of a step, for the rounding of seconds


@dataclass(frozen=True, eq=False)
class Ratings:
    """What raters say of one person in one recording, at S steps of time.

    Attributes:
        person: the participant's name.
        labels: int8 (R, S): each coder's label, in the order of `Coding.coders`, and Mien's in the
            last row; `MISSING` where a rater gave none.
        probabilities: float64 (S, L): Mien's, after the baseline if there is one; NaN where
            `labels` lacks Mien's.
    """

    person: str
    labels: NDArray[np.int8]
    probabilities: NDArray[np.float64]


def rate_steps(
    coding: Coding, measured: Mapping[Track, Measured], step: float, uncoded: str | None
) -> tuple[Ratings, ...]:
    """Reads off what each rater says at each step.

    Mien's label is the displayed one, or, after a baseline, the most probable one. Where it is
    unsure, or the record is not usable, it is missing.

    Args:
        coding: the people and their codes.
        measured: of each track.
        step: in seconds.
        uncoded: the label of the time that a coder left uncoded in a person whom they coded; None
            for missing.

    Returns:
        One for each of `coding.tracks`. Excluded time is missing for every rater.
    """
    return tuple(
        _rate(coded, coding, measured[coded.track], step, uncoded) for coded in coding.tracks
    )


def _rate(
    coded: CodedTrack, coding: Coding, measured: Measured, step: float, uncoded: str | None
) -> Ratings:
    track, recording = coded.track, coded.track.recording
    grid = Grid.over(recording.start, recording.end, step)
    rest = MISSING if uncoded is None else coding.labels.index(uncoded)
    rows = [_paint(coded.codes.get(coder), grid, coding.labels, rest) for coder in coding.coders]
    record, held = _find_records(track, grid)
    mien = np.where(held, _labels(measured)[record], MISSING)
    labels = np.array([*rows, mien], np.int8)
    labels[:, _excluded(track, grid.times)] = MISSING
    probabilities = measured.corrected[record]
    probabilities[labels[-1] == MISSING] = np.nan
    return Ratings(track.name, labels, probabilities)


def _labels(measured: Measured) -> NDArray[np.int8]:
    """Returns Mien's label of each record, int8 (M,)."""
    labels = measured.track.rows.label.copy()
    labels[labels == len(measured.track.rows.labels)] = MISSING  # unsure
    if measured.baseline:
        labels = measured.corrected.argmax(axis=1).astype(np.int8)
    labels[~measured.usable] = MISSING
    return labels


@dataclass(frozen=True, eq=False)
class Grid:
    """The steps of one recording.

    Attributes:
        start: of the first step, in seconds.
        step: how long each is.
        times: float64 (S,), the middle of each; a photo is one step, at its own time.
    """

    start: float
    step: float
    times: NDArray[np.float64]

    @classmethod
    def over(cls, start: float, end: float, step: float) -> "Grid":
        """Returns the steps that cover the time from start to end."""
        if start == end:
            return cls(start, step, np.array([start]))
        count = max(1, int(np.ceil((end - start) / step - _SLACK)))
        middles = np.arange(count, dtype=np.float64) + 0.5
        return cls(start, step, start + step * middles)

    def covered(self, event: Event) -> NDArray[np.bool_]:
        """Returns the steps at which an event holds; a moment holds at the one it falls in."""
        if event.duration:
            return event.covers(self.times)
        steps = np.zeros(len(self.times), bool)
        place = int(np.floor((event.onset - self.start) / self.step + _SLACK))
        if 0 <= place < len(steps):
            steps[place] = True
        return steps


def _find_records(track: Track, grid: Grid) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Returns the record at or before each step, and whether it still holds there."""
    record = np.searchsorted(track.rows.time, grid.times, "right") - 1
    seconds = np.where(track.seconds > 0, track.seconds, grid.step)
    held = (record >= 0) & (grid.times < (track.rows.time + seconds)[record])
    return np.maximum(record, 0), held


def _paint(
    codes: Sequence[Event] | None, grid: Grid, labels: Sequence[str], rest: int
) -> NDArray[np.int8]:
    """Returns one coder's label at each step; contradictions are missing."""
    painted = np.full(len(grid.times), MISSING, np.int8)
    if codes is None:  # this coder never looked at this person
        return painted
    contradicted = np.zeros(len(painted), bool)
    for event in codes:
        steps, label = grid.covered(event), labels.index(event.code)
        contradicted |= steps & (painted != MISSING) & (painted != label)
        painted[steps] = label
    painted[painted == MISSING] = rest
    painted[contradicted] = MISSING
    return painted


def _excluded(track: Track, times: NDArray[np.float64]) -> NDArray[np.bool_]:
    excluded = np.zeros(len(times), bool)
    for event in track.events:
        if event.excluded:
            excluded |= event.covers(times)
    return excluded


def count_pairs(
    ratings: Iterable[Ratings], people: Sequence[str], pair: tuple[int, int], labels: int
) -> NDArray[np.int64]:
    """Counts the steps with each pair of labels of two raters.

    Args:
        ratings: of all people.
        people: their names.
        pair: the raters, of rows and of columns.
        labels: how many labels there are.

    Returns:
        int64 (P, L, L), a confusion matrix a person.
    """
    counts = np.zeros((len(people), labels, labels), np.int64)
    place = {name: index for index, name in enumerate(people)}
    for rating in ratings:
        one, other = (rating.labels[rater] for rater in pair)
        both = (one != MISSING) & (other != MISSING)
        np.add.at(counts[place[rating.person]], (one[both], other[both]), 1)
    return counts
