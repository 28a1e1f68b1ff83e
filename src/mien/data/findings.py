"""Findings of an audit: a CSV that training can read, one row per finding."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.dataset import SPLITS
from mien.data.rows import read_rows
from mien.emotions import EMOTIONS
from mien.errors import DataError
from mien.files import replacing
from mien.sheets import write_cells

KINDS: tuple[str, ...] = ("copy", "contradiction", "wrong_label", "non_face")
"""Every kind of finding there is."""

COLUMNS = (
    "data",
    "index",
    "split",
    "label",
    "kind",
    "score",
    "suggestion",
    "other",
    "reason",
)
_FILES = ("file", "other_file")  # written after the columns that are read again
_DIGITS = 16  # of a fingerprint: enough to tell data sets apart, short enough for every row


@dataclass(frozen=True)
class Finding:
    """One thing that may be wrong with one face.

    Attributes:
        index: of the face in the whole data set, from 0.
        split: that it is in.
        label: that it has, one of the data set's.
        kind: one of `KINDS`.
        score: how strong the evidence is, 0 to 1; comparable within a kind.
        reason: in words.
        suggestion: the label that it more likely has; None if there is none.
        other: the face it is a copy of, or contradicts; None for the other kinds.
    """

    index: int
    split: str
    label: str
    kind: str
    score: float
    reason: str
    suggestion: str | None = None
    other: int | None = None


def write_findings(
    path: Path,
    findings: Iterable[Finding],
    fingerprint: str,
    files: NDArray[np.str_] | None = None,
) -> None:
    """Writes a CSV whose first column tells, in each row, which data set it is of.

    Args:
        path: the file to write or to replace.
        findings: rows, in their order.
        fingerprint: of the data set; its first 16 digits are written.
        files: str (N,), where each face of the data set came from, for the last columns.

    Raises:
        DataError: it cannot be written.
    """
    try:
        with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
            file.write(write_cells([(*COLUMNS, *_FILES)]))
            for finding in findings:
                row = {"data": fingerprint[:_DIGITS], **vars(finding)}
                row["score"] = f"{finding.score:.4f}"
                places = (finding.index, finding.other)
                named = ["" if files is None or at is None else str(files[at]) for at in places]
                file.write(write_cells([(*(row[name] for name in COLUMNS), *named)]))
    except OSError as error:
        raise DataError(
            f"cannot be written ({error.strerror}); choose another folder", subject=path
        ) from None


def read_findings(path: Path, fingerprint: str, names: Sequence[str] = EMOTIONS) -> list[Finding]:
    """Reads what `write_findings` wrote; rows may have been deleted since, by hand or by a script.

    Args:
        path: of the file.
        fingerprint: of the data set that the findings are wanted for.
        names: of its labels.

    Raises:
        DataError: it cannot be read, is of another data set, or has a bad field; the message
            names file, row and column.
    """
    findings = []
    for where, fields in read_rows(path, COLUMNS):
        row = dict(zip(COLUMNS, fields, strict=True))
        if row["data"] != fingerprint[:_DIGITS]:
            raise DataError(
                f"it is of another data set ({row['data']}, not {fingerprint[:_DIGITS]}); "
                "run 'mien audit' on this one",
                subject=where,
            )
        findings.append(_finding(row, names, where))
    return findings


def weights_of(
    findings: Iterable[Finding], count: int, factors: Mapping[str, float]
) -> NDArray[np.float32]:
    """Returns what each face is to weigh: the least factor of the kinds found for it, else 1.

    Args:
        findings: of the whole data set. Of copies, all but the first have one, so that a photo
            keeps a face that weighs in full; both sides of a contradiction have one.
        count: how many faces the data set has.
        factors: kind to weight, 0 to 1; a kind that is not named weighs 1.

    Returns:
        float32 (count,).

    Raises:
        DataError: a finding is about a face that the data set does not have.
    """
    weights = np.ones(count, np.float32)
    for finding in findings:
        if finding.index >= count:
            raise DataError(f"a finding is about face {finding.index}, but there are only {count}")
        weights[finding.index] = min(weights[finding.index], factors.get(finding.kind, 1.0))
    return weights


def _finding(row: Mapping[str, str], names: Sequence[str], where: str) -> Finding:
    return Finding(
        index=_integer(row, "index", where),
        split=_one_of(SPLITS, row, "split", where),
        label=_one_of(names, row, "label", where),
        kind=_one_of(KINDS, row, "kind", where),
        score=_share(row, "score", where),
        reason=row["reason"],
        suggestion=_one_of(names, row, "suggestion", where) if row["suggestion"] else None,
        other=_integer(row, "other", where) if row["other"] else None,
    )


def _one_of(known: Sequence[str], row: Mapping[str, str], column: str, where: str) -> str:
    if row[column] not in known:
        raise DataError(
            f"{where}, column '{column}': '{row[column]}' is none of {', '.join(known)}"
        )
    return row[column]


def _integer(row: Mapping[str, str], column: str, where: str) -> int:
    if not (row[column].isascii() and row[column].isdecimal() and len(row[column]) < 10):
        raise DataError(f"{where}, column '{column}': '{row[column]}' is not a whole number from 0")
    return int(row[column])


def _share(row: Mapping[str, str], column: str, where: str) -> float:
    try:
        value = float(row[column])
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise DataError(f"{where}, column '{column}': '{row[column]}' is not a number from 0 to 1")
    return value
