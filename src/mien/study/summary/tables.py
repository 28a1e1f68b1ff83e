"""The tables of a summary, with the columns' descriptions for the codebook."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace

import numpy as np

from mien.study.bootstrap import DRAWS
from mien.study.summary.cells import PERSON, Key
from mien.study.summary.contrasts import EXACT_PEOPLE, FLIPS, SEED, Contrast
from mien.study.summary.course import Course, band, mean_of
from mien.study.summary.figures import Figures
from mien.study.summary.latency import ANY, Latency
from mien.study.tables import Table, TableColumn, Value

Grouped = Mapping[Key, Sequence[Figures]]
"""The figures of each group: one of each person, or the one person's."""

_KEYS = {
    "person": TableColumn("person", "name of the participant"),
    "condition": TableColumn("condition", "experimental condition", missing="no condition"),
    "recording": TableColumn("recording", "name of the recording"),
}
_NAMES = {"peak_raw": "p95_raw", "peak": "p95", "shares": "share", "onsets": "expressions"}
_PHOTOS = "photos"
_NOTHING = "no usable record"
_PER_MINUTE = "per minute"
_NOTE = TableColumn("note", "what limits the row: under half usable, or in view", missing="nothing")
_FEW = "under two people were usable"
_DRAWN = f"bootstrap over persons, {DRAWS} draws, seed {SEED}"


@dataclass(frozen=True, slots=True)
class _Figure:
    """A column of figures, and where its values come from."""

    column: TableColumn
    value: Callable[[Figures, int], float]


def _each(name: str, unit: str, about: str, missing: str = "") -> _Figure:
    """Returns a figure of each label: an attribute of `Figures`, float64 (L,) or (L + 1,)."""

    def value(figures: Figures, label: int) -> float:
        values = getattr(figures, name)
        return float(values[label]) if label < len(values) else np.nan

    unsure = "" if name == "shares" else "unsure"
    reasons = "; ".join(filter(None, (_NOTHING, missing, unsure)))
    return _Figure(TableColumn(_NAMES.get(name, name), about, unit, reasons), value)


_TIMES = (
    _Figure(
        TableColumn("recorded", "time of the recordings in this condition", "seconds", _PHOTOS),
        lambda it, _: it.recorded,
    ),
    _Figure(
        TableColumn("in_view", "of that, time with the person's face", "seconds", _PHOTOS),
        lambda it, _: it.seconds,
    ),
    _Figure(
        TableColumn("usable", "of that, time with usable records", "seconds", _PHOTOS),
        lambda it, _: it.usable_seconds,
    ),
)
_QUALITY = (
    _Figure(
        TableColumn("in_view_share", "in_view as a share of recorded", "share", _PHOTOS),
        lambda it, _: it.in_view,
    ),
    _Figure(
        TableColumn("usable_share", "usable records as a share of in_view, or of photos", "share"),
        lambda it, _: it.usable,
    ),
)
_WHOLE = (
    _Figure(
        TableColumn("valence", "mean valence, corrected", "-1 to 1", _NOTHING),
        lambda it, _: it.valence,
    ),
    _Figure(
        TableColumn("expressions", "expressions begun", _PER_MINUTE, f"{_PHOTOS}; {_NOTHING}"),
        lambda it, _: it.all_onsets,
    ),
)
_EACH = (
    _each("mean_raw", "probability", "mean, before the baseline"),
    _each("mean", "probability", "mean, corrected by the baseline"),
    _each("peak_raw", "probability", "95th percentile over time, before the baseline"),
    _each("peak", "probability", "95th percentile over time, corrected"),
    _each("max_raw", "probability", "highest, before the baseline"),
    _each("max", "probability", "highest, corrected"),
    _each("intensity", "0 to 1", "mean, in the person's own range", "the range is unknown"),
    _each("shares", "share", "share of usable time, or photos, with this displayed label"),
    _each("onsets", _PER_MINUTE, "expressions begun, a usable minute", f"{_PHOTOS}; neutral"),
)


