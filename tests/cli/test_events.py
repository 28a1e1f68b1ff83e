"""`mien events` and `mien people`, as a user meets them."""

from pathlib import Path

import pytest

from mien.cli import main
from mien.study.events import FORMATS, Event, read_events, write_events
from tests.reporting.rows import alone, make


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as done:
        main([str(argument) for argument in arguments])
    return int(done.value.code or 0)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Ten seconds of one person, in 0.csv."""
    make(tmp_path, alone(["happy"] * 100))
    return tmp_path / "0.csv"


def test_a_log_imported_twice_is_there_once(
    records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = records.with_name("codes.eaf")
    write_events(log, [Event(1.0, 2.0, code="smile"), Event(20.0, code="late", person="Cleo")])

    assert run("events", "import", log, "--records", records) == 0
    told = capsys.readouterr()
    assert told.out.endswith("0.events.csv: 2 events added\n")
    assert "warning: 'late' at 20 s lies outside the recording" in told.err
    assert "is about Cleo, who is not in the recording" in told.err

    assert run("events", "import", log, "--records", records) == 0
    assert capsys.readouterr().out.endswith("0 events added, 2 known\n")
    assert len(read_events(records.with_suffix(".events.csv"))) == 2


def test_another_time_base_is_refused_with_the_cause(
    records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = records.with_name("log.csv")
    log.write_text("onset,name\n1500,a\n4000,b\n")

    assert run("events", "import", log, "--records", records) == 1
    assert "all 2 events lie after the recording's end at 10.0 s; times may be milliseconds: " in (
        capsys.readouterr().err
    )
    assert not records.with_suffix(".events.csv").exists()

    assert run("events", "import", log, "--records", records, "--unit", "ms") == 0
    assert [it.onset for it in read_events(records.with_suffix(".events.csv"))] == [1.5, 4.0]


def test_offset_label_person_and_author(records: Path) -> None:
    log = records.with_name("log.vtt")
    write_events(log, [Event(101.0, 2.0, name="calm")])
    options = ("--offset", "-100", "--label", "condition", "--person", "Anna", "--author", "lab")

    assert run("events", "import", log, "--records", records, *options) == 0

    (event,) = read_events(records.with_suffix(".events.csv"))
    assert event == Event(1.0, 2.0, "Anna", condition="calm", author="lab")


def test_start_clock_needs_a_clock(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = records.with_name("log.csv")
    log.write_text("onset\n1\n")
    when = ("--start-clock", "2026-01-02T09:00:00Z")

    assert run("events", "import", log, "--records", records, *when) == 1
    assert "no column clock with times; give --offset SECONDS" in capsys.readouterr().err


@pytest.mark.parametrize("name", [name for name, it in FORMATS.items() if it.write])
def test_exported_and_imported_again(records: Path, name: str) -> None:
    beside = records.with_suffix(".events.csv")
    rows = (Event(1.0, 2.0, "Anna", "tone", "calm", "smile", "a note", "jo", True), Event(3.0))
    write_events(beside, rows)
    out = records.with_name(f"out{FORMATS[name].suffixes[0]}")

    assert run("events", "export", records, "--out", out, "--format", name) == 0
    beside.unlink()
    assert run("events", "import", out, "--records", records, "--format", name) == 0

    assert read_events(beside) == rows


def test_add_and_list(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    interval = ("--onset", "00:00:01.5", "--duration", "2", "--condition", "[calm]", "--exclude")
    assert run("events", "add", records, *interval) == 0
    assert run("events", "add", records, "--onset", "50", "--name", "late") == 0
    capsys.readouterr()

    assert run("events", "list", records) == 0

    told = capsys.readouterr()
    assert "1.500     2.000" in told.out
    assert "[calm]" in told.out
    assert "talk.mp4: 2 events; 0 to 10 s; people: talk.mp4 person 1" in told.out
    assert "'late' at 50 s lies outside" in told.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--onset", "soon"), "--onset soon; use seconds such as 1.5"),
        (("--onset", "1", "--duration", "-2"), "its duration is negative (-2 s)"),
        (("--onset", "1", "--exclude"), "a moment excludes nothing; give --duration"),
        (("--onset", "1", "--recording", "x"), "have no recording 'x'; choose with --recording"),
    ],
)
def test_bad_input_is_one_line(
    records: Path, options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("events", "add", records, *options) == 1
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


def test_people_are_named_and_listed(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("people", records, "1=Anna") == 0
    assert capsys.readouterr().out == "   1  Anna  (10.0 s in view)\n"
    assert records.with_suffix(".people.csv").read_text("utf-8") == "person,name\n1,Anna\n"

    assert run("people", records, "2=Ben") == 1
    assert "person 2 is not in the records; they have 1" in capsys.readouterr().err
    assert run("people", records, "Anna") == 1
    assert "'Anna'; write it as 1=Anna" in capsys.readouterr().err
