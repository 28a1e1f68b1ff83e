"""Projects and tables of BORIS, in the structure that BORIS 8 writes."""

import json
from collections import Counter
from pathlib import Path

import pytest

from mien.errors import StudyError
from mien.study.events import Event, read_log, write_events

ETHOGRAM = {
    "0": {"type": "State event", "key": "s", "code": "smile", "modifiers": ""},
    "1": {"type": "Point event", "key": "n", "code": "nod", "modifiers": ""},
}


def project(tmp_path: Path, rows: list[list[object]], **observation: object) -> Path:
    content = {
        "time_format": "hh:mm:ss",
        "project_format_version": "7.0",
        "subjects_conf": {"0": {"key": "a", "name": "Anna", "description": ""}},
        "behaviors_conf": ETHOGRAM,
        "observations": {
            "obs 1": {"file": {"1": ["C:\\videos\\talk.mp4"]}, "events": rows} | observation
        },
    }
    path = tmp_path / "study.boris"
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_states_are_paired_and_points_are_moments(tmp_path: Path) -> None:
    rows = [
        [3.2, "Anna", "smile", "big", "", 96],
        [4.0, "Ben", "smile", "None", "while Anna smiles", 120],
        [5.0, "", "nod", "", "clear", 150],
        [6.1, "Anna", "smile", "big", "", 183],
        [7.0, "Ben", "smile", "None", "", 210],
    ]

    log = read_log(project(tmp_path, rows))

    assert log.notes == ()
    assert log.events == (
        Event(3.2, 2.9, "Anna", "big", code="smile", recording="talk.mp4"),
        Event(4.0, 3.0, "Ben", code="smile", note="while Anna smiles", recording="talk.mp4"),
        Event(5.0, code="nod", note="clear", recording="talk.mp4"),
    )


def test_a_state_without_a_stop_is_left_out_with_a_note(tmp_path: Path) -> None:
    log = read_log(project(tmp_path, [[3.2, "Anna", "smile", "", "", "NA"]]))

    assert log.events == ()
    assert log.notes == ("'smile' starts at 3.2 s, but never stops; left out",)


def test_a_time_offset_is_told(tmp_path: Path) -> None:
    log = read_log(project(tmp_path, [], **{"time offset": 2.5}))

    assert log.notes == ("observation obs 1 has a time offset of 2.5 s, which is not applied",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"is no project of BORIS \(JSONDecodeError"),
        ("[]", r"is no project of BORIS"),
        ('{"behaviors_conf": {}}', r"is no project of BORIS \(KeyError: 'observations'"),
        ("[" * 100_000, r"is no project of BORIS \(RecursionError"),
    ],
)
def test_other_json_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "study.boris"
    path.write_text(content)

    with pytest.raises(StudyError, match=message):
        read_log(path)


def test_a_written_project_has_the_structure_of_borises_own(tmp_path: Path) -> None:
    """Keys as BORIS 8 has them; each state starts and stops, per subject, code and modifiers."""
    rows = [
        Event(1.0, 2.0, "Anna", code="smile", author="a", recording="talk.mp4"),
        Event(1.5, 2.0, "Anna", code="smile", author="b", recording="talk.mp4"),
        Event(2.0, 0.0, "Anna", code="smile", recording="talk.mp4"),
        Event(2.0, 0.0, name="tone", recording="talk.mp4"),
    ]
    write_events(tmp_path / "out.boris", rows)

    content = json.loads((tmp_path / "out.boris").read_text("utf-8"))

    assert content["project_format_version"] == "7.0"
    behaviors = {it["code"]: it["type"] for it in content["behaviors_conf"].values()}
    assert behaviors == {"smile": "State event", "tone": "Point event"}
    assert [it["name"] for it in content["subjects_conf"].values()] == ["Anna"]
    (observation,) = content["observations"].values()
    assert observation["file"]["1"] == ["talk.mp4"]
    times = [entry[0] for entry in observation["events"]]
    assert times == sorted(times)
    assert all(len(entry) == 6 for entry in observation["events"])
    keys = Counter(tuple(entry[1:4]) for entry in observation["events"] if entry[2] == "smile")
    assert all(count % 2 == 0 for count in keys.values())
    assert len(keys) == 3


TABULAR = (
    "Observation id,Observation date,Description,Observation duration,Observation type,Source,"
    "Time offset (s),Media duration (s),FPS,Subject,Behavior,Behavioral category,Modifier #1,"
    "Behavior type,Time,Media file name,Image index,Image file path,Comment\n"
    "obs,2026-01-02,,72.0,Media file,player #1:talk.mp4,0.0,72.0,25.0,Anna,smile,,big,START,3.2,"
    "talk.mp4,80,,\n"
    "obs,2026-01-02,,72.0,Media file,player #1:talk.mp4,0.0,72.0,25.0,No focal subject,nod,,,POINT,"
    "5.0,talk.mp4,125,,clear\n"
    "obs,2026-01-02,,72.0,Media file,player #1:talk.mp4,0.0,72.0,25.0,Anna,smile,,big,STOP,6.1,"
    "talk.mp4,152,,\n"
)
AGGREGATED = (
    "Observation id\tSubject\tBehavior\tBehavioral category\tModifier #1\tBehavior type\tStart (s)"
    "\tStop (s)\tDuration (s)\tMedia file name\tComment start\tComment stop\n"
    "obs\tAnna\tsmile\t\tbig\tSTATE\t3.2\t6.1\t2.9\ttalk.mp4\t\t\n"
    "obs\tNo focal subject\tnod\t\t\tPOINT\t5.0\t5.0\t0\ttalk.mp4\tclear\t\n"
)
OLD = (
    "Observation id\tobs\n\nMedia file(s)\n\tPlayer #1\t/home/jo/talk.mp4\n\n"
    "Time\tMedia file path\tTotal length\tFPS\tSubject\tBehavior\tBehavioral category\tModifier 1"
    "\tComment\tStatus\n"
    "3.2\t/home/jo/talk.mp4\t72.0\t25\tAnna\tsmile\t\tbig\t\tSTART\n"
    "5.0\t/home/jo/talk.mp4\t72.0\t25\tNo focal subject\tnod\t\tNone\tclear\tPOINT\n"
    "6.1\t/home/jo/talk.mp4\t72.0\t25\tAnna\tsmile\t\tbig\t\tSTOP\n"
)


@pytest.mark.parametrize(
    ("content", "suffix"), [(TABULAR, ".csv"), (AGGREGATED, ".tsv"), (OLD, ".tsv")]
)
def test_tables_tell_the_same(tmp_path: Path, content: str, suffix: str) -> None:
    path = tmp_path / f"events{suffix}"
    path.write_text(content)

    assert read_log(path).events == (
        Event(3.2, 2.9, "Anna", "big", code="smile", recording="talk.mp4"),
        Event(5.0, code="nod", note="clear", recording="talk.mp4"),
    )


def test_a_bad_time_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "events.tsv"
    path.write_text(AGGREGATED.replace("6.1", "late"))

    with pytest.raises(StudyError, match=r"events.tsv, line 2, column Stop \(s\): 'late'"):
        read_log(path)


def test_a_stop_before_the_start_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.tsv"
    path.write_text(AGGREGATED.replace("6.1", "1.1"))

    with pytest.raises(StudyError, match=r"line 2: 'smile' at 3.2 s: its duration is negative"):
        read_log(path)
