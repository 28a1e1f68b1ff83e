"""Summaries: time, expressions, latencies, contrasts and courses of all recordings of a study."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mien.errors import StudyError
from mien.study.baseline import Baseline
from mien.study.quality import Limits
from mien.study.recording import Recording
from mien.study.summary.cells import CONDITION, PERSON, Key, Observation, split_cells
from mien.study.summary.contrasts import (
    Contrast,
    compare_conditions,
    order_pairs,
)
from mien.study.summary.course import Course, trace_events, trace_recordings
from mien.study.summary.figures import Figures, compute_figures
from mien.study.summary.latency import find_latencies
from mien.study.summary.notes import describe_limits
from mien.study.summary.observations import observe
from mien.study.summary.tables import (
    tabulate_contrasts,
    tabulate_courses,
    tabulate_expressions,
    tabulate_groups,
    tabulate_latencies,
    tabulate_people,
)
from mien.study.tables import Table

BY = (PERSON, CONDITION)
WINDOW = (-2.0, 5.0)
"""Seconds around an event that a course shows; latencies are looked for until its end."""


@dataclass(frozen=True, eq=False)
class Summary:
    """A summary of recordings.

    Attributes:
        tables: `groups` first (time and quality), then `expressions`, and where there are any,
            `contrasts`, `latencies`, `course` and `people` (each person by time).
        notes: what was left out and what limits the figures, a sentence each.
        labels: of the model.
        by: what the groups are told by.
        people: the participants' names.
        figures: of each person in each condition.
        contrasts: between conditions.
        around: the event that `courses` are around; "" where they are of whole recordings.
        courses: one a condition around an event, or one of all recordings; none for photos.
    """

    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    labels: tuple[str, ...]
    by: tuple[str, ...]
    people: tuple[str, ...]
    figures: Mapping[tuple[str, str], Figures]
    contrasts: tuple[Contrast, ...]
    around: str
    courses: tuple[Course, ...]

    def table(self, name: str) -> Table:
        """Returns a table by its name.

        Raises:
            KeyError: the summary has none of that name.
        """
        return {table.name: table for table in self.tables}[name]


def summarize(
    recordings: Sequence[Recording],
    by: Sequence[str] = BY,
    *,
    pairs: Sequence[tuple[str, str]] = (),
    around: str = "",
    window: tuple[float, float] = WINDOW,
    baselines: Mapping[str, Baseline] | None = None,
    limits: Limits | None = None,
) -> Summary:
    """Summarizes recordings: first how much was usable, then what was displayed.

    Every figure is weighted by time; photos count once each. Where `by` lacks the person, figures
    are means over persons with 95 % intervals over persons, never over frames. Contrasts compare
    each person with themselves.

    Args:
        recordings: as `load_recordings` returns them.
        by: any of "person", "condition", "recording".
        pairs: of conditions to compare, first and second; all pairs by default.
        around: name of an event to trace the course around.
        window: seconds around it; the end is also the longest latency.
        baselines: by participant, as `find_baselines` returns them; None corrects nothing.
        limits: of what is usable; the defaults if None.

    Returns:
        The summary; its first table is `groups`.

    Raises:
        StudyError: `by`, a condition or an event is unknown, the recordings have different labels,
            or no record is usable.

    Example:
        >>> recordings = load_recordings(["a.csv", "b.csv"])  # doctest: +SKIP
        >>> summary = summarize(recordings, by=["condition"])  # doctest: +SKIP
        >>> write_tables("summary.xlsx", summary.tables)  # doctest: +SKIP
    """
    observations, left_out = observe(recordings, baselines, limits)
    return summarize_observations(observations, by, pairs, around, window, left_out)


def summarize_observations(
    observations: Sequence[Observation],
    by: Sequence[str] = BY,
    pairs: Sequence[tuple[str, str]] = (),
    around: str = "",
    window: tuple[float, float] = WINDOW,
    left_out: Sequence[str] = (),
) -> Summary:
    """Summarizes what is measured already; see `summarize`.

    Args:
        observations: one at least has a usable record.
        by: any of "person", "condition", "recording".
        pairs: of conditions to compare; all by default.
        around: name of an event.
        window: seconds around it.
        left_out: notes on what is not among the observations.
    """
    rows = observations[0].track.rows
    by = tuple(dict.fromkeys(by))
    grouped = _group(observations, by)
    cells = split_cells(observations, (PERSON, CONDITION))
    figures = {(key[0], key[1]): compute_figures(pieces) for key, pieces in cells.items()}
    conditions = [it for it in dict.fromkeys(condition for _, condition in figures) if it]
    contrasts = compare_conditions(figures, order_pairs(conditions, pairs), rows.codes)
    courses = _trace(observations, around, window)
    since = f"the onset of '{around}'" if around else "the recording's start"
    latencies = find_latencies(observations, window[1]) if courses else []
    tables = (
        tabulate_groups(grouped, by),
        tabulate_expressions(grouped, by, rows.codes),
        *([tabulate_contrasts(contrasts)] if contrasts else []),
        *([tabulate_latencies(latencies, window[1])] if latencies else []),
        *([tabulate_courses(courses, rows.labels)] if around else []),
        *([tabulate_people(courses, rows.labels, since)] if courses else []),
    )
    notes = (*left_out, *describe_limits(figures, conditions, contrasts))
    people = tuple(dict.fromkeys(it.person for it in observations))
    return Summary(
        tables, notes, rows.labels, by, people, figures, tuple(contrasts), around, tuple(courses)
    )


def _group(observations: Sequence[Observation], by: tuple[str, ...]) -> dict[Key, list[Figures]]:
    """Returns the figures of each group: of each person, where they are not told apart."""
    if PERSON in by:
        cells = split_cells(observations, by)
        return {key: [compute_figures(pieces)] for key, pieces in cells.items()}
    grouped: dict[Key, list[Figures]] = defaultdict(list)
    for key, pieces in split_cells(observations, (PERSON, *by)).items():
        grouped[key[1:]].append(compute_figures(pieces))
    return grouped


def _trace(
    observations: Sequence[Observation], around: str, window: tuple[float, float]
) -> list[Course]:
    takes_time = any(it.track.seconds.any() for it in observations)
    if around and not takes_time:
        raise StudyError(
            f"photos have no course around '{around}'", remedy="leave out --around for photos"
        )
    if around:
        return trace_events(observations, around, window)
    return [trace_recordings(observations)] if takes_time else []
