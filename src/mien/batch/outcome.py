"""What a worker answers for a piece."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from mien.batch.items import Item, Options
from mien.inference.records.parquet import SCHEMA


@dataclass(frozen=True, slots=True)
class Failure:
    """An input without rows, and why."""

    item: Item
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a piece: each of its items has rows, or is one of `failures`.

    Attributes:
        rows: in the schema of `schema_of(options)`. Of a part of a film: whatever
            `mien.batch.seams` needs to join it to the others.
        failures: the items that have no rows.
        notes: an item's path, and what was passed over in it, which its rows lack.
        counts: `photos` and `films` that have rows; `pictures`: these photos, and the frames of
            these films; `faces`, and faces of each label.
        seconds: that a worker took.
    """

    rows: pa.Table
    failures: tuple[Failure, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def schema_of(options: Options) -> pa.Schema:
    """Returns the columns of `mien predict`'s Parquet records, then the user's own."""
    return pa.schema([*SCHEMA, *options.columns])


def failed(item: Item, reason: str, options: Options) -> Outcome:
    """Returns the outcome of an item that cannot be analyzed, such as one that kills workers."""
    return Outcome(schema_of(options).empty_table(), (Failure(item, reason),))


def merge(outcomes: Sequence[Outcome]) -> Outcome:
    """Puts the outcomes of a split piece together."""
    return Outcome(
        pa.concat_tables([one.rows for one in outcomes]),
        tuple(failure for one in outcomes for failure in one.failures),
        tuple(note for one in outcomes for note in one.notes),
        sum((one.counts for one in outcomes), Counter()),
        sum(one.seconds for one in outcomes),
    )
