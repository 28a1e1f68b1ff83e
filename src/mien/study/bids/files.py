"""The files of a BIDS dataset: tables with tabs and n/a, their sidecars, what describes it all."""

import gzip
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from mien.study.bids.series import MISSING

BIDS_VERSION = "1.10.0"
"""The version of the standard that the dataset keeps."""

Row = dict[str, str | float | None]

_EVENT_COLUMNS = {
    "onset": "Start of the event, in seconds from the start of the source.",
    "duration": "How long it lasts, in seconds; 0 is a moment.",
    "trial_type": "The condition of the event, or else its name or code.",
    "person": "The participant whom the event is about; n/a is everybody.",
    "name": "What happened.",
    "condition": "The experimental condition that holds during the interval.",
    "code": "A label that a human coder gave.",
    "note": "Free text.",
    "author": "Who or what made the event.",
    "recording": "The source that a table of several names; n/a is this one.",
    "mien": "What Mien needs to read back what the other columns cannot hold; n/a otherwise.",
}
_EXCLUDED = {
    "Description": "Whether summaries leave out the frames within.",
    "Levels": {"1": "left out", "0": "used"},
}
_PARTICIPANT_COLUMNS = {
    "participant_id": {"Description": "The label of the participant's folder."},
    "name": {"Description": "The participant's name or code in the study."},
    "seconds": {"Description": "How long a face is in view, over all recordings.", "Units": "s"},
}
_README = """{name}

Facial expressions visible in videos, as labeled by Mien {version}. This dataset is a BIDS
derivative: its figures were computed from videos, which {videos}.

Each participant has, for each recording, under sub-<label>/beh/:

*_recording-face_physio.tsv.gz
    One row at each tick of a regular clock, without a header: the box of the face, its label, the
    probability of each expression, and measures of quality. The JSON sidecar names and explains
    each column. n/a: the participant has no face there, or the source had no frame.
*_events.tsv
    Moments and intervals: conditions, stimuli, the codes of human coders.

participants.tsv says which participant of the study each label stands for.

Mien labels visible expressions, not feelings. The probabilities are calibrated on photos; how
often they are right elsewhere is told in Mien's documentation of validation.
"""


def make_label(name: str) -> str:
    """Returns a name as a BIDS label: its ASCII letters and digits; empty if it has none.

    Example:
        >>> make_label("Zoë, the 2nd")
        'Zoethe2nd'
    """
    return re.sub(r"[^0-9A-Za-z]", "", unicodedata.normalize("NFKD", name))


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Writes a sidecar."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def write_table(path: Path, text: str) -> None:
    """Writes a table; compressed if the path ends in .gz, the same bytes each time."""
    content = text.encode("utf-8")
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def to_tsv(rows: Iterable[Row], columns: Iterable[str]) -> str:
    """Returns rows with a header; what is missing is n/a, and no text has a tab or a line's end."""
    names = list(columns)
    lines = ["\t".join(names)]
    lines += ["\t".join(_text(row.get(name)) for name in names) for row in rows]
    return "".join(f"{line}\n" for line in lines)


def describe_events() -> dict[str, object]:
    """Returns what the sidecar of `_events.tsv` says of its columns."""
    columns = {name: {"Description": text} for name, text in _EVENT_COLUMNS.items()}
    for name in ("onset", "duration"):  # without a unit they would be taken for text
        columns[name]["Units"] = "s"
    return {**columns, "excluded": _EXCLUDED}


def write_dataset_files(folder: Path, name: str, participants: list[Row], videos: bool) -> None:
    """Writes what describes the dataset as a whole.

    Args:
        folder: of the dataset.
        name: of it.
        participants: a row each, with the columns of `participants.tsv`.
        videos: whether the videos will be in it.
    """
    mien = version("mien")
    about = {
        "Name": name,
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [
            {
                "Name": "Mien",
                "Version": mien,
                "Description": "Detects faces in videos and labels their visible expressions.",
            }
        ],
    }
    write_json(folder / "dataset_description.json", about)
    where = "are part of it" if videos else "are not part of it"
    (folder / "README").write_text(_README.format(name=name, version=mien, videos=where), "utf-8")
    columns = dict.fromkeys(column for row in participants for column in row)
    write_table(folder / "participants.tsv", to_tsv(participants, columns))
    own = {column: {"Description": "As the study gave it."} for column in columns}
    write_json(folder / "participants.json", {**own, **_PARTICIPANT_COLUMNS})
    if videos:
        ignored = "# BIDS extension proposal 047\n*_video.*\n"
        (folder / ".bidsignore").write_text(ignored, "utf-8")


def _text(value: str | float | None) -> str:
    if value is None or value == "":
        return MISSING
    return re.sub(r"\s+", " ", value) if isinstance(value, str) else f"{value:.10g}"
