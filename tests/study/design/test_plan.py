from collections import Counter
from pathlib import Path

import pytest

from mien.errors import StudyError
from mien.study.design import StudyFolder, plan_study
from mien.study.design.plan import find_changes, load_planned
from tests.study.design.studies import plan_all, save, save_two


def test_the_budget_is_of_stretches_and_of_minutes(tmp_path: Path) -> None:
    records = save_two(tmp_path)
    ten = plan_study(records, tmp_path / "ten", stretches=10)
    assert len(ten.stretches) == 10
    assert 0 < min(it.chance for it in ten.stretches) < max(it.chance for it in ten.stretches) <= 1
    one_minute = plan_study(records, tmp_path / "minute", minutes=1)
    assert len(one_minute.stretches) == 5  # of 2 s, each watched twice, with 8 s to answer


def test_conditions_and_people_get_their_part(tmp_path: Path) -> None:
    made = plan_study(save_two(tmp_path), tmp_path / "study", stretches=20, random=1)
    counts = Counter((it.condition, it.person) for it in made.stretches)
    assert set(counts.values()) == {5}
    assert len(counts) == 4


def test_the_same_seed_draws_the_same(tmp_path: Path) -> None:
    records = save_two(tmp_path)
    first, again, other = (
        plan_study(records, tmp_path / f"{number}", stretches=10, seed=seed).stretches
        for number, seed in enumerate((1, 1, 2))
    )
    assert first == again != other


def test_what_coders_read_tells_nothing_of_the_model(tmp_path: Path) -> None:
    header = (plan_all(tmp_path).path / "stretches.csv").read_text().splitlines()[0]
    assert header == "id,recording,source,person,track,start,end,condition,chance"


def test_a_study_moves_with_its_records(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    plan_all(old)
    old.rename(new)
    study = StudyFolder.open(new / "study")
    assert find_changes(study) == []
    assert [it.name for it in load_planned(study)] == ["anna.mp4", "ben.mp4"]


def test_a_study_within_the_folder_of_a_batch_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "job" / "records").mkdir(parents=True)
    (tmp_path / "job" / "manifest.json").write_text("{}")
    part = save(tmp_path / "job" / "records" / "0.parquet", [(10, "happy")])
    monkeypatch.chdir(tmp_path / "job")
    study = plan_study(["."], "study")
    assert len(study.stretches) == 5
    assert find_changes(study) == []
    part.write_bytes(b"")
    assert [Path(name).name for name, _, _ in find_changes(study)] == ["0.parquet"]


def test_changes_of_records_names_and_events_are_found(tmp_path: Path) -> None:
    study = plan_all(tmp_path)
    (tmp_path / "anna.people.csv").write_text("person,name\n1,Carla\n")
    (tmp_path / "ben.events.csv").unlink()
    found = {Path(name).name: after for name, _, after in find_changes(study)}
    assert found.keys() == {"anna.people.csv", "ben.events.csv"}
    assert found["ben.events.csv"] == "absent"


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"minutes": 0}, "--minutes 0; use a number from 1"),
        ({"seconds": float("nan")}, "--seconds nan; use a number from 0.2 to 60"),
        ({"random": 0}, "--random 0; use a number from 0.01 to 1"),
        ({"stretches": 0}, "--stretches 0; use a number from 1"),
        ({"seed": -1}, "--seed -1; use a number from 0"),
    ],
)
def test_options_out_of_range_are_refused(
    tmp_path: Path, option: dict[str, float], told: str
) -> None:
    with pytest.raises(StudyError, match=told):
        plan_study(save_two(tmp_path), tmp_path / "study", **option)
    assert not (tmp_path / "study").exists()


def test_two_files_of_one_source_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "talk.csv", [(4, "happy")])
    copy = tmp_path / "copy.csv"
    copy.write_bytes(path.read_bytes())
    with pytest.raises(StudyError, match=r"talk\.mp4: is the source of two files"):
        plan_study([path, copy], tmp_path / "study")


def test_a_study_that_does_not_name_its_records_is_damaged(tmp_path: Path) -> None:
    study = StudyFolder.create(tmp_path / "study", [], {}, ["happy"], [{"name": "a"}])
    with pytest.raises(StudyError, match=r"study\.json: its recordings lack their records"):
        find_changes(study)
