import json
from pathlib import Path

import pytest

from mien.errors import StudyError
from mien.study.design import (
    Difference,
    StudyFolder,
    estimate_study,
    plan_study,
    replay_study,
    save_results,
)
from tests.study.design.studies import code_all, save_two, truths


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    """A finished study: 20 of 40 stretches, coded by anna."""
    made = plan_study(save_two(tmp_path), tmp_path / "study", stretches=20)
    code_all(made, "anna", truths(made))
    save_results(made, estimate_study(made))
    return made


def replay(study: StudyFolder) -> tuple[Difference, ...]:
    return replay_study(StudyFolder.open(study.path)).differences


def test_a_finished_study_gives_the_same_rows(study: StudyFolder) -> None:
    found = replay_study(StudyFolder.open(study.path))
    assert found.differences == ()
    assert found.stretches == 20
    assert found.rows == 3 * 7 * 3 + 7 * 3 + 1


def test_a_study_without_results_compares_its_plan(tmp_path: Path) -> None:
    made = plan_study(save_two(tmp_path), tmp_path / "study", stretches=20)
    found = replay_study(made)
    assert (found.differences, found.rows) == ((), 0)


def test_an_edited_stretch_is_named_by_row_and_column(study: StudyFolder) -> None:
    path = study.path / "stretches.csv"
    before = repr(study.stretches[4].chance)
    lines = path.read_text().splitlines(keepends=True)
    lines[5] = lines[5].replace(before, "0.9")
    path.write_text("".join(lines))
    found = replay(study)
    first = found[0]
    assert (first.file, first.row, first.column) == ("stretches.csv", "stretch 5", "chance")
    assert first.before == "0.9"
    assert float(first.after) == pytest.approx(study.stretches[4].chance)
    assert any(it.file == "results.json, shares" for it in found)


def test_an_edited_result_is_named_by_row_and_column(study: StudyFolder) -> None:
    path = study.path / "results.json"
    saved = json.loads(path.read_text())
    row = next(it for it in saved["tables"]["shares"] if it["method"] == "coding alone")
    was, row["share"] = row["share"], 0.9
    path.write_text(json.dumps(saved))
    (found,) = replay(study)
    assert found.row == "all stretches, angry, coding alone"
    assert (found.column, found.before, found.after) == ("share", "0.9", f"{was:.10g}")


def test_a_row_that_is_gone_is_named(study: StudyFolder) -> None:
    path = study.path / "results.json"
    saved = json.loads(path.read_text())
    del saved["tables"]["agreement"][0]
    path.write_text(json.dumps(saved))
    (found,) = replay(study)
    assert str(found) == "results.json, agreement, anna, Mien: absent before, present now"


def test_later_codes_are_named_with_what_they_change(study: StudyFolder) -> None:
    study.save_code("anna", 1, "fear")
    found = replay(study)
    assert (found[0].file, found[0].column) == ("codes/anna.csv", "SHA-256")
    assert any("fear" in it.row and it.column == "share" for it in found)


def test_changed_records_are_named_with_what_they_change(
    study: StudyFolder, tmp_path: Path
) -> None:
    (tmp_path / "ben.people.csv").write_text("person,name\n1,Carl\n")
    found = replay(study)
    assert Path(found[0].file).name == "ben.people.csv"
    assert ("person", "Ben", "Carl") in {(it.column, it.before, it.after) for it in found}


def test_records_that_are_gone_are_differences(study: StudyFolder, tmp_path: Path) -> None:
    (tmp_path / "ben.csv").unlink()
    digest, plan = replay(study)
    assert (Path(digest.file).name, digest.after) == ("ben.csv", "absent")
    assert plan.file == "stretches.csv"
    assert "cannot be made again" in plan.after


def test_another_seed_in_the_study_is_found(study: StudyFolder) -> None:
    path = study.path / "study.json"
    content = json.loads(path.read_text())
    content["options"]["seed"] = 5
    path.write_text(json.dumps(content))
    assert any(it.file == "stretches.csv" for it in replay(study))


def test_damaged_results_are_one_error(study: StudyFolder) -> None:
    (study.path / "results.json").write_text('{"tables": [1]}')
    with pytest.raises(StudyError, match=r"results\.json: is damaged; remove it"):
        replay_study(study)
