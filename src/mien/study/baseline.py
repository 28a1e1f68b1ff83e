"""A participant's neutral face, and the correction of their probabilities by it.

Some faces look a little sad or angry when they are neutral. The baseline is how a person's neutral
face reads; the correction takes the difference from how a neutral face should read off every
logarithm of a probability, as far as the neutral that was seen allows to know it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.errors import StudyError
from mien.study.quality import Limits, judge
from mien.study.recording import Recording, Track

NEUTRAL = "neutral"

INTERVALS = ("baseline", "neutral")
"""The names of intervals, and the conditions, in which a person was asked to be neutral."""

EXPECTED = 0.9
"""The probability of neutral that a neutral face should have; the other labels share the rest.

It was chosen with `LOOKS` and `_FLOOR` on the Training split of the press photos, so that neutral
faces gain and others lose nothing measurable, with `default` and `fer2013`: see docs/baseline.md.
"""

LOOKS = 4.0
"""How many looks at a neutral face make half of the full correction.

The variance of one neutral face over that of people's mean neutral faces is 3.22 / 0.71 in the
logarithms of probabilities, which asks for 4.5 (Robinson 1991, "That BLUP is a good thing").
"""

MOST_LOOKS = 8.0
"""Looks that count at most: no weight above theirs was measured to help, and frames of one video
are less than looks at different times."""

LEAST_NEUTRAL = 0.1
"""The mean probability of neutral below which a stretch shows another expression.

