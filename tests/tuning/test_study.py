import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from optuna.study import Study
from optuna.trial import TrialState

from mien.data import FaceDataset
from mien.errors import TrainingError
from mien.tuning import study as study_module
from mien.tuning.plan import Plan
from mien.tuning.space import Range
from mien.tuning.study import VALUES, ask, open_study, storage_errors
from tests.disk import no_file_over
from tests.training.conftest import TINY_RECIPE, make_recipe

from .conftest import SPACE, make_plan, stored

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"recipe": make_recipe(TINY_RECIPE + "\n# another\n")}, "another recipe"),
        ({"space": {**SPACE, "augmentation.scale": Range(low=0.0, high=0.1)}}, "another space"),
        ({"space": {**SPACE, "augmentation.erasing": Range(low=0.0, high=0.4)}}, "another space"),
        ({"epochs": 2}, "another number of epochs"),
        ({"faces": 41, "seed": 6}, "another number of faces and another seed"),
    ],
)
def test_another_search_in_the_same_folder_is_refused(
    faces: FaceDataset, tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    stored(tmp_path, make_plan(faces))
    stored(tmp_path, make_plan(faces))
    with pytest.raises(TrainingError, match=rf"search\.db: holds a search with {named};"):
        stored(tmp_path, make_plan(faces, **changes))


def test_another_data_set_is_refused(faces: FaceDataset, tmp_path: Path) -> None:
    stored(tmp_path, make_plan(faces))
    other = FaceDataset(255 - faces.images, faces.labels, faces.splits)
    with pytest.raises(TrainingError, match="another data set"):
        stored(tmp_path, make_plan(other))


@pytest.mark.parametrize("content", [b"not a database, but a letter\n" * 99, b"SQLite format 3\0"])
def test_a_damaged_file_is_told(plan: Plan, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "search.db").write_bytes(content)
    with pytest.raises(TrainingError, match=r"search\.db: cannot be used as a stored search"):
        stored(tmp_path, plan)


def test_tables_of_which_a_kill_made_some_are_made_anew(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "search.db"

    class Killed(study_module.RDBStorage):
        def __init__(self, url: str) -> None:
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as half:
                half.execute("CREATE TABLE studies (study_id INTEGER, study_name VARCHAR(512))")
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(study_module, "RDBStorage", Killed)
        with pytest.raises(KeyboardInterrupt):
            open_study(path, plan)
    assert not path.exists()
    for _ in range(2):
        open_study(path, plan)
    with closing(sqlite3.connect(path)) as whole:
        assert whole.execute("SELECT count(*) FROM studies").fetchone() == (1,)


def test_what_was_under_way_when_all_was_killed_is_tried_again(plan: Plan, tmp_path: Path) -> None:
    study = stored(tmp_path, plan)
    ask(study, plan)
    _, second = ask(study, plan)
    again = stored(tmp_path, plan)
    assert [one.state for one in again.trials[:2]] == [TrialState.FAIL] * 2
    assert ask(again, plan)[1] == plan.own_values()
    assert ask(again, plan)[1] == second


def test_what_is_tried_follows_from_the_seed(faces: FaceDataset, tmp_path: Path) -> None:
    tried = []
    for index, seed in enumerate((1, 1, 2)):
        plan = make_plan(faces, seed=seed)
        (tmp_path / str(index)).mkdir()
        study = stored(tmp_path / str(index), plan)
        tried.append([ask(study, plan)[1] for _ in range(4)])
    assert tried[0] == tried[1]
    assert tried[0][1:] != tried[2][1:]


def test_values_are_what_the_trial_remembers(plan: Plan, tmp_path: Path) -> None:
    study = stored(tmp_path, plan)
    for _ in range(5):
        trial, values = ask(study, plan)
        assert study.trials[trial.number].user_attrs[VALUES] == values
        for key, value in values.items():
            assert float(f"{value:.4g}") == value
            np.testing.assert_allclose(value, trial.params[key], rtol=5e-4)


def ask_until_full(study: Study, plan: Plan, file: Path) -> None:
    with storage_errors(file), no_file_over(file.stat().st_size):
        for _ in range(1000):
            ask(study, plan)


def test_a_disk_that_fills_up_in_a_search_is_told(plan: Plan, tmp_path: Path) -> None:
    study = stored(tmp_path, plan)
    with pytest.raises(TrainingError, match=r"search\.db: cannot be used .*make room"):
        ask_until_full(study, plan, tmp_path / "search.db")
