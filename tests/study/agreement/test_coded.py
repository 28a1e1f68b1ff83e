"""Codes find their person and their recording, or the reader is told why not."""

from dataclasses import replace
from pathlib import Path

import pytest

from mien.errors import StudyError
from mien.study.agreement.coded import assign_codes
from mien.study.events import Event
from mien.study.recording import split_records
from tests.reporting import rows
from tests.study.agreement.studies import code, film


def test_a_recordings_own_codes_count_beside_those_of_files(tmp_path: Path) -> None:
    recording = film(tmp_path, [(1, "happy")], events=[Event(0, 1, code="Happy")])
    coding = assign_codes([recording], code("anna", [(1, "sad")]), {})
    (coded,) = coding.tracks
    assert coding.coders == ("anna", "coder")
    assert coded.codes["coder"][0].code == "happy"
    assert coding.notes == ()


def test_a_code_of_one_person_is_no_code_of_another(tmp_path: Path) -> None:
    both = [(at / 10, [(1, "happy", 0.7), (2, "sad", 0.7)]) for at in range(10)]
    recording = split_records(rows.make(tmp_path, both), people={1: "P1", 2: "P2"})[0]
    coding = assign_codes([recording], code("anna", [(1, "happy")], person="P2"), {})
    assert coding.people == ("P2",)
    shared = assign_codes([recording], code("anna", [(1, "happy")]), {})
    assert shared.people == ("P1", "P2")
    assert "codes without a person count for everybody in talk.mp4 (2 people)" in shared.notes


def test_codes_of_nobody_in_the_records_are_refused(tmp_path: Path) -> None:
    codes = code("anna", [(1, "happy")], person="Zoe")
    with pytest.raises(StudyError) as caught:
        assign_codes([film(tmp_path, [(1, "happy")])], codes, {})
    assert "the codes of anna are about Zoe, who is not in the records" in str(caught.value)
    assert "use the names talk.mp4 person 1" in str(caught.value)


def test_some_codes_of_nobody_are_a_note(tmp_path: Path) -> None:
    codes = [*code("anna", [(1, "happy")]), *code("anna", [(1, "sad")], person="Zoe")]
    (note,) = assign_codes([film(tmp_path, [(1, "happy")])], codes, {}).notes
    assert note.startswith("left out: 1 code of anna, about Zoe")


@pytest.mark.parametrize(
    ("start", "seconds", "reason"),
    [
        (1000, 8000, "they seem to be in milliseconds"),
        (1.7e9, 8, "they seem to count from another start"),
        (600, 300, "they seem to be of another recording"),
    ],
)
def test_codes_in_another_time_are_refused_with_the_likely_reason(
    start: float, seconds: float, reason: str, tmp_path: Path
) -> None:
    codes = code("anna", [(seconds, "happy")], start)
    with pytest.raises(StudyError, match=f"talk.mp4: the codes of anna lie at .*{reason}"):
        assign_codes([film(tmp_path, [(10, "happy")])], codes, {})


def test_some_codes_outside_are_a_note(tmp_path: Path) -> None:
    codes = code("anna", [(1, "happy"), (2, "sad"), (1, "happy")])
    (note,) = assign_codes([film(tmp_path, [(2, "happy")])], codes, {}).notes
    assert "left out: 1 code of anna, outside the recording" in note
    assert "the first is at 3 s, and talk.mp4 has 0 to 2 s" in note


def test_contradictions_are_counted(tmp_path: Path) -> None:
    codes = [*code("anna", [(1, "happy")]), *code("anna", [(1, "sad")], 0.4)]
    (note,) = assign_codes([film(tmp_path, [(2, "happy")])], codes, {}).notes
    assert "1 overlap of codes of anna with different labels, 0.6 s in all" in note
    assert "first in talk.mp4 at 0.4 s" in note


def test_codes_that_mien_made_are_left_out(tmp_path: Path) -> None:
    codes = [*code("anna", [(1, "happy")]), *code("Mien", [(1, "happy")])]
    coding = assign_codes([film(tmp_path, [(1, "happy")])], codes, {})
    assert coding.coders == ("anna",)
    assert coding.notes == ("left out: 1 code that Mien made itself",)


def test_several_recordings_need_their_names(tmp_path: Path) -> None:
    recordings = [film(tmp_path, [(1, "happy")], name) for name in ("a.mp4", "b.mp4")]
    with pytest.raises(StudyError, match=r"names no recording, and there are 2; add the column"):
        assign_codes(recordings, code("anna", [(1, "happy")]), {})
    with pytest.raises(StudyError, match=r"recording 'c\.mp4', .*choose from a\.mp4, b\.mp4"):
        assign_codes(recordings, code("anna", [(1, "happy")], recording="c.mp4"), {})
    again = [recordings[0], recordings[0]]
    with pytest.raises(StudyError, match=r"a\.mp4: 2 recordings have the name"):
        assign_codes(again, code("anna", [(1, "happy")], recording="a.mp4"), {})


def test_recordings_of_two_models_are_refused(tmp_path: Path) -> None:
    one, other = (film(tmp_path, [(1, "happy")], name) for name in ("a.mp4", "b.mp4"))
    labels = (*other.records.labels[:-1], "contempt")
    other = replace(other, records=replace(other.records, labels=labels))
    with pytest.raises(StudyError, match=r"b\.mp4: has the labels .*, and a\.mp4 has"):
        assign_codes([one, other], code("anna", [(1, "happy")], recording="a.mp4"), {})


def test_records_without_rows_or_codes_are_refused(tmp_path: Path) -> None:
    recording = film(tmp_path, [(1, "happy")])
    empty = replace(recording, records=recording.records.take([]))
    with pytest.raises(StudyError, match="no row in the records"):
        assign_codes([empty], code("anna", [(1, "happy")]), {})
    with pytest.raises(StudyError, match="nobody in the records is coded"):
        assign_codes([recording], [], {})


def test_a_photo_of_several_faces_is_left_out(tmp_path: Path) -> None:
    """Nothing says which of them the coder meant."""
    crowd = split_records(rows.make(tmp_path, [(0, [(None, "happy", 0.7)] * 2)], "crowd.jpg"))
    alone = split_records(rows.make(tmp_path, [(0, [(None, "happy", 0.7)])], "alone.jpg"))
    codes = [
        Event(0, code="sad", author="anna", recording=name) for name in ("crowd.jpg", "alone.jpg")
    ]
    coding = assign_codes([*crowd, *alone], codes, {})
    assert coding.people == ("alone.jpg",)
    assert any("left out: crowd.jpg, with several faces" in note for note in coding.notes)
