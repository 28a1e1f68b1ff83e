"""Events of BIDS, the Brain Imaging Data Structure: `_events.tsv`."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from mien.study.events.cells import Row, header_of, read_sheet, write_sheet
from mien.study.events.event import Event
from mien.study.events.log import Log
from mien.study.events.payload import TEXTS, Fields, in_one_line, pack, unpack

_KNOWN = {"onset", "duration", "trial_type", *TEXTS, "excluded", "mien", "stim_file"}


def is_bids(start: str) -> bool:
    """Returns whether a file that starts so is a table with tabs and onsets."""
    names = header_of(start)
    return "onset" in names and "\t" in start


def read_bids(path: Path) -> Log:
    """Reads onset, duration and trial_type, which is the condition; stim_file is the name.

    The columns name, condition, code, person, note and author are taken as they are. `n/a` is
    nothing; a duration of `n/a` is a moment.
    """
    sheet = read_sheet(path, ("onset",))
    unknown = [name for name in sheet.names if name not in _KNOWN]
    notes = (f"columns left out: {', '.join(unknown)}",) if unknown else ()
    return Log(tuple(map(_event, sheet.rows)), notes)


def write_bids(events: Iterable[Event]) -> str:
    """Returns a table with trial_type: the condition, or else the name or the code."""
    names = ("onset", "duration", "trial_type", *TEXTS, "excluded", "mien")
    return write_sheet(names, map(_cells, events), "\t")


def _view(event: Event) -> Event:
    texts: Fields = {name: _known(text) for name, text in in_one_line(event).items()}
    return replace(event, **texts)


def _known(text: str) -> str:
    return "" if text == "n/a" else text


def _cells(event: Event) -> list[object]:
    seen = _view(event)
    texts = [getattr(seen, name) or "n/a" for name in TEXTS]
    kind = seen.condition or seen.name or seen.code or "n/a"
    packed = pack(event, _view) or "n/a"
    return [event.onset, event.duration, kind, *texts, int(event.excluded), packed]


def _event(row: Row) -> Event:
    onset = row.number("onset")
    if onset is None:
        raise row.error("the onset is missing", "give onset in seconds", "onset")
    texts: Fields = {name: _known(row.text(name)) for name in TEXTS}
    if not row.cells.keys() & {"name", "condition", "code"}:
        texts["condition"] = _known(row.text("trial_type"))
        texts["name"] = _known(row.text("stim_file"))
    with row.located():
        held = Event(
            onset, row.number("duration") or 0, excluded=row.text("excluded") == "1", **texts
        )
        return unpack(held, _known(row.text("mien")), _view)
