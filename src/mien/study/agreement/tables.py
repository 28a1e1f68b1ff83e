"""Agreement as tables, with what each column means."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from mien.study.agreement.alignment import MISSING
from mien.study.agreement.coefficients import (
    Floats,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
)
from mien.study.agreement.comparison import Comparison
from mien.study.agreement.estimates import (
    Estimate,
    Statistic,
    estimate,
    estimate_intraclass,
    estimate_votes,
    frame_statistics,
    label_f1,
    label_scores,
    segment_statistics,
)
from mien.study.tables import Table, TableColumn, Value

CODERS, WITH_MIEN, DIFFERENCE = "coder, coder", "coder, Mien", "difference"
"""Rows of the table "comparison"."""

ALL, CODER_OTHERS, MIEN_OTHERS = "Mien, all coders", "coder, other coders", "Mien, other coders"
"""Rows of the table "probabilities"."""

NONE = "none"
"""The label of a segment that one rater alone has."""

_MEANING = {
    "agreement": "share of steps, or of segments, with one label by both",
    "kappa": "Cohen's kappa; by segment, with none as a label (Holle and Rein 2015)",
    "ac1": "Gwet's AC1",
    "alpha": "Krippendorff's alpha, nominal",
    "precision": "share of the second rater's with this label that have it by the first",
    "recall": "share of the first rater's with this label that have it by the second",
    "f1": "F1: 2 x agreed / (the first rater's + the second's)",
    "icc_a1": "ICC(A,1), absolute agreement (McGraw and Wong 1996)",
    "icc_c1": "ICC(C,1), consistency (McGraw and Wong 1996)",
}
_SCORES = ("precision", "recall")
_PEOPLE = TableColumn("people", "how many people the row rests on", "people")
_FIRST = TableColumn("first", "a rater, the reference")
_SECOND = TableColumn("second", "another rater")
_LABEL = TableColumn("label", "an expression")


def make_tables(comparison: Comparison, draws: int) -> tuple[Table, ...]:
    """Returns all tables of a comparison.

    Args:
        comparison: the counts.
        draws: of the bootstrap over people.
    """
    tables = [
        _comparison(comparison, draws),
        _pairs(comparison, draws),
        _labels(comparison, draws),
        _confusion(comparison),
    ]
    if comparison.ratings:
        tables += [_all_raters(comparison, draws), _probabilities(comparison, draws)]
    return tuple(tables)


def _statistics(comparison: Comparison) -> Mapping[str, Statistic]:
    if comparison.by == "frame":
        return frame_statistics(len(comparison.labels))
    return segment_statistics()


def _comparison(comparison: Comparison, draws: int) -> Table:
    """Mean figures of the pairs of coders, of those with Mien, and how they differ."""
    statistics = _statistics(comparison)
    coders, mien = comparison.with_mien(False), comparison.with_mien(True)
    groups = [(CODERS, coders, []), (WITH_MIEN, mien, []), (DIFFERENCE, mien, coders)]
    rows = list[Sequence[Value]]()
    for name, pairs, minus in groups:
        if not pairs or (name == DIFFERENCE and not minus):
            continue
        found = [estimate(pairs, statistic, draws, minus) for statistic in statistics.values()]
        rows.append((name, len(pairs) + len(minus), found[0].people, *_spread(found)))
    columns = (
        TableColumn(
            "raters", "which pairs, counted where Mien has a label; difference: Mien's less coders'"
        ),
        TableColumn("pairs", "how many; each figure is their mean"),
        _PEOPLE,
        *_columns(statistics),
    )
    return Table("comparison", columns, rows)


def _pairs(comparison: Comparison, draws: int) -> Table:
    statistics, rows = _statistics(comparison), list[Sequence[Value]]()
    for pair in comparison.pairs:
        found = [estimate([pair], statistic, draws) for statistic in statistics.values()]
        count = int(pair.total.sum())
        rows.append(
            (pair.first, pair.second, found[0].people, count, pair.answered, *_spread(found))
        )
    columns = (
        _FIRST,
        _SECOND,
        _PEOPLE,
        TableColumn("count", "steps that both labelled, or segments that either has"),
        TableColumn(
            "answered",
            "share of the first rater's steps that the second labelled, too",
            missing="by segment",
        ),
        *_columns(statistics),
    )
    return Table("pairs", columns, rows)


def _labels(comparison: Comparison, draws: int) -> Table:
    rows = list[Sequence[Value]]()
    for pair in comparison.pairs:
        total = pair.total
        for place, label in enumerate(comparison.labels):
            counts = int(total[place].sum()), int(total[:, place].sum())
            f1 = estimate([pair], partial(label_f1, label=place), draws)
            scores = label_scores(total, place)
            rows.append((pair.first, pair.second, label, *counts, *scores, *_spread([f1])))
    columns = (
        _FIRST,
        _SECOND,
        _LABEL,
        TableColumn("first_count", "steps, or segments, with this label by the first rater"),
        TableColumn("second_count", "the same by the second rater"),
        *(TableColumn(name, _MEANING[name], missing="undefined") for name in _SCORES),
        *_columns(("f1",)),
    )
    return Table("labels", columns, rows)


def _confusion(comparison: Comparison) -> Table:
    names = (*comparison.labels, NONE)
    rows = [
        (pair.first, pair.second, names[one], names[other], int(count))
        for pair in comparison.pairs
        for (one, other), count in np.ndenumerate(pair.total)
        if count
    ]
    columns = (
        _FIRST,
        _SECOND,
        TableColumn("first_label", "by the first rater"),
        TableColumn("second_label", "by the second rater"),
        TableColumn("count", "steps, or segments, with this pair of labels"),
    )
    return Table("confusion", columns, rows)


def _all_raters(comparison: Comparison, draws: int) -> Table:
    """Figures of all coders at once, and of all coders and Mien."""
    statistics = {
        "agreement": percent_agreement,
        "ac1": gwet_ac1,
        "alpha": krippendorff_alpha,
    }
    groups = {"coders": len(comparison.coders), "coders and Mien": len(comparison.coders) + 1}
    rows = list[Sequence[Value]]()
    for name, raters in groups.items():
        if raters < 2:
            continue
        votes, counts = _count_votes(comparison, raters)
        found = [estimate_votes(votes, counts, it, draws) for it in statistics.values()]
        rows.append((name, raters, found[0].people, *_spread(found)))
    columns = (
        TableColumn("raters", "which raters, all at once"),
        TableColumn("number", "how many raters"),
        _PEOPLE,
        *_columns(statistics),
    )
    return Table("all_raters", columns, rows)


def _count_votes(comparison: Comparison, raters: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the patterns of votes, (U, K), and how often each person has each, (P, U)."""
    numbers = np.arange(len(comparison.labels))[:, None, None]
    votes = [(it.labels[:raters] == numbers).sum(axis=1).T for it in comparison.ratings]
    patterns, which = np.unique(np.concatenate(votes), axis=0, return_inverse=True)
    place = {name: index for index, name in enumerate(comparison.people)}
    people = [place[it.person] for it in comparison.ratings]
    person = np.repeat(people, [len(rows) for rows in votes])
    counts = np.zeros((len(comparison.people), len(patterns)), np.int64)
    np.add.at(counts, (person, which.ravel()), 1)
    rated = patterns.any(axis=1)
    return patterns[rated], counts[:, rated]


