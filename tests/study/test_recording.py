"""What stands beside records: names and events."""

from pathlib import Path

import pytest

from mien.errors import StudyError
from mien.study.events import Event
from mien.study.recording import Recording, join_people, load_recordings
from tests.reporting.rows import alone, make
from tests.study.faces import mix
from tests.study.faces import records as make_records


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Ten seconds of one person, in 0.csv."""
    make(tmp_path, alone(["happy"] * 100))
    return tmp_path / "0.csv"


def test_names_and_events_are_loaded(records: Path) -> None:
    records.with_suffix(".people.csv").write_text("person,name\n1,Anna\n2,Anna\n")
    records.with_suffix(".events.csv").write_text("onset,duration,person\n2,3,Anna\n1,0,Ben\n")

    (recording,) = load_recordings([records])

    (track,) = recording.tracks
    assert track.name == "Anna"
    assert track.events == (Event(2.0, 3.0, "Anna"),)
    assert [event.onset for event in recording.events] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("person,name\n1,Anna\n1,Ben\n", "line 3: person 1 is named 'Ben', and 'Anna' before"),
        ("id,name\n1,Anna\n", "does not name people: it has no column 'person'"),
        ("person,name\nAnna,1\n", "line 2, column person: 'Anna' is no person id"),
        ("person,name\n1,\n", "line 2, column name: person 1 has no name"),
        ("", "is empty"),
    ],
)
def test_bad_names_are_one_clear_error(records: Path, content: str, message: str) -> None:
    records.with_suffix(".people.csv").write_text(content)

    with pytest.raises(StudyError, match=message):
        load_recordings([records])


def test_bad_events_name_the_file_and_line(records: Path) -> None:
    records.with_suffix(".events.csv").write_text("onset,duration\n1,-1\n")

    with pytest.raises(StudyError, match=r"0\.events\.csv, line 2: its duration is negative"):
        load_recordings([records])


def test_a_person_who_was_lost_and_found_is_one_track() -> None:
    table = make_records([mix(happy=0.9)] * 10)
    table.person[5:] = 2
    lost = Recording("talk.mp4", table, people={1: "Anna", 2: "Anna"})

    (track,) = join_people(lost).tracks

    assert (track.name, len(track.rows)) == ("Anna", 10)
    assert len(lost.tracks) == 2


def test_two_faces_of_one_name_in_a_frame_stay_apart() -> None:
    table = make_records([mix(happy=0.9)] * 10)
    table.person[5:] = 2
    table.frame[5:] = table.frame[:5]
    both = Recording("talk.mp4", table, people={1: "Anna", 2: "Anna"})

    assert len(join_people(both).tracks) == 2


@pytest.mark.parametrize("name", ["talk.events.csv", "talk.people.csv", "talk.codebook.csv"])
def test_a_file_that_stands_beside_records_is_told_from_them(tmp_path: Path, name: str) -> None:
    """A shell's *.csv gives these, too."""
    (tmp_path / name).write_text("onset\n1\n")

    with pytest.raises(StudyError, match="stands beside records and is read with them"):
        load_recordings([tmp_path / name])