def tabulate_groups(grouped: Grouped, by: Sequence[str]) -> Table:
    """Returns time, quality and valence of each group: what must be read first."""
    apart = PERSON in by
    columns = (
        *(_KEYS[name] for name in by),
        *_people(apart),
        TableColumn("records", "how many, excluded ones left out", "records"),
        *(figure.column for figure in (*_TIMES, *_QUALITY)),
        TableColumn("unusable_because", "reasons and their shares", missing="all is usable"),
        *_columns(_WHOLE, apart),
        _NOTE,
    )
    rows = [
        (
            *key,
            *([] if apart else [len(members)]),
            sum(it.rows for it in members),
            *(_total([figure.value(it, 0) for it in members]) for figure in _TIMES),
            *(_average([figure.value(it, 0) for it in members]) for figure in _QUALITY),
            _join_reasons(members),
            *_values(_WHOLE, members, 0, apart),
            _describe(members),
        )
        for key, members in grouped.items()
    ]
    return Table("groups", columns, rows)


def tabulate_expressions(grouped: Grouped, by: Sequence[str], codes: tuple[str, ...]) -> Table:
    """Returns means, peaks, shares and rates of each label in each group."""
    apart = PERSON in by
    columns = (
        *(_KEYS[name] for name in by),
        TableColumn("label", "an expression; unsure where none was probable enough"),
        *_people(apart),
        *_columns(_EACH, apart),
        _NOTE,
    )
    rows = [
        (
            *key,
            label,
            *([] if apart else [len(members)]),
            *_values(_EACH, members, at, apart),
            _describe(members),
        )
        for key, members in grouped.items()
        for at, label in enumerate(codes)
    ]
    return Table("expressions", columns, rows)


def tabulate_latencies(latencies: Sequence[Latency], within: float) -> Table:
    """Returns how soon expressions began after events."""
    columns = (
        _KEYS["person"],
        TableColumn("condition", "at the event's onset", missing="no condition"),
        TableColumn("event", "its name"),
        TableColumn("label", f"of the expression; {ANY} for the first of all"),
        TableColumn("events", "whose response time was usable for half at least", "events"),
        TableColumn(
            "responses",
            f"events after which the expression began, within {within:g} s and before the next",
            "events",
        ),
        TableColumn("latency", "median of the responses", "seconds", "no response"),
        TableColumn("shortest", "of the responses", "seconds", "no response"),
    )
    return Table("latencies", columns, [astuple(it) for it in latencies])


def tabulate_contrasts(contrasts: Sequence[Contrast]) -> Table:
    """Returns contrasts between conditions, with how each figure was computed."""
    columns = (
        TableColumn("first", "the condition that is subtracted"),
        TableColumn("second", "the condition that it is subtracted from"),
        TableColumn(
            "measure",
            "mean: corrected probability; share: of usable time; valence; expressions: a minute",
        ),
        TableColumn("label", "that the measure is of", missing="a measure of all labels"),
        TableColumn("people", "who have both conditions", "people"),
        TableColumn("left_out", "who lack one of the two", "people"),
        TableColumn("poor", "of people, those under half usable or in view in either", "people"),
        TableColumn("difference", "second less first, mean over persons", "of the measure"),
        TableColumn("low", f"lower limit of its 95 % interval; {_DRAWN}", "of the measure"),
        TableColumn("high", "upper limit of the same", "of the measure"),
        TableColumn("dz", "difference / its standard deviation", missing="all are equal"),
        TableColumn(
            "p",
            f"two-sided, sign flips over persons: all for up to {EXACT_PEOPLE}, else {FLIPS:,} at "
            f"random, seed {SEED}",
        ),
        TableColumn("p_holm", f"p, adjusted for all {len(contrasts)} contrasts (Holm 1979)"),
    )
    return Table("contrasts", columns, [astuple(it) for it in contrasts])


