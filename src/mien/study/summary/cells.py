"""Cells: the records of one person in one condition, which every figure of a summary rests on."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mien.errors import StudyError
from mien.study.measures import Measured
from mien.study.recording import Track
from mien.study.segments import Expression
from mien.study.timeline import weight_records

PERSON, CONDITION, RECORDING = KEYS = ("person", "condition", "recording")
"""What a summary can be told by."""

Key = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Observation:
    """A measured track and its expressions.

    Attributes:
        measured: of M records.
        expressions: in order of onset.
    """

    measured: Measured
    expressions: tuple[Expression, ...]

    @property
    def track(self) -> Track:
        """The records, with their name, conditions and events."""
        return self.measured.track

    @property
    def person(self) -> str:
        """The participant's name."""
        return self.track.name

    def condition_at(self, time: float) -> str:
        """Returns the condition of the record that holds at a time, or of the next one."""
        place = int(np.searchsorted(self.track.rows.time, time, "right")) - 1
        return str(self.track.conditions[max(place, 0)])


@dataclass(frozen=True, eq=False)
class Piece:
    """The part of an observation that one cell has.

    Attributes:
        observation: that it is of.
        rows: bool (M,): its records, those that an event excludes left out.
        recorded: for how many seconds the recording was in the cell's condition.
        expressions: those with their onset in these rows.
    """

    observation: Observation
    rows: NDArray[np.bool_]
    recorded: float
    expressions: tuple[Expression, ...]

    @property
    def usable(self) -> NDArray[np.bool_]:
        """The usable ones of its records, bool (M,)."""
        return self.rows & self.observation.measured.usable


Cells = Mapping[Key, Sequence[Piece]]
"""The pieces of each cell, by what `split_cells` was told to split by."""


def split_cells(observations: Sequence[Observation], by: Sequence[str]) -> Cells:
    """Splits records into cells.

    Args:
        observations: of all recordings.
        by: some of `KEYS`.

    Returns:
        The cells in order of their keys' first appearance; a key has a text for each of `by`, ""
        where there is no condition.

    Raises:
        StudyError: a name of `by` is unknown.
    """
    for name in by:
        if name not in KEYS:
            raise StudyError(
                f"there is no summary by '{name}'", remedy=f"choose from {', '.join(KEYS)}"
            )
    cells: dict[Key, list[Piece]] = defaultdict(list)
    for observation in observations:
        for condition, piece in _split_conditions(observation, CONDITION in by):
            texts = {
                PERSON: observation.person,
                CONDITION: condition,
                RECORDING: observation.track.recording.name,
            }
            cells[tuple(texts[name] for name in by)].append(piece)
    return cells


def _split_conditions(observation: Observation, apart: bool) -> list[tuple[str, Piece]]:
    """Returns the piece of each condition, or one piece of all."""
    track = observation.track
    frames = _frames(track)
    if not apart:
        return [("", _piece(observation, np.ones(len(track.rows), bool), frames, None))]
    return [
        (condition, _piece(observation, track.conditions == condition, frames, condition))
        for condition in dict.fromkeys(track.conditions.tolist())
    ]


def _piece(
    observation: Observation, rows: NDArray[np.bool_], frames: Track, condition: str | None
) -> Piece:
    track = observation.track
    counted = ~frames.excluded
    if condition is not None:
        counted &= frames.conditions == condition
    expressions = tuple(
        expression
        for expression in observation.expressions
        if condition is None or observation.condition_at(expression.onset) == condition
    )
    recorded = float(frames.seconds[counted].sum())
    return Piece(observation, rows & ~track.excluded, recorded, expressions)


def _frames(track: Track) -> Track:
    """Returns the recording's frames, with or without a face, as if they were one person's."""
    records = track.recording.records
    frames = records.take(np.unique(records.time, return_index=True)[1])
    seconds, parts = weight_records(frames.time, track.recording.interval)
    return replace(track, rows=frames, seconds=seconds, parts=parts)
