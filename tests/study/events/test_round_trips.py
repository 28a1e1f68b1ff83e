"""Events through each format and back."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mien.study.events import FORMATS, Event, read_events, sort_events, write_events

WRITTEN = [name for name, it in FORMATS.items() if it.write]

# fmt: off
awkward = st.sampled_from([
    "=1+1", "'=1+1", "a,b;c\td", 'say "yes"', "two\nlines", "\r", "n/a", "None", "mien:{}", " a ",
    "mien:{", "a|b (c)", "<v Anna>-->", "&lt;", "NULL", "lane 2", "marker", "\u2028", "\x00",
])
# fmt: on
texts = awkward | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.sampled_from(["", "Anna", "Ben"]) | texts
times = st.floats(0, 1e6) | st.integers(0, 20).map(float)
events = st.builds(
    Event,
    onset=times,
    duration=st.just(0.0) | times,
    person=names,
    name=texts,
    condition=texts,
    code=names,
    note=texts,
    author=names,
    excluded=st.booleans(),
    recording=names,
)


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=60)
@given(rows=st.lists(events, max_size=6))
@example(rows=[Event(1.0, 2.0, code="a"), Event(2.0, 2.0, code="a"), Event(2.5, code="a")])
@example(rows=[Event(1.0, 2.0, code="a"), Event(1.0, 2.0, code="a")])
@example(rows=[Event(1.0, code="a"), Event(1.0, 1.0, code="a"), Event(2.0, 1.0, code="a")])
@example(rows=[Event(1.0, person="a | b", code="x"), Event(1.0, person="a", author="b", code="x")])
def test_events_come_back_equal(name: str, rows: list[Event]) -> None:
    if not rows and name in ("srt", "eprime"):
        return  # nothing distinguishes a file without events from one of another program
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"talk{FORMATS[name].suffixes[0]}"
        write_events(path, rows, name)

        found = read_events(path, name)

    # Those of one onset and duration may stand in any order.
    assert sorted(found, key=repr) == sorted(rows, key=repr)
    assert sort_events(found) == found


@pytest.mark.parametrize("name", WRITTEN)
def test_a_written_file_is_recognized(name: str, tmp_path: Path) -> None:
    rows = (Event(1.5, 2.0, "Anna", code="happy"), Event(4.0, name="stimulus"))
    path = tmp_path / f"talk{FORMATS[name].suffixes[0]}"
    write_events(path, rows, name)

    assert read_events(path) == rows


@pytest.mark.parametrize("name", ["boris", "elan", "webvtt", "srt", "datavyu"])
def test_what_another_program_changed_wins(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"talk{FORMATS[name].suffixes[0]}"
    event = Event(1.5, 2.25, name="tone", note="loud", condition="c, d")
    write_events(path, [event], name)
    edited = path.read_text("utf-8").replace("tone", "beep")
    path.write_text(edited, "utf-8")

    (found,) = read_events(path)

    assert "beep" in (found.name, found.code)
    assert (found.note, found.onset) == (event.note, event.onset)


@pytest.mark.parametrize("name", ["elan", "webvtt", "srt", "datavyu", "datavyu-opf", "eprime"])
def test_an_event_before_the_recording_is_refused_by_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "talk.x"

    with pytest.raises(Exception, match=r"event 'early' at -1 s: it starts before the recording"):
        write_events(path, [Event(-1.0, name="early")], name)
    assert not path.exists()


@pytest.mark.parametrize("name", WRITTEN)
def test_times_finer_than_milliseconds_survive(name: str, tmp_path: Path) -> None:
    event = Event(1.23456789, 1 / 3, code="smile")
    write_events(tmp_path / "talk.x", [event], name)
    assert read_events(tmp_path / "talk.x", name) == (event,)
