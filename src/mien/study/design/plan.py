"""The plan of a study: which stretches are to be coded, drawn by known chances from a seed."""

import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import MienError, StudyError
from mien.study.design.candidates import Candidates, find_candidates
from mien.study.design.folder import STUDY, Stretch, StudyFolder
from mien.study.design.sampling import UNIFORM, draw_stretches, inclusion_probabilities
from mien.study.recording import EVENTS_SUFFIX, PEOPLE_SUFFIX, Recording, load_recordings

MINUTES, STRETCHES, SECONDS = 20.0, 100, 2.0
"""The defaults: 100 stretches of 2 seconds take a coder about 20 minutes."""

ANSWER_SECONDS = 8.0
"""What coding a stretch takes beside watching it twice: an assumption, to keep a budget."""

ABSENT = "absent"
"""Stands for the digest of a file that is not there."""

_SHORTEST, _LONGEST = 0.2, 60.0  # seconds of a stretch


def plan_study(
    records: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    minutes: float = MINUTES,
    stretches: int = STRETCHES,
    seconds: float = SECONDS,
    random: float = UNIFORM,
    seed: int = 0,
) -> StudyFolder:
    """Plans a study, and makes its folder.

    Args:
        records: files of records, or folders of batch jobs. Names and events beside them count.
        out: the folder of the study; it must be new or empty.
        minutes: the most that a coder shall code.
        stretches: the most to be coded.
        seconds: the length of a stretch, 0.2 to 60.
        random: the part of the chances that is equal for all stretches, over 0 to 1. The rest
            favours those that tell most.
        seed: of the draw, and of the order in which each coder sees the stretches.

    Returns:
        The study. It has fewer stretches where the minutes or the records allow no more.

    Raises:
        MediaError: a file of records cannot be read.
        StudyError: an option is out of its range, the records have no usable stretch, two files
            are of one source, or the folder has files already.
    """
    options = {
        "minutes": minutes,
        "stretches": stretches,
        "seconds": seconds,
        "random": random,
        "seed": seed,
    }
    check_options(options)
    folder = Path(out)
    paths = [Path(path) for path in records]
    loaded = [(path, recording) for path in paths for recording in load_recordings([path])]
    recordings = [recording for _, recording in loaded]
    refuse_doubles(recordings)
    candidates = find_candidates(recordings, seconds)
    chosen = draw(candidates, options)
    described = [_describe(path, recording, folder) for path, recording in loaded]
    return StudyFolder.create(folder, chosen, options, candidates.labels, described)


def draw(candidates: Candidates, options: Mapping[str, Any]) -> tuple[Stretch, ...]:
    """Draws the stretches to code; the same options always give the same ones.

    Args:
        candidates: all stretches.
        options: as of `plan_study`.
    """
    each = 2 * options["seconds"] + ANSWER_SECONDS
    affordable = math.floor(options["minutes"] * 60 / each + 1e-9)
    budget = min(options["stretches"], affordable, len(candidates.windows))
    chances = inclusion_probabilities(candidates.scores, budget, options["random"])
    strata = [(window.condition, window.person) for window in candidates.windows]
    places = draw_stretches(chances, strata, np.random.default_rng(options["seed"]))
    return tuple(
        Stretch(id=number, chance=float(chances[place]), **asdict(candidates.windows[place]))
        for number, place in enumerate(places, start=1)
    )


def load_planned(study: StudyFolder) -> list[Recording]:
    """Loads the recordings that a study was planned of, as their files are now.

    Raises:
        MienError: a file is missing or cannot be read.
    """
    check_options(study.options)
    recordings = load_recordings(dict.fromkeys(path for path, _ in _files(study)))
    refuse_doubles(recordings)
    return recordings


def find_changes(study: StudyFolder) -> list[tuple[str, str, str]]:
    """Compares the files of a study's records with those of its plan.

    Returns:
        Of each file that changed, its path, and its SHA-256 before and now; "absent" where there
        is no such file.
    """
    changes = {}
    for path, before in _files(study):
        after = digest_records(path)
        for name in sorted(before | after):
            pair = before.get(name, ABSENT), after.get(name, ABSENT)
            if pair[0] != pair[1]:
                changes[path.parent / name] = pair
    return [(f"{file}", *pair) for file, pair in changes.items()]


def digest_records(path: Path) -> dict[str, str]:
    """Returns the SHA-256 of records and of what stands beside them, by path from their folder."""
    if path.is_dir():
        files = sorted((path / "records").glob("*.parquet"))
    else:
        files = [path, *(path.with_suffix(suffix) for suffix in (EVENTS_SUFFIX, PEOPLE_SUFFIX))]
    return {file.relative_to(path.parent).as_posix(): digest(file) for file in files}


def digest(path: Path) -> str:
    """Returns the SHA-256 of a file; "absent" where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ABSENT
    except OSError as error:
        raise MienError(
            f"cannot be read ({error.strerror})", subject=path, remedy="allow reading it"
        ) from None


def refuse_doubles(recordings: Sequence[Recording]) -> None:
    """Refuses two recordings of one source: their stretches could not be told apart."""
    seen = set()
    for recording in recordings:
        source = str(recording.records.source[0])
        if source in seen:
            raise StudyError(
                "is the source of two files of records", subject=source, remedy="give one of them"
            )
        seen.add(source)


def _files(study: StudyFolder) -> list[tuple[Path, dict[str, str]]]:
    """Returns the path of each recording's records, and the digests when it was planned."""
    try:
        return [
            ((study.path / recording["records"]).resolve(), dict(recording["sha256"]))
            for recording in study.recordings
        ]
    except (KeyError, TypeError, ValueError):
        raise StudyError(
            "its recordings lack their records, or the digests of these",
            subject=study.path / STUDY,
            remedy="restore it from a copy",
        ) from None


def _describe(path: Path, recording: Recording, folder: Path) -> dict[str, Any]:
    path = path.resolve()
    return {
        "name": recording.name,
        # From the folder, so that a study and its records can move together.
        "records": Path(os.path.relpath(path, folder.resolve())).as_posix(),
        "sha256": digest_records(path),
        "source": str(recording.records.source[0]),
    }


def check_options(options: Mapping[str, Any]) -> None:
    """Refuses options that are out of their range, or missing."""
    ranges = {
        "minutes": (1.0, 10_000.0),
        "stretches": (1, 1_000_000),
        "seconds": (_SHORTEST, _LONGEST),
        "random": (0.01, 1.0),
        "seed": (0, 2**63 - 1),
    }
    for name, (least, most) in ranges.items():
        value = options.get(name)
        # A NaN is in no range.
        if not (isinstance(value, int | float) and least <= value <= most):
            raise StudyError(f"--{name} {value}", remedy=f"use a number from {least:g} to {most:g}")
