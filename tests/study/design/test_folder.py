import errno
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import StudyError
from mien.study.design import Stretch, StudyFolder, folder

LABELS = ("happy", "sad")


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    stretches = [
        Stretch(number, "talk.mp4", "in/talk.mp4", "=Anna, M.", 1, number / 3, 5.0, "rest", 0.1 / 3)
        for number in range(1, 11)
    ]
    return StudyFolder.create(tmp_path / "study", stretches, {"seed": 3}, LABELS, [])


def test_opens_as_it_was_made_to_the_last_bit(study: StudyFolder) -> None:
    opened = StudyFolder.open(study.path)
    assert opened.stretches == study.stretches
    assert opened.stretches[0].start == 1 / 3
    assert (opened.labels, opened.options["seed"]) == (LABELS, 3)


def test_the_last_code_of_a_stretch_counts(study: StudyFolder) -> None:
    study.save_code("anna", 2, "happy")
    study.save_code("anna", 1, "")
    study.save_code("anna", 2, "sad")
    study.save_code("ben", 1, "happy")
    opened = StudyFolder.open(study.path)
    assert opened.coders() == ["anna", "ben"]
    assert opened.codes("anna") == {1: "", 2: "sad"}
    assert opened.codes("carl") == {}


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(st.integers(1, 10), st.sampled_from(["", *LABELS])))
def test_codes_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, codes: dict[int, str]
) -> None:
    stretches = [Stretch(at, "a", "a", "A", 1, 0.0, 2.0, "", 1.0) for at in range(1, 11)]
    folder = tmp_path_factory.mktemp("codes") / "study"
    study = StudyFolder.create(folder, stretches, {}, LABELS, [])
    for number, code in codes.items():
        study.save_code("anna", number, code)
    assert study.codes("anna") == codes


def test_each_coder_has_an_order_that_stays(study: StudyFolder) -> None:
    orders = {coder: study.order(coder) for coder in ("anna", "ben")}
    assert all(sorted(order) == list(range(1, 11)) for order in orders.values())
    assert orders["anna"] != orders["ben"]
    assert StudyFolder.open(study.path).order("anna") == orders["anna"]


@pytest.mark.parametrize(
    ("coder", "stretch", "code", "told"),
    [
        ("../anna", 1, "happy", "cannot name a coder; use letters, digits, - and _"),
        ("", 1, "happy", "cannot name a coder"),
        ("anna", 11, "happy", "no stretch 11; the study has the stretches 1 to 10"),
        ("anna", 1, "joyful", "unknown label 'joyful'; choose from happy, sad"),
    ],
)
def test_what_the_study_lacks_is_refused(
    study: StudyFolder, coder: str, stretch: int, code: str, told: str
) -> None:
    with pytest.raises(StudyError, match=told):
        study.save_code(coder, stretch, code)
    assert study.coders() == []


def test_a_damaged_file_of_codes_names_the_line(study: StudyFolder) -> None:
    study.save_code("anna", 1, "happy")
    path = study.path / "codes" / "anna.csv"
    path.write_text(path.read_text() + "77,happy,\n")
    with pytest.raises(StudyError, match=r"anna\.csv, line 3: there is no stretch 77"):
        study.codes("anna")


def test_a_folder_with_files_is_not_touched(study: StudyFolder) -> None:
    before = (study.path / "study.json").read_bytes()
    with pytest.raises(StudyError, match="exists already; choose another folder"):
        StudyFolder.create(study.path, study.stretches[:1], {}, LABELS, [])
    assert (study.path / "study.json").read_bytes() == before


def test_a_study_whose_making_was_cut_short_is_made_again(
    study: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder with a part of the files would be refused as one that exists already."""
    again, write = tmp_path / "again", folder._write

    def fill_the_disk(path: Path, text: str) -> None:
        if path.name == "study.json":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, text)

    with monkeypatch.context() as patch:
        patch.setattr(folder, "_write", fill_the_disk)
        with pytest.raises(StudyError, match="cannot be written"):
            StudyFolder.create(again, study.stretches, {}, LABELS, [])
    made = StudyFolder.create(again, study.stretches, {}, LABELS, [])
    assert made.stretches == study.stretches
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "study"]


def test_missing_damaged_and_newer_studies_are_told_apart(
    study: StudyFolder, tmp_path: Path
) -> None:
    with pytest.raises(StudyError, match=r"no study there .* folder of `mien study plan`"):
        StudyFolder.open(tmp_path)
    path = study.path / "study.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"version": 2}))
    with pytest.raises(StudyError, match=r"newer Mien.*update Mien"):
        StudyFolder.open(study.path)
    path.write_text(json.dumps(content)[:50])
    with pytest.raises(StudyError, match="is damaged; restore it"):
        StudyFolder.open(study.path)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("chance", "odds", "no column 'chance'"),
        ("\n3,", "\n4,", "the ids of its stretches are not 1, 2, 3"),
        ("\n3,", "\nx,", "line 4, column id: 'x' is no whole number"),
        (",5.0,", ",0.1,", "line 2: it ends before it starts"),
    ],
)
def test_damaged_stretches_are_told(study: StudyFolder, old: str, new: str, told: str) -> None:
    path = study.path / "stretches.csv"
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode())
    with pytest.raises(StudyError, match=told):
        StudyFolder.open(study.path)
