"""What a coded study tells: agreement of the coders, shares of each label, and contrasts."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mien.errors import StudyError
from mien.files import replacing
from mien.study.design.candidates import find_candidates
from mien.study.design.coded import ALL, CodedStudy, collect_codes, estimate_group
from mien.study.design.folder import CANNOT_TELL, CODES, StudyFolder
from mien.study.design.plan import digest, find_changes, load_planned
from mien.study.design.results import tabulate_agreement, tabulate_contrasts, tabulate_shares
from mien.study.recording import Recording
from mien.study.tables import Table

RESULTS = "results.json"
"""What `mien study estimate` saves in the folder of the study."""

FEW = 30
"""Fewer coded stretches are noted: the simulations of the intervals had 50 in a condition."""


@dataclass(frozen=True, eq=False)
class Results:
    """What a study found.

    Attributes:
        tables: "shares", "contrasts" (without rows in a study of one condition) and "agreement".
        notes: what a reader must know beside the figures, a sentence each.
    """

    tables: tuple[Table, ...]
    notes: tuple[str, ...]

    def table(self, name: str) -> Table:
        """Returns a table by its name."""
        return next(table for table in self.tables if table.name == name)


def estimate_study(study: StudyFolder) -> Results:
    """Estimates shares and contrasts from a study's records and codes.

    Raises:
        MienError: the records are missing.
        StudyError: the records changed since the plan, a file of codes is damaged, or nobody coded
            a stretch yet.
    """
    for file, before, after in find_changes(study):
        raise StudyError(
            f"it changed since the plan (SHA-256 {before[:12]} before, {after[:12]} now)",
            subject=file,
            remedy="restore it, or plan a new study; `mien study replay` shows what differs",
        )
    return estimate_from(study, load_planned(study))


def estimate_from(study: StudyFolder, recordings: Sequence[Recording]) -> Results:
    """Estimates as `estimate_study` does, from recordings whether they changed or not."""
    coded = collect_codes(study, find_candidates(recordings, study.options["seconds"]))
    conditions = [name for name in coded.candidates.conditions if name]
    groups = [ALL, *conditions] if len(conditions) > 1 else [ALL]
    found = {group: estimate_group(coded, group) for group in groups}
    tables = (
        tabulate_shares(coded, found),
        tabulate_contrasts(coded, found),
        tabulate_agreement(coded),
    )
    return Results(tables, tuple(_note(coded, groups)))


def save_results(study: StudyFolder, results: Results) -> None:
    """Saves results in the study's folder, for `replay_study`; those of before are replaced.

    Raises:
        StudyError: the file cannot be written.
    """
    content = {"version": 1, "codes": digest_codes(study), "tables": to_rows(results)}
    path = study.path / RESULTS
    try:
        with replacing(path) as beside:
            beside.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise StudyError(
            f"cannot be written ({error.strerror})", subject=path, remedy="make room for it"
        ) from None


def to_rows(results: Results) -> dict[str, list[dict[str, Any]]]:
    """Returns each table's rows, by the names of its columns; an undefined figure is None."""
    return {
        table.name: [dict(zip(table.names, map(_known, row), strict=True)) for row in table.rows]
        for table in results.tables
    }


def digest_codes(study: StudyFolder) -> dict[str, str]:
    """Returns the SHA-256 of each file of codes."""
    return {f"{CODES}/{it}.csv": digest(study.path / CODES / f"{it}.csv") for it in study.coders()}


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _note(coded: CodedStudy, groups: Sequence[str]) -> list[str]:
    notes = ["intervals are over the stretches of this study, and tell nothing of other people"]
    left = len(coded.places) - len(coded.order)
    if left:
        notes.append(f"{left} of {len(coded.places)} stretches have no label by any coder")
    unclear = sum(list(coded.study.codes(it).values()).count(CANNOT_TELL) for it in coded.coders)
    if unclear:
        notes.append(
            f"{unclear} codes are 'cannot tell' and count as no code: if those stretches differ "
            "from the others, the estimates are biased"
        )
    if len(coded.coders) == 1:
        notes.append(f"one coder ({coded.coders[0]}): whether people agree is not known")
    if len(groups) == 1:
        notes.append("the stretches are of one condition or none: there is no contrast")
    if coded.people([ALL]) == 1:
        notes.append("one person")
    conditions = [coded.study.stretches[at].condition for at in coded.order]
    for group in groups:
        count = len(conditions) if group == ALL else conditions.count(group)
        if count < FEW:
            notes.append(f"{count} coded stretches ({group}) are few: take the interval with care")
    return notes
