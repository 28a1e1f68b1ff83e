"""Codes of human coders, in their own words and files."""

from pathlib import Path

import pytest

from mien.emotions import EMOTIONS
from mien.errors import StudyError
from mien.study.agreement.codes import find_labels, is_own, read_codes
from mien.study.events import Event, Log, write_events


def save(path: Path, *events: Event) -> Path:
    path.parent.mkdir(exist_ok=True)
    write_events(path, events)
    return path


def test_a_file_names_its_coder_where_no_author_does(tmp_path: Path) -> None:
    anna = save(tmp_path / "anna.events.csv", Event(0, 1, code="happy"))
    mixed = save(tmp_path / "mixed.csv", Event(2, 1, code="sad", author="ben"))
    codes = read_codes([anna, mixed]).events
    assert [event.author for event in codes] == ["anna", "ben"]


def test_files_of_one_name_are_two_coders(tmp_path: Path) -> None:
    paths = [
        save(tmp_path / coder / "codes.csv", Event(0, 1, code="happy")) for coder in ("anna", "ben")
    ]
    assert {event.author for event in read_codes(paths).events} == {"anna/codes", "ben/codes"}


def test_codes_of_elan_are_read(tmp_path: Path) -> None:
    path = save(tmp_path / "talk.eaf", Event(0.5, 1, code="happy", author="anna", person="P1"))
    (code,) = read_codes([path]).events
    assert (code.onset, code.code, code.author, code.person) == (0.5, "happy", "anna", "P1")


def test_what_a_file_leaves_out_is_told_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log((Event(0, 1, code="happy"),), ("2 lines have no onset",))
    monkeypatch.setattr("mien.study.agreement.codes.read_log", lambda path: log)
    assert read_codes([tmp_path / "anna.txt"]).notes == (
        f"{tmp_path / 'anna.txt'}: 2 lines have no onset",
    )


def test_events_without_a_code_are_left_out(tmp_path: Path) -> None:
    path = save(tmp_path / "anna.csv", Event(0, name="stimulus"), Event(1, 1, code="sad"))
    assert [event.code for event in read_codes([path]).events] == ["sad"]


def test_a_file_without_codes_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "anna.csv", Event(0, name="stimulus"))
    with pytest.raises(StudyError, match=r"anna\.csv: there is no code in it; .*column code"):
        read_codes([path])


def found(*codes: str, **mapping: str) -> dict[str, str]:
    return find_labels([Event(0, 1, code=code) for code in codes], EMOTIONS, mapping)


def test_case_and_spaces_do_not_matter() -> None:
    assert found(" Happy", "SAD", "unsure") == {" Happy": "happy", "SAD": "sad", "unsure": ""}


def test_own_words_are_mapped_or_left_out() -> None:
    assert found("Joy", "talks", joy="happy", talks="") == {"Joy": "happy", "talks": ""}


def test_unknown_codes_are_named_with_the_nearest_label_and_the_remedy() -> None:
    with pytest.raises(StudyError) as caught:
        found("joy", "joy", "hapy", "talks", "sad")
    message = str(caught.value)
    assert "codes that are no label of the model: 'joy' (2 codes; perhaps happy)" in message
    assert "'hapy' (1 code; perhaps happy)" in message
    assert "'talks' (1 code)" in message
    assert "--map joy=happy" in message
    assert "angry, disgust, fear" in message


def test_a_code_is_mapped_to_a_label_alone() -> None:
    with pytest.raises(StudyError, match="'hapy' is no label of the model; perhaps happy"):
        found("joy", joy="hapy")


def test_what_mien_made_is_no_human_code() -> None:
    assert is_own(Event(0, author="mien"))
    assert is_own(Event(0, author="Mien 0.2"))
    assert not is_own(Event(0, author="Mienke"))
