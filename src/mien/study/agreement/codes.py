"""Codes: the labels that human coders gave, in the words of the model."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from mien.emotions import UNSURE
from mien.errors import StudyError
from mien.study.events import Event, Log, read_log, sort_events

MIEN = "Mien"
"""The model's name among the raters."""

UNNAMED = "coder"
"""Who gave the codes beside a file of records that name no author."""

_OTHER_NAMES = {
    "anger": "angry",
    "mad": "angry",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "scared": "fear",
    "happiness": "happy",
    "joy": "happy",
    "joyful": "happy",
    "smile": "happy",
    "smiling": "happy",
    "sadness": "sad",
    "surprised": "surprise",
    "calm": "neutral",
    "none": "neutral",
}


def read_codes(paths: Iterable[str | os.PathLike[str]]) -> Log:
    """Reads files of codes; an event without an author gets the file's name for its coder.

    Files of one name in several folders are told apart by the folder: `anna/codes`.

    Args:
        paths: of files in any format that `read_events` reads.

    Returns:
        The events with a code, in order of onset, and notes on what was left out of the files.

    Raises:
        StudyError: a file cannot be read, or has no code.
    """
    files = [Path(path) for path in paths]
    stems = Counter(_stem(path) for path in files)
    codes, notes = list[Event](), list[str]()
    for path in files:
        stem = _stem(path)
        name = stem if stems[stem] == 1 else f"{path.resolve().parent.name}/{stem}"
        log = read_log(path)
        notes += [f"{path}: {note}" for note in log.notes]
        found = [event for event in log.events if event.code]
        if not found:
            raise StudyError(
                "there is no code in it",
                subject=path,
                remedy="give each interval its label in the column code",
            )
        codes += [replace(event, author=event.author.strip() or name) for event in found]
    return Log(sort_events(codes), tuple(notes))


def _stem(path: Path) -> str:
    return path.name.split(".", 1)[0] or path.name


def find_labels(
    codes: Iterable[Event], labels: Sequence[str], mapping: Mapping[str, str]
) -> dict[str, str]:
    """Returns the model's label for each code that occurs, whatever the case of its letters.

    Args:
        codes: events with a code.
        labels: of the model.
        mapping: labels by the coders' own words; "" leaves a code out, as the code "unsure" is.

    Returns:
        By code; "" for one that is left out.

    Raises:
        StudyError: a code, or what it is mapped to, is none of the labels.
    """
    known = {label.casefold(): label for label in labels} | {UNSURE: ""}
    known |= {word.strip().casefold(): label for word, label in mapping.items()}
    for target in mapping.values():
        if target and target not in labels:
            raise StudyError(
                f"'{target}' is no label of the model{_perhaps(target, labels)}",
                remedy=f"map codes to {', '.join(labels)}, or to nothing to leave them out",
            )
    counts = Counter(event.code for event in codes)
    found = {code: known.get(code.strip().casefold()) for code in counts}
    if unknown := Counter({code: counts[code] for code, label in found.items() if label is None}):
        raise _unknown_codes(unknown, labels)
    return {code: label for code, label in found.items() if label is not None}


def is_own(event: Event) -> bool:
    """Returns whether the event is one that Mien made itself, such as a segment."""
    return event.author.casefold().split(" ")[0] == MIEN.casefold()


def _unknown_codes(unknown: Counter[str], labels: Sequence[str]) -> StudyError:
    listed = ", ".join(
        f"'{code}' ({count_of(count, 'code')}{_perhaps(code, labels)})"
        for code, count in unknown.most_common(10)
    )
    first = unknown.most_common(1)[0][0]
    return StudyError(
        f"codes that are no label of the model: {listed}",
        remedy=(
            f"name the label with --map {_quote(first)}={_nearest(first, labels) or 'LABEL'}, or "
            f"leave the code out with --map {_quote(first)}=; "
            f"the labels are {', '.join(labels)}"
        ),
    )


def count_of(number: int, thing: str) -> str:
    """Returns "1 code" or "2 codes"."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _perhaps(word: str, labels: Sequence[str]) -> str:
    nearest = _nearest(word, labels)
    return f"; perhaps {nearest}" if nearest else ""


def _nearest(word: str, labels: Sequence[str]) -> str:
    """Returns the label that a word most likely stands for, or nothing."""
    plain = word.strip().casefold()
    if _OTHER_NAMES.get(plain) in labels:
        return _OTHER_NAMES[plain]
    folded = {label.casefold(): label for label in labels}
    close = get_close_matches(plain, folded, n=1)
    return folded[close[0]] if close else ""


def _quote(word: str) -> str:
    return f"'{word}'" if " " in word else word
