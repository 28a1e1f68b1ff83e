"""The figures of a cell: time, shares, means and peaks, each weighted by time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.study.baseline import NEUTRAL
from mien.study.summary.cells import Piece

PEAK = 0.95
"""The quantile that is a robust peak: the probability that is exceeded in 5 % of the time."""

HALF = 0.5
"""A figure that rests on a smaller share of the records, or of the time, says so."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Figures:
    """What is told of one cell; each figure of an expression is over its usable records.

    Attributes:
        rows: how many records there are, excluded ones left out.
        recorded: for how many seconds the recordings were in the condition; NaN for photos.
        seconds: for how many of these the person was in view; NaN for photos.
        usable_seconds: for how many the records were usable; NaN for photos.
        in_view: `seconds` as a share of `recorded`; NaN for photos.
        usable: the usable records as a share of `seconds`, or of the photos.
        reasons: the share of each reason why records are not usable, largest first.
        mean_raw: mean probability of each of L labels, float64 (L,).
        mean: the same after the baseline.
        peak_raw: the quantile `PEAK` of the probability, float64 (L,).
        peak: the same after the baseline.
        max_raw: the highest probability, float64 (L,).
        max: the same after the baseline.
        intensity: mean intensity, float64 (L,); NaN where the person's range is unknown.
        shares: of time, or of photos, with each label and unsure, float64 (L + 1,).
        onsets: expressions of each label a usable minute, float64 (L,); NaN for photos, and for
            neutral, which is no expression.
        valence: its mean; NaN where the labels allow none.
    """

    rows: int
    recorded: float
    seconds: float
    usable_seconds: float
    in_view: float
    usable: float
    reasons: tuple[tuple[str, float], ...]
    mean_raw: Floats
    mean: Floats
    peak_raw: Floats
    peak: Floats
    max_raw: Floats
    max: Floats
    intensity: Floats
    shares: Floats
    onsets: Floats
    valence: float

    @property
    def poor(self) -> bool:
        """Whether it rests on under half of its records, or of its time."""
        return bool(self.usable < HALF or self.in_view < HALF or np.isnan(self.usable))

    @property
    def note(self) -> str:
        """What limits the figures, in words; empty where nothing does."""
        if np.isnan(self.mean_raw).all():
            return "no usable record"
        notes = []
        if self.usable < HALF:
            reason = f", mostly {self.reasons[0][0]}" if self.reasons else ""
            notes.append(f"under half usable{reason}")
        if self.in_view < HALF:
            notes.append("in view for under half of the time")
        return "; ".join(notes)

    @property
    def all_onsets(self) -> float:
        """Expressions of all labels a usable minute; NaN for photos."""
        return float(np.nansum(self.onsets)) if not np.isnan(self.onsets).all() else np.nan


def compute_figures(pieces: Sequence[Piece]) -> Figures:
    """Computes the figures of one cell.

    Args:
        pieces: of the cell, one at least.
    """
    seconds = _sum(pieces, "seconds", usable=False)
    usable_seconds = _sum(pieces, "seconds", usable=True)
    recordings = {id(piece.observation.track.recording): piece.recorded for piece in pieces}
    recorded = sum(recordings.values()) or np.nan
    counted = _sum(pieces, "weights", usable=False) or np.nan
    weights = np.concatenate([it.observation.track.weights[it.usable] for it in pieces])
    raw, corrected, intensity, valence = (
        np.concatenate([getattr(it.observation.measured, name)[it.usable] for it in pieces])
        for name in ("raw", "corrected", "intensity", "valence")
    )
    return Figures(
        rows=sum(int(piece.rows.sum()) for piece in pieces),
        recorded=recorded,
        seconds=seconds if recorded > 0 else np.nan,
        usable_seconds=usable_seconds if recorded > 0 else np.nan,
        in_view=seconds / recorded,
        usable=float(weights.sum()) / counted,
        reasons=_share_reasons(pieces, counted),
        mean_raw=weighted_mean(raw, weights),
        mean=weighted_mean(corrected, weights),
        peak_raw=weighted_quantile(raw, weights, PEAK),
        peak=weighted_quantile(corrected, weights, PEAK),
        max_raw=weighted_quantile(raw, weights, 1),
        max=weighted_quantile(corrected, weights, 1),
        intensity=weighted_mean(intensity, weights),
        shares=_share_labels(pieces, weights),
        onsets=_count_onsets(pieces) / (usable_seconds / 60 or np.nan),
        valence=float(weighted_mean(valence, weights)),
    )


def _sum(pieces: Sequence[Piece], what: str, usable: bool) -> float:
    """Sums seconds or weights of the records, or of the usable ones."""
    return sum(
        float(getattr(piece.observation.track, what)[piece.usable if usable else piece.rows].sum())
        for piece in pieces
    )


def _share_reasons(pieces: Sequence[Piece], counted: float) -> tuple[tuple[str, float], ...]:
    sums: dict[str, float] = defaultdict(float)
    for piece in pieces:
        lost = piece.rows & ~piece.usable
        reasons = piece.observation.measured.reasons[lost]
        for reason, weight in zip(reasons, piece.observation.track.weights[lost], strict=True):
            sums[str(reason)] += float(weight)
    shares = ((reason, total / counted) for reason, total in sums.items())
    return tuple(sorted(shares, key=lambda share: -share[1]))


def _share_labels(pieces: Sequence[Piece], weights: Floats) -> Floats:
    label = np.concatenate([it.observation.track.rows.label[it.usable] for it in pieces])
    count = len(pieces[0].observation.track.rows.codes)
    return np.bincount(label, weights, count) / (weights.sum() or np.nan)


def _count_onsets(pieces: Sequence[Piece]) -> Floats:
    labels = pieces[0].observation.track.rows.labels
    found = [expression.label for piece in pieces for expression in piece.expressions]
    counts = np.array([found.count(label) for label in labels], np.float64)
    counts[[label == NEUTRAL for label in labels]] = np.nan
    return counts


def weighted_mean(values: Floats, weights: Floats) -> Floats:
    """Returns the mean over the first axis; NaN where no row has weight."""
    total = weights.sum()
    if not total:
        return np.full(values.shape[1:], np.nan)
    return np.asarray(np.tensordot(weights, values, 1) / total)


def weighted_quantile(values: Floats, weights: Floats, share: float) -> Floats:
    """Returns the lowest value that a share of the weight does not exceed, of each column.

    Equal to the quantile "inverted_cdf" of Hyndman and Fan 1996, with weights: it is one of the
    values, and cutting rows into shorter ones changes nothing.

    Args:
        values: float64 (M, C).
        weights: float64 (M,), from 0.
        share: from 0 to 1.

    Returns:
        float64 (C,); NaN where no row has weight.
    """
    values, weights = values[weights > 0], weights[weights > 0]
    if not len(values):
        return np.full(values.shape[1], np.nan)
    order = np.argsort(values, axis=0)
    reached = np.cumsum(weights[order], axis=0)
    # Sums of equal weights in another order differ in their last digits.
    first = np.argmax(reached >= share * reached[-1] * (1 - 1e-9), axis=0)
    columns = np.arange(values.shape[1])
    return np.asarray(values[order[first, columns], columns])
