"""The codebook: what every column of records, and of what a study adds to them, means.

`mien.study.tables` writes the codebook of the tables that Mien itself makes. This module describes
the records: their columns, the measured attributes, and further columns that a laboratory brings.
"""

from collections.abc import Iterable, Sequence

from mien.inference.attributes import shipped_attributes
from mien.inference.records import Records
from mien.inference.records.layout import ATTRIBUTE, NEVER, RAW, SMOOTHED, Layout
from mien.study.events import Event
from mien.study.recording import CONDITION, NAME, PARTICIPANT
from mien.study.tables import Table, TableColumn, codebook

CORRECTED, INTENSITY = "corrected_", "intensity_"
"""What the names of the columns of a label begin with, where a baseline was applied."""

_UNITS = {
    "time": "seconds",
    "x": "pixels",
    "y": "pixels",
    "width": "pixels",
    "height": "pixels",
    "score": "probability",
    "confidence": "probability",
}
_QUANTITIES = {
    quantity.name: quantity
    for attribute in shipped_attributes()
    for quantity in attribute.quantities
}
_STUDY = {
    column.name: column
    for column in (
        TableColumn(NAME, "the person's name, as the study gave it", missing="not named"),
        TableColumn(PARTICIPANT, "the participant that the source shows", missing="not told"),
        TableColumn(CONDITION, "the experimental condition that holds", missing="none holds"),
        TableColumn("usable", "1 where the face is fit to be judged, else 0", missing="no face"),
        TableColumn("reason", "why a record is not usable", missing="usable"),
        TableColumn(
            "valence", "from -1 to 1, of the probabilities by the stated formula", missing="no face"
        ),
    )
}

_EVENT = {
    "onset": ("from the recording's start", "seconds"),
    "duration": ("0 is a moment", "seconds"),
    "person": ("the name of the person it is about", "", "everybody"),
    "name": ("what happened", "", "not named"),
    "condition": ("the experimental condition during the interval", "", "none"),
    "code": ("a label that a human coder gave", "", "none"),
    "note": ("free text", "", "none"),
    "author": ("who or what made the event", "", "not told"),
    "excluded": ("1 where summaries leave out the rows within",),
}


def describe_records(records: Records) -> Table:
    """Returns the rows of a codebook for records: a row for each column.

    Args:
        records: as `read_records` or `load_recordings` gives them.

    Returns:
        The table `codebook`, with the columns table, column, description, unit and missing.

    Example:
        >>> table = describe_records(Records.empty(Layout()))
        >>> dict(zip(table.names, table.rows[2], strict=True))["unit"]
        'seconds'
    """
    layout = Layout(records.labels, tuple(records.attributes), clock=False)
    columns = [*describe_columns(layout), *describe_further(records.extra, records.labels)]
    return codebook([Table("records", tuple(columns), ())])


def describe_columns(layout: Layout) -> tuple[TableColumn, ...]:
    """Returns the columns of a layout, in its order, with their units."""
    return tuple(
        TableColumn(
            column.name,
            _description(column.name, column.description).replace("`", ""),
            _unit(column.name),
            "" if column.empty == NEVER else column.empty,
        )
        for column in layout.columns
    )


def describe_further(names: Iterable[str], labels: Sequence[str]) -> tuple[TableColumn, ...]:
    """Returns the columns that a layout has no place for; unknown ones are said to be so.

    Args:
        names: of the columns.
        labels: of the model.
    """
    optional = {
        column.name: column
        for column in describe_columns(Layout(tuple(labels), prior=True, detector=True))
    }
    known = optional | _STUDY | {column.name: column for column in describe_measures(labels)}
    unknown = "a column of the study's own, which Mien does not interpret"
    return tuple(known.get(name, TableColumn(name, unknown)) for name in names)


def describe_measures(labels: Sequence[str]) -> tuple[TableColumn, ...]:
    """Returns the columns that a baseline adds: two for each label."""
    corrected = (
        TableColumn(
            f"{CORRECTED}{label}",
            f"probability of {label} after the participant's baseline",
            "probability",
            "no face",
        )
        for label in labels
    )
    intensity = (
        TableColumn(
            f"{INTENSITY}{label}",
            f"intensity of {label}, in units of the participant's own range, 0 to 1",
            "share of the range",
            "no face; range not known",
        )
        for label in labels
    )
    return (*corrected, *intensity)


def tabulate_events(events: Iterable[Event]) -> Table:
    """Returns the table `events`: a column for each field of an event, described."""
    columns = tuple(TableColumn(name, *_EVENT[name]) for name in _EVENT)
    rows = [[getattr(event, name) for name in _EVENT] for event in events]
    return Table("events", columns, rows)


def _description(name: str, told: str) -> str:
    quantity = _QUANTITIES.get(name.removeprefix(ATTRIBUTE)) if name.startswith(ATTRIBUTE) else None
    return quantity.description if quantity else told


def _unit(name: str) -> str:
    if name.startswith((RAW, SMOOTHED)):
        return "probability"
    if name.startswith(ATTRIBUTE):
        quantity = _QUANTITIES.get(name.removeprefix(ATTRIBUTE))
        return quantity.unit if quantity else ""
    return _UNITS.get(name, "")