def _probabilities(comparison: Comparison, draws: int) -> Table:
    """How Mien's probability of a label follows the share of the coders who gave it."""
    rows = list[Sequence[Value]]()
    for place, label in enumerate(comparison.labels):
        for name, groups in _scores(comparison, place).items():
            count, *found = estimate_intraclass(groups, draws)
            if count:
                rows.append((name, label, found[0].people, count, *_spread(found)))
    columns = (
        TableColumn(
            "raters",
            f"'{ALL}': Mien's probability of the label, and the share of coders who gave it; "
            f"'{CODER_OTHERS}': a coder's 0 or 1, and the share of the other coders; "
            f"'{MIEN_OTHERS}': Mien's probability, and the same shares",
        ),
        _LABEL,
        _PEOPLE,
        TableColumn("count", "steps; one counts once for each coder who is set beside the others"),
        *_columns(("icc_a1", "icc_c1")),
    )
    return Table("probabilities", columns, rows)


def _scores(comparison: Comparison, label: int) -> dict[str, list[list[Floats]]]:
    """Returns groups of scores (N, 2) of each person; NaN where a rater gave none.

    A coder and Mien are set beside the same shares of the same other coders, at the same steps.
    """
    groups: dict[str, list[list[Floats]]] = {ALL: [[]]}
    others: dict[str, list[list[Floats]]] = {
        name: [[] for _ in comparison.coders] for name in (CODER_OTHERS, MIEN_OTHERS)
    }
    for own in comparison.ratings_by_person:
        coders = np.concatenate([it.labels[:-1].T for it in own])
        given = np.where(coders == MISSING, np.nan, coders == label)
        mien = np.concatenate([it.probabilities[:, label] for it in own])
        groups[ALL][0].append(np.column_stack([_share(given), mien]))
        for coder in range(given.shape[1]):
            share = _share(np.delete(given, coder, axis=1))
            share[np.isnan(given[:, coder]) | np.isnan(mien)] = np.nan
            others[CODER_OTHERS][coder].append(np.column_stack([share, given[:, coder]]))
            others[MIEN_OTHERS][coder].append(np.column_stack([share, mien]))
    return groups if len(comparison.coders) < 2 else groups | others


def _share(given: Floats) -> Floats:
    """Returns the mean of each row, NaN where all of it is NaN."""
    number = (~np.isnan(given)).sum(axis=1)
    shares: Floats = np.nansum(given, axis=1) / np.where(number, number, np.nan)
    return shares


def _columns(names: Sequence[str] | Mapping[str, object]) -> Iterator[TableColumn]:
    for name in names:
        yield TableColumn(name, _MEANING[name], missing="undefined")
        for end, limit in (("low", "lower"), ("high", "upper")):
            yield TableColumn(
                f"{name}_{end}",
                f"{limit} limit of its 95 % interval, by bootstrap over people",
                missing="one person, or undefined",
            )


def _spread(estimates: Sequence[Estimate]) -> Iterator[float]:
    for found in estimates:
        yield from (found.value, found.low, found.high)