With `default` it refuses 1.4 % of the neutral press faces of Training, and 90 % of the happy ones.
"""

_FLOOR = 0.001  # a probability below it is noise: its logarithm would decide the mean
_REST = 0.5  # of the records: those nearest to the median count as rest
_LEAST_REST = 10  # records, below which no rest is looked for

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Baseline:
    """How one participant's neutral face reads.

    Attributes:
        neutral: float64 (L,), mean logarithms of the probabilities, their mean taken off.
        expected: float64 (L,), the same of a face that reads as neutral.
        looks: how much neutral was seen: seconds of video, or photos.
        origin: where it comes from: "interval 'baseline'", "rest", or the name of a recording.
    """

    neutral: Floats
    expected: Floats
    looks: float
    origin: str

    @property
    def weight(self) -> float:
        """How much of the difference is taken off, 0 to 1."""
        looks = min(self.looks, MOST_LOOKS)
        return looks / (looks + LOOKS)

    @property
    def shift(self) -> Floats:
        """What is taken off the logarithms of the probabilities, float64 (L,)."""
        return self.weight * (self.neutral - self.expected)


def correct(probabilities: NDArray[np.floating], baseline: Baseline | None) -> Floats:
    """Corrects probabilities by a baseline.

    Args:
        probabilities: (M, L), each row summing to 1.
        baseline: of the same labels; None corrects nothing.

    Returns:
        float64 (M, L), each row summing to 1.

    Example:
        >>> sad_looking = Baseline(np.array([1.0, -1.0]), np.array([-1.0, 1.0]), 4, "rest")
        >>> correct(np.array([[0.5, 0.5]]), sad_looking).round(2).tolist()
        [[0.12, 0.88]]
    """
    exact = np.asarray(probabilities, np.float64)
    if baseline is None:
        return exact
    corrected = exact * np.exp(-baseline.shift)
    return np.asarray(corrected / corrected.sum(axis=1, keepdims=True))


def logarithms(probabilities: NDArray[np.floating]) -> Floats:
    """Returns the logarithms of probabilities (M, L), the mean of each row taken off."""
    logs = np.log(np.maximum(np.asarray(probabilities, np.float64), _FLOOR))
    return np.asarray(logs - logs.mean(axis=1, keepdims=True))


def find_baselines(
    recordings: Iterable[Recording],
    intervals: Sequence[str] = INTERVALS,
    rest: bool = True,
    limits: Limits | None = None,
    on_problem: Callable[[str], None] | None = None,
) -> dict[str, Baseline]:
    """Finds the baseline of each participant that has one.

    An interval that is marked for it counts first. Without one, rest does: of the participant's
    usable records, the half that lies nearest to their median, in the logarithms of the
    probabilities. That is a neutral face as far as a person is neutral more often than anything
    else; it is refused where it does not look like one at all.

    Args:
        recordings: tracks of one name are one participant, whichever recordings they are in.
        intervals: the names of events, and the conditions, in which people were neutral.
        rest: whether rest counts where no interval is marked.
        limits: what makes a record usable.
        on_problem: is told why a participant has none, a sentence each.

    Returns:
        By the participant's name.

    Raises:
        StudyError: the model has no label neutral.
    """
    tracks: dict[str, list[Track]] = {}
    for track in (track for recording in recordings for track in recording.tracks):
        tracks.setdefault(track.name, []).append(track)
    found: dict[str, Baseline] = {}
    for name, own in tracks.items():
        try:
            found[name] = find_baseline(own, intervals, rest, limits)
        except StudyError as error:
            if NEUTRAL not in own[0].rows.labels:
                raise
            if on_problem:
                on_problem(str(error))
    return found


def find_baseline(
    tracks: Sequence[Track],
    intervals: Sequence[str] = INTERVALS,
    rest: bool = True,
    limits: Limits | None = None,
) -> Baseline:
    """Finds the baseline of one participant; see `find_baselines`.

    Raises:
        StudyError: there is none, it shows no neutral face, or the model has no label neutral.
    """
    labels, name = tracks[0].rows.labels, tracks[0].name
    if NEUTRAL not in labels:
        raise StudyError(
            f"a baseline needs the label neutral; the model has {', '.join(labels)}",
            remedy="choose another model, or leave the baseline out",
        )
    usable = [judge(track.rows, limits)[0] for track in tracks]
    marked = [
        chosen & _within(track, intervals) for chosen, track in zip(usable, tracks, strict=True)
    ]
    if any(chosen.any() for chosen in marked):
        found = _mean(tracks, marked, "interval")
    elif rest:
        found = _mean(tracks, _rest(tracks, usable), "rest")
    else:
        raise StudyError(
            f"{name} has no usable record in an interval named {' or '.join(intervals)}",
            remedy="mark one in which the face is neutral",
        )
    probability = found.neutral - np.log(np.exp(found.neutral).sum())
    if np.exp(probability[labels.index(NEUTRAL)]) < LEAST_NEUTRAL:
        most = labels[int(found.neutral.argmax())]
        raise StudyError(
            f"the baseline of {name} ({found.origin}) shows no neutral face but {most}",
            remedy="mark an interval named baseline in which the face is neutral",
        )
    return found


def _within(track: Track, intervals: Sequence[str]) -> NDArray[np.bool_]:
    """Returns which records lie in an interval, or have a condition, of one of the names."""
    within = np.array([str(name).casefold() in intervals for name in track.conditions], bool)
    for event in track.events:
        if event.name.casefold() in intervals:
            within |= event.covers(track.rows.time)
    return within


def _rest(tracks: Sequence[Track], usable: Sequence[NDArray[np.bool_]]) -> list[NDArray[np.bool_]]:
    """Chooses the usable records nearest to their median."""
    logs = [logarithms(track.displayed) for track in tracks]
    pooled = np.concatenate([log[chosen] for log, chosen in zip(logs, usable, strict=True)])
    if len(pooled) < _LEAST_REST:
        raise StudyError(
            f"{tracks[0].name} has {len(pooled)} usable records, too few to find rest in",
            remedy="mark an interval named baseline, or take one from another recording",
        )
    median = np.median(pooled, axis=0)
    limit = np.quantile(np.abs(pooled - median).sum(axis=1), _REST)
    return [
        chosen & (np.abs(log - median).sum(axis=1) <= limit)
        for log, chosen in zip(logs, usable, strict=True)
    ]


def _mean(tracks: Sequence[Track], chosen: Sequence[NDArray[np.bool_]], origin: str) -> Baseline:
    pairs = list(zip(tracks, chosen, strict=True))
    logs = np.concatenate([logarithms(track.displayed[rows]) for track, rows in pairs])
    weights = np.concatenate([track.weights[rows] for track, rows in pairs])
    weights = weights if weights.any() else np.ones_like(weights)
    mean = np.average(logs, axis=0, weights=weights)
    return Baseline(mean, _expect(tracks[0].rows.labels), float(weights.sum()), origin)


def _expect(labels: Sequence[str]) -> Floats:
    """Returns how a neutral face should read, as `logarithms` has it."""
    others = (1 - EXPECTED) / max(len(labels) - 1, 1)
    shares = [EXPECTED if label == NEUTRAL else others for label in labels]
    return logarithms(np.array([shares])).ravel()
