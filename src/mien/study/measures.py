"""What is measured of every record: quality, baseline, intensity, valence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.study.baseline import Baseline, correct
from mien.study.quality import EXCLUDED, Limits, judge
from mien.study.recording import Recording, Track
from mien.study.scales import intensity, log_odds, ranges, valence

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measured:
    """A track with everything that is derived of its M records.

    Attributes:
        track: the records, with their name, conditions and events.
        usable: bool (M,); excluded records are not usable.
        reasons: object (M,) of strings: why a record is not usable; "" where it is.
        raw: float64 (M, L), the displayed probabilities, sums of 1.
        corrected: float64 (M, L), the same after the participant's baseline; equal to `raw` where
            there is none.
        intensity: float64 (M, L), each expression in units of the participant's own range, 0 to 1;
            NaN where the range is not known.
        valence: float64 (M,), from -1 to 1, of the corrected probabilities.
        baseline: the participant's; None where there is none.
    """

    track: Track
    usable: NDArray[np.bool_]
    reasons: NDArray[np.object_]
    raw: Floats
    corrected: Floats
    intensity: Floats
    valence: Floats
    baseline: Baseline | None = None


def measure(
    recordings: Iterable[Recording],
    limits: Limits | None = None,
    baselines: Mapping[str, Baseline] | None = None,
) -> list[Measured]:
    """Measures every track of recordings.

    A participant's range of intensity is that of all their usable records, in every recording.

    Args:
        recordings: of one model.
        limits: what makes a record usable.
        baselines: by the participant's name; a participant without one is not corrected.

    Returns:
        In the order of the recordings, and of the person ids in them.
    """
    baselines = baselines or {}
    tracks = [track for recording in recordings for track in recording.tracks]
    measured = [_measure(track, limits, baselines.get(track.name)) for track in tracks]
    own: dict[str, list[Measured]] = {}
    for part in measured:
        own.setdefault(part.track.name, []).append(part)
    for parts in own.values():
        _scale(parts)
    return measured


def _measure(track: Track, limits: Limits | None, baseline: Baseline | None) -> Measured:
    usable, reasons = judge(track.rows, limits)
    reasons[track.excluded] = EXCLUDED
    raw = track.displayed.astype(np.float64)
    raw /= raw.sum(axis=1, keepdims=True)  # files round to six decimals
    corrected = correct(raw, baseline)
    return Measured(
        track=track,
        usable=usable & ~track.excluded,
        reasons=reasons,
        raw=raw,
        corrected=corrected,
        intensity=np.full_like(raw, np.nan),
        valence=valence(corrected, track.rows.labels),
        baseline=baseline,
    )


def _scale(parts: list[Measured]) -> None:
    """Fills in the intensities of one participant."""
    labels, baseline = parts[0].track.rows.labels, parts[0].baseline
    odds = [log_odds(part.corrected, labels) for part in parts]
    usable = np.concatenate([own[part.usable] for own, part in zip(odds, parts, strict=True)])
    weights = np.concatenate([part.track.weights[part.usable] for part in parts])
    rest = None
    if baseline is not None:
        neutral = np.exp(baseline.neutral - baseline.shift)[None]
        rest = log_odds(neutral / neutral.sum(), labels)[0]
    start, length = ranges(usable, weights, rest)
    for own, part in zip(odds, parts, strict=True):
        part.intensity[:] = intensity(own, start, length)
