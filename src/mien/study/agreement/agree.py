"""Agreement of Mien with human coders, beside that of the coders with each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from mien.errors import StudyError
from mien.study.agreement.alignment import STEP, rate_steps
from mien.study.agreement.coded import assign_codes
from mien.study.agreement.comparison import By, compare_frames, compare_segments
from mien.study.agreement.notes import describe_limits
from mien.study.agreement.segments import TOLERANCE, rate_segments
from mien.study.agreement.tables import make_tables
from mien.study.baseline import Baseline
from mien.study.bootstrap import DRAWS
from mien.study.events import Event
from mien.study.measures import measure
from mien.study.quality import Limits
from mien.study.recording import Recording, join_people
from mien.study.tables import Table

SHORTEST_STEP = 0.001  # seconds


@dataclass(frozen=True, eq=False)
class Agreement:
    """What `agree` found.

    Attributes:
        by: "frame" or "segment".
        coders: their names.
        people: the names of the coded people.
        labels: those that a rater used, in the model's order.
        tables: "comparison", "pairs", "labels" and "confusion"; by frame also "all_raters" and
            "probabilities".
        notes: what a reader must know beside the figures, a sentence each.
    """

    by: By
    coders: tuple[str, ...]
    people: tuple[str, ...]
    labels: tuple[str, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]

    def table(self, name: str) -> Table:
        """Returns a table by its name."""
        return next(table for table in self.tables if table.name == name)


def agree(
    recordings: Sequence[Recording],
    codes: Iterable[Event] = (),
    *,
    by: By = "frame",
    step: float = STEP,
    tolerance: float = TOLERANCE,
    mapping: Mapping[str, str] | None = None,
    uncoded: str | None = None,
    limits: Limits | None = None,
    baselines: Mapping[str, Baseline] | None = None,
    draws: int = DRAWS,
) -> Agreement:
    """Compares the labels of human coders with each other and with Mien's.

    By frame, Mien's label is the displayed one, and missing where it is unsure or the record is not
    usable; by segment, Mien's are the expressions of `find_expressions`. Each figure has a 95 %
    interval by bootstrap over people.

    Args:
        recordings: records; their own events with a code count as codes.
        codes: further ones: an event's `code` is the label, its `author` the coder.
        by: "frame" compares at equal steps of time, "segment" compares expressions from their onset
            to their offset.
        step: between two steps, in seconds.
        tolerance: by segment, by how many seconds onset and offset may differ.
        mapping: labels of the model by the coders' own words; "" leaves a code out.
        uncoded: the label of the time that a coder left uncoded in a person whom they coded, such
            as "neutral"; None for missing.
        limits: what makes a record usable; others count as missing.
        baselines: by person, to compare with Mien's probabilities after the baseline; none by
            default.
        draws: resamples of the people.

    Returns:
        Tables and notes.

    Raises:
        StudyError: an option is out of range, a code has a label that the model lacks, or codes and
            records have no person or no time in common.

    Example:
        >>> recordings = load_recordings(["talk.csv"])  # doctest: +SKIP
        >>> codes = read_codes(["anna.csv", "ben.eaf"]).events  # doctest: +SKIP
        >>> agreement = agree(recordings, codes)  # doctest: +SKIP
        >>> agreement.table("comparison")  # doctest: +SKIP
    """
    _check_seconds(step, tolerance)
    recordings = [join_people(recording) for recording in recordings]
    coding = assign_codes(recordings, codes, mapping or {})
    if uncoded is not None and uncoded not in coding.labels:
        raise StudyError(
            f"uncoded time cannot be '{uncoded}'",
            remedy=f"choose from {', '.join(coding.labels)}",
        )
    measured = {part.track: part for part in measure(recordings, limits, baselines)}
    ratings = rate_steps(coding, measured, step, uncoded)
    comparison = (
        compare_segments(coding, rate_segments(coding, measured, uncoded), tolerance)
        if by == "segment"
        else compare_frames(coding, ratings)
    )
    if not any(pair.counts.any() for pair in comparison.pairs):
        raise StudyError(
            "no two raters labelled the same time of the same person",
            remedy=(
                "check that the codes are of these recordings, that Mien has usable faces there, "
                "and, by segment, that somebody saw an expression; photos compare by frame"
            ),
        )
    notes = (*coding.notes, *describe_limits(comparison, coding, ratings, uncoded))
    tables = make_tables(comparison, draws)
    return Agreement(by, coding.coders, coding.people, comparison.labels, tables, notes)


def _check_seconds(step: float, tolerance: float) -> None:
    if not (isfinite(step) and step >= SHORTEST_STEP):
        raise StudyError(
            f"a step of {step:g} s is too short", remedy=f"use {SHORTEST_STEP:g} s or more"
        )
    if not (isfinite(tolerance) and tolerance >= 0):
        raise StudyError(f"a tolerance of {tolerance:g} s", remedy="use 0 s or more")
