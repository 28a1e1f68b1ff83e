"""A study's results as tables, with what each column means."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mien.study.agreement.estimates import Pair, estimate, frame_statistics
from mien.study.bootstrap import DRAWS
from mien.study.design.coded import ALL, CODING, MIEN, POWERED, CodedStudy, Group
from mien.study.design.estimate import estimate_contrast
from mien.study.tables import Table, TableColumn, Value

_INTERVAL = "limit of its 95 % interval, over the stretches of the study; not over people"
_MISSING = "Mien alone, which has no coded stretch; under two coded stretches"
_COUNTS = (
    TableColumn("coded", "stretches that a coder labelled", "stretches"),
    TableColumn("stretches", "all stretches, coded or not", "stretches"),
    TableColumn("people", "people with a coded stretch", "people"),
)
_METHOD = TableColumn("method", f"{MIEN}, {CODING}, or {POWERED}: Mien corrected by the codes")


def tabulate_shares(coded: CodedStudy, found: Mapping[str, Group]) -> Table:
    """Returns the table "shares": a row for each condition, label and method."""
    rows = list[Sequence[Value]]()
    for group, methods in found.items():
        counts = int(coded.members(group).sum()), coded.people([group])
        for label, name in enumerate(coded.candidates.labels):
            for method, shares in methods.items():
                it = shares[label]
                rows.append((group, name, method, it.value, it.low, it.high, it.coded, *counts))
    columns = (
        TableColumn("condition", f"that holds; '{ALL}' for all conditions"),
        TableColumn("label", "an expression"),
        _METHOD,
        TableColumn("share", "of the stretches that show it", "share", "no coded stretch"),
        TableColumn("low", f"lower {_INTERVAL}", "share", _MISSING),
        TableColumn("high", f"upper {_INTERVAL}", "share", _MISSING),
        *_COUNTS,
    )
    return Table("shares", columns, rows)


def tabulate_contrasts(coded: CodedStudy, found: Mapping[str, Group]) -> Table:
    """Returns the table "contrasts": a row for each pair of conditions, label and method."""
    rows = list[Sequence[Value]]()
    for first, second in combinations([group for group in found if group != ALL], 2):
        both = int((coded.members(first) | coded.members(second)).sum())
        counts = both, coded.people([first, second])
        for label, name in enumerate(coded.candidates.labels):
            for method in found[first]:
                it = estimate_contrast(found[first][method][label], found[second][method][label])
                figures = (it.value, it.low, it.high, it.coded)
                rows.append((first, second, name, method, *figures, *counts))
    columns = (
        TableColumn("first", "a condition"),
        TableColumn("second", "another condition"),
        TableColumn("label", "an expression"),
        _METHOD,
        TableColumn("difference", "share in the first less that in the second", "share", _MISSING),
        TableColumn("low", f"lower {_INTERVAL}", "share", _MISSING),
        TableColumn("high", f"upper {_INTERVAL}", "share", _MISSING),
        *_COUNTS,
    )
    return Table("contrasts", columns, rows)


def tabulate_agreement(coded: CodedStudy) -> Table:
    """Returns the table "agreement": a row for each pair of coders, and of a coder and Mien."""
    mien = coded.candidates.predicted[coded.places].argmax(axis=1)
    raters = {name: coded.codes[row] for row, name in enumerate(coded.coders)} | {"Mien": mien}
    statistics = frame_statistics(len(coded.candidates.labels))
    rows = list[Sequence[Value]]()
    for (first, own), (second, other) in combinations(raters.items(), 2):
        pair = Pair(first, second, _confuse(coded, own, other))
        if not pair.counts.any():
            continue
        row: list[Value] = [first, second, int(pair.counts.sum())]
        found = [estimate([pair], statistic, DRAWS) for statistic in statistics.values()]
        row.append(found[0].people)
        for it in found:
            row += (it.value, it.low, it.high)
        rows.append(row)
    columns = [
        TableColumn("first", "a coder"),
        TableColumn("second", "another coder, or Mien: its most probable label"),
        TableColumn("count", "stretches that both labelled, harder than most: so were they chosen"),
        _COUNTS[-1],
    ]
    for name in statistics:
        missing = "one person, or undefined"
        columns.append(TableColumn(name, "a coefficient of agreement", missing="undefined"))
        for end in ("low", "high"):
            about = f"{end}er limit of its 95 % interval, by bootstrap over people"
            columns.append(TableColumn(f"{name}_{end}", about, missing=missing))
    return Table("agreement", tuple(columns), rows)


def _confuse(
    coded: CodedStudy, own: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Counts the pairs of labels by person, int64 (P, K, K)."""
    names = [stretch.person for stretch in coded.study.stretches]
    person = np.unique(names, return_inverse=True)[1]
    size = len(coded.candidates.labels)
    counts = np.zeros((int(person.max()) + 1, size, size), np.int64)
    both = (own >= 0) & (other >= 0)
    np.add.at(counts, (person[both], own[both], other[both]), 1)
    return counts
