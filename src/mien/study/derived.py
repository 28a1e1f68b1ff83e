"""Records with what was measured of them, in one table: raw and corrected columns side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.inference.records import Records
from mien.inference.records.layout import ATTRIBUTE, BOX, RAW, SMOOTHED, Layout
from mien.study.codebook import (
    CORRECTED,
    INTENSITY,
    describe_columns,
    describe_further,
)
from mien.study.measures import Measured, measure
from mien.study.quality import NO_FACE
from mien.study.recording import NAME, Recording
from mien.study.tables import Table, TableColumn, Value

USABLE, REASON, VALENCE = "usable", "reason", "valence"

_DECIMALS = 6

Columns = dict[str, NDArray[Any]]


def derived_table(
    recordings: Sequence[Recording], measured: Sequence[Measured] | None = None
) -> Table:
    """Returns every record of recordings, with further columns; `read_records` opens it.

    Args:
        recordings: of one model.
        measured: of their tracks; measured without a baseline if None.

    Returns:
        The table `records`: the columns of the records, then `name`, `usable`, `reason`,
        `valence`, and for each label `corrected_` and `intensity_`.
    """
    measured = measure(recordings) if measured is None else measured
    parts = [
        _columns(recording, [part for part in measured if part.track.recording is recording])
        for recording in recordings
    ]
    names = list(dict.fromkeys(name for part in parts for name in part))
    rows: list[tuple[Value, ...]] = []
    for recording, part in zip(recordings, parts, strict=True):
        empty = np.full(len(recording.records), None, np.object_)
        columns = [part.get(name, empty).tolist() for name in names]
        rows += [tuple(map(_value, row)) for row in zip(*columns, strict=True)]
    return Table("records", _describe(names, recordings[0].records), rows)


def _columns(recording: Recording, measured: Sequence[Measured]) -> Columns:
    records = recording.records
    further = {name: values for name, values in records.extra.items() if name not in _DERIVED_NAMES}
    return _own(records) | further | _derived(recording, measured)


def _own(records: Records) -> Columns:
    """Returns the columns of the records, as their file has them."""
    codes = np.array([*records.codes, None], np.object_)
    columns: Columns = {
        "source": records.source,
        "frame": records.frame,
        "time": records.time,
        "person": _or_none(records.person, records.person < 0),
        **dict(zip(BOX, _exact(records.boxes).T, strict=True)),
        "score": _exact(records.score),
        "emotion": codes[records.label],
        "confidence": _exact(records.confidence),
    }
    for prefix, block in ((RAW, _exact(records.raw)), (SMOOTHED, _exact(records.smoothed))):
        columns |= {f"{prefix}{label}": block[:, at] for at, label in enumerate(records.labels)}
    attributes = records.attributes.items()
    return columns | {f"{ATTRIBUTE}{name}": _exact(values) for name, values in attributes}


def _exact(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns the decimals that a file had: 221.1, not 221.10000610351562."""
    return values.astype(str).astype(np.float64)


_DERIVED_NAMES = (NAME, USABLE, REASON, VALENCE)


def _derived(recording: Recording, measured: Sequence[Measured]) -> Columns:
    """Returns the further columns; rows without a face are not usable, the rest is empty there."""
    records, labels = recording.records, recording.records.labels
    count = len(records)
    columns: Columns = {
        NAME: np.full(count, None, np.object_),
        USABLE: np.zeros(count, np.int64),
        REASON: np.full(count, NO_FACE, np.object_),
        VALENCE: np.full(count, np.nan),
    }
    for prefix in (CORRECTED, INTENSITY):
        columns |= {f"{prefix}{label}": np.full(count, np.nan) for label in labels}
    for part in measured:
        rows = np.flatnonzero((records.person == part.track.person) & (records.label >= 0))
        columns[NAME][rows] = part.track.name
        columns[USABLE][rows] = part.usable
        columns[REASON][rows] = part.reasons
        columns[VALENCE][rows] = part.valence
        for at, label in enumerate(labels):
            columns[f"{CORRECTED}{label}"][rows] = part.corrected[:, at]
            columns[f"{INTENSITY}{label}"][rows] = part.intensity[:, at]
    return columns


def _or_none(values: NDArray[Any], empty: NDArray[np.bool_]) -> NDArray[np.object_]:
    some = values.astype(np.object_)
    some[empty] = None
    return some


def _value(value: Value) -> Value:
    """Rounds a number as records do; empty text is None."""
    if isinstance(value, float):
        return round(value, _DECIMALS)
    return value if value != "" else None


def _describe(names: Sequence[str], records: Records) -> tuple[TableColumn, ...]:
    """Returns the columns with their descriptions, in the order of the names."""
    layout = Layout(records.labels, tuple(records.attributes))
    own = {column.name: column for column in describe_columns(layout)}
    further = dict(zip(names, describe_further(names, records.labels), strict=True))
    return tuple(own.get(name, further[name]) for name in names)
