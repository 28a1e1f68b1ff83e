"""Runs a finished study again: the same records, draw and codes must give the same rows."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mien.errors import MienError, StudyError
from mien.study.design.analysis import RESULTS, digest_codes, estimate_from, to_rows
from mien.study.design.candidates import find_candidates
from mien.study.design.folder import STRETCHES, StudyFolder
from mien.study.design.plan import ABSENT, draw, find_changes, load_planned
from mien.study.recording import Recording

TOLERANCE = 1e-9
"""By how much a number may differ: sums are rounded otherwise on other processors."""

KEYS = {
    "shares": ("condition", "label", "method"),
    "contrasts": ("first", "second", "label", "method"),
    "agreement": ("first", "second"),
}
"""The columns that name a row of each table."""

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a replay found to differ.

    Attributes:
        file: of the study, or of its records.
        row: what is in it: "stretch 5", "all stretches, happy, Mien alone"; "" for the whole file.
        column: of the row; "" for the whole row.
        before: what the study has; "absent" for nothing.
        after: what the replay gave.
    """

    file: str
    row: str
    column: str
    before: str
    after: str

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.file, self.row, self.column) if part)
        return f"{place}: {self.before} before, {self.after} now"


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay compared.

    Attributes:
        stretches: how many the study has.
        rows: how many rows of saved results were compared; 0 where nothing was estimated before.
        differences: all that differs; none where the study gives the same again.
    """

    stretches: int
    rows: int
    differences: tuple[Difference, ...]


def replay_study(study: StudyFolder) -> Replay:
    """Plans and estimates a study again, from its records, options, seed and codes as they are.

    Raises:
        StudyError: the study's own files are damaged.
    """
    saved = _read_results(study)
    changes = [Difference(name, "", "SHA-256", *pair) for name, *pair in find_changes(study)]
    further = list(_compare(study, saved))
    rows = sum(len(table) for table in saved.get("tables", {}).values())
    return Replay(len(study.stretches), rows, (*changes, *further))


def _compare(study: StudyFolder, saved: Mapping[str, Any]) -> Iterator[Difference]:
    """Yields what differs in the plan and the results; that there is none is a difference, too."""
    file = STRETCHES
    try:
        recordings = load_planned(study)
        yield from _compare_plan(study, recordings)
        if saved:
            file = RESULTS
            yield from _compare_results(study, recordings, saved)
    except MienError as error:
        yield Difference(file, "", "", "present", f"cannot be made again ({error})")


def _compare_plan(study: StudyFolder, recordings: Sequence[Recording]) -> Iterator[Difference]:
    drawn = draw(find_candidates(recordings, study.options["seconds"]), study.options)
    before, after = ([asdict(it) for it in rows] for rows in (study.stretches, drawn))
    yield from _compare_rows(STRETCHES, before, after, ("id",), "stretch ")


def _compare_results(
    study: StudyFolder, recordings: Sequence[Recording], saved: Mapping[str, Any]
) -> Iterator[Difference]:
    codes, now = saved["codes"], digest_codes(study)
    for name in sorted(codes | now):
        pair = codes.get(name, ABSENT), now.get(name, ABSENT)
        if pair[0] != pair[1]:
            yield Difference(name, "", "SHA-256", *pair)
    tables = to_rows(estimate_from(study, recordings))
    for name, key in KEYS.items():
        file = f"{RESULTS}, {name}"
        yield from _compare_rows(file, saved["tables"].get(name, []), tables[name], key)


def _compare_rows(
    file: str, before: Rows, after: Rows, key: Sequence[str], kind: str = ""
) -> Iterator[Difference]:
    """Yields the cells that differ, and the rows that one side alone has."""
    old, new = ({tuple(row.get(name) for name in key): row for row in it} for it in (before, after))
    for place in dict.fromkeys((*old, *new)):
        name = kind + ", ".join(map(str, place))
        if place not in new:
            yield Difference(file, name, "", "present", ABSENT)
        elif place not in old:
            yield Difference(file, name, "", ABSENT, "present")
        else:
            for column, value in new[place].items():
                if not _same(old[place].get(column), value):
                    was = old[place].get(column)
                    yield Difference(file, name, column, _show(was), _show(value))


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, int | float) and isinstance(after, int | float):
        return math.isclose(before, after, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(before == after)


def _show(value: Any) -> str:
    if value is None or value == "":
        return "empty"
    return f"{value:.10g}" if isinstance(value, float) else f"{value}"


def _read_results(study: StudyFolder) -> dict[str, Any]:
    """Returns the saved results; nothing where nothing was estimated yet."""
    path = study.path / RESULTS
    if not path.exists():
        return {}
    try:
        saved = json.loads(path.read_bytes())
        if not all(isinstance(row, dict) for rows in saved["tables"].values() for row in rows):
            raise ValueError
        return {"codes": dict(saved["codes"]), "tables": dict(saved["tables"])}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise StudyError(
            "is damaged", subject=path, remedy="remove it, and estimate the study again"
        ) from None