def tabulate_courses(courses: Sequence[Course], labels: tuple[str, ...]) -> Table:
    """Returns the mean course around an event, a row a condition, label and time."""
    columns = (
        TableColumn("condition", "at the event's onset", missing="no condition"),
        TableColumn("label", "an expression"),
        TableColumn("time", "from the event's onset", "seconds"),
        TableColumn("people", "with usable records at this time", "people"),
        TableColumn("mean", "corrected, mean over persons", "probability", "nobody was usable"),
        TableColumn("low", f"lower limit of its 95 % interval; {_DRAWN}", "probability", _FEW),
        TableColumn("high", "upper limit of the same", "probability", _FEW),
    )
    rows: list[tuple[Value, ...]] = [
        (course.condition, label, round(float(time), 6), int(known[step, at]), *figures)
        for course in courses
        for known in [(~np.isnan(course.values)).sum(axis=0)]
        for at, label in enumerate(labels)
        for step, time in enumerate(course.times)
        for figures in [tuple(float(it[step, at]) for it in (course.mean, course.low, course.high))]
    ]
    return Table("course", columns, rows)


def tabulate_people(courses: Sequence[Course], labels: tuple[str, ...], since: str) -> Table:
    """Returns each person's own course, a row a person and time, a column a label.

    Args:
        courses: one a condition, or one of whole recordings.
        labels: of the model.
        since: what times are counted from, in words.
    """
    columns = (
        _KEYS["person"],
        _KEYS["condition"],
        TableColumn("time", f"from {since}", "seconds"),
        *(
            TableColumn(label, f"{label}, corrected", "probability", "nothing was usable")
            for label in labels
        ),
    )
    rows: list[tuple[Value, ...]] = [
        (person, course.condition, round(float(time), 6), *map(float, values))
        for course in courses
        for person, own in zip(course.people, course.values, strict=True)
        for time, values in zip(course.times, own, strict=True)
    ]
    return Table("people", columns, rows)


def _people(apart: bool) -> list[TableColumn]:
    return [] if apart else [TableColumn("people", "whose mean the figures are", "people")]


def _columns(figures: Sequence[_Figure], apart: bool) -> list[TableColumn]:
    """Returns the columns of figures, with their limits where they are means over persons."""
    if apart:
        return [figure.column for figure in figures]
    return [
        column
        for figure in figures
        for own in [figure.column]
        for column in (
            replace(own, description=f"{own.description}; mean over persons"),
            replace(own, name=f"{own.name}_low", description=f"95 % interval; {_DRAWN}"),
            replace(own, name=f"{own.name}_high", description="upper limit of the same"),
        )
    ]


def _values(
    figures: Sequence[_Figure], members: Sequence[Figures], at: int, apart: bool
) -> list[Value]:
    values = np.array([[figure.value(it, at) for figure in figures] for it in members])
    if apart:
        return list(map(float, values[0]))
    limits = np.stack([mean_of(values), *band(values, SEED)], axis=1)
    return list(map(float, limits.ravel()))


def _total(values: Sequence[float]) -> float:
    return float(np.nansum(values)) if not np.isnan(values).all() else np.nan


def _average(values: Sequence[float]) -> float:
    return float(mean_of(np.array(values)))


def _join_reasons(members: Sequence[Figures]) -> str:
    shares: dict[str, float] = defaultdict(float)
    for figures in members:
        for reason, share in figures.reasons:
            shares[reason] += share / len(members)
    ordered = sorted(shares.items(), key=lambda share: -share[1])
    return ", ".join(f"{reason} {share:.0%}" for reason, share in ordered)


def _describe(members: Sequence[Figures]) -> str:
    if len(members) == 1:
        return members[0].note
    poor = sum(figures.poor for figures in members)
    return f"{poor} of {len(members)} people under half usable or in view" if poor else ""
