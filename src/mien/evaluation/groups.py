"""Accuracy by the values of a column: of a person, a camera, a lighting, whatever a table says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.data.dataset import FaceDataset
from mien.errors import DataError
from mien.evaluation.metrics import Interval, wilson_interval
from mien.evaluation.people import accuracy_over_people

PERSON, LABEL = "person", "label"
"""Columns that data sets have besides those of a table: who a face is of, and its label."""

MOST_GROUPS = 200


@dataclass(frozen=True)
class Group:
    """The faces of one value of a column.

    Attributes:
        value: of the column; "" where the table has none.
        n: how many faces.
        people: how many people they are of; None where nobody is known.
        accuracy: the share that is right.
        accuracy_interval: 95 %: over people by bootstrap where there are several who are known,
            else Wilson's over faces.
    """

    value: str
    n: int
    people: int | None
    accuracy: float
    accuracy_interval: Interval


def group_by(
    faces: FaceDataset, right: NDArray[np.bool_], columns: Sequence[str]
) -> Mapping[str, tuple[Group, ...]]:
    """Measures the faces of each value of some columns.

    Args:
        faces: N faces.
        right: bool (N,), which are right.
        columns: names, in any case; `PERSON` and `LABEL` are known beside a table's own.

    Returns:
        For each column its groups, sorted by value.

    Raises:
        DataError: there is no such column, or it has more than `MOST_GROUPS` values.
    """
    return {name: _groups(faces, right, _values(faces, name)) for name in columns}


def _values(faces: FaceDataset, name: str) -> NDArray[np.str_]:
    known = {LABEL: np.array(faces.names)[faces.labels], **faces.columns}
    if faces.people is not None:
        known[PERSON] = faces.people
    if name.casefold() not in known:
        raise DataError(f"no column '{name}'", remedy=f"choose from {', '.join(sorted(known))}")
    values: NDArray[np.str_] = known[name.casefold()]
    if (count := len(np.unique(values))) > MOST_GROUPS:
        raise DataError(
            f"column '{name}' has {count:,} values",
            remedy=f"choose one of {MOST_GROUPS} at most",
        )
    return values


def _groups(
    faces: FaceDataset, right: NDArray[np.bool_], values: NDArray[np.str_]
) -> tuple[Group, ...]:
    groups = []
    for value in np.unique(values).tolist():
        chosen = values == value
        hits, n = int(right[chosen].sum()), int(chosen.sum())
        people, interval = None, wilson_interval(hits, n)
        if faces.people is not None:
            over = accuracy_over_people(right[chosen], faces.people[chosen])
            people = over.people
            interval = over.accuracy_interval if people > 1 else interval
        groups.append(Group(value, n, people, hits / n, interval))
    return tuple(groups)
