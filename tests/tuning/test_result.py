import re
import tomllib
from pathlib import Path

import pytest
from optuna.study import Study
from optuna.trial import TrialState
from PIL import Image

from mien.data import FaceDataset
from mien.errors import TrainingError
from mien.training.recipe import load_recipe
from mien.tuning.plan import Plan
from mien.tuning.result import write_result
from mien.tuning.space import Choices, Range
from mien.tuning.study import NOTE, VALUES, ask, best
from tests.disk import no_file_over
from tests.training.conftest import TINY_RECIPE, make_recipe

from .conftest import make_plan, stored

pytestmark = pytest.mark.slow

COMMENT = "# why: it learns fast"


@pytest.fixture
def commented(faces: FaceDataset) -> Plan:
    text = TINY_RECIPE.replace("learning_rate = 1e-2", f"learning_rate = 1e-2  {COMMENT}")
    space = {
        "optimization.learning_rate": Range(low=1e-3, high=1e-1, log=True),
        "optimization.batch_size": Range(low=8, high=16),
        "optimization.optimizer": Choices(choices=["adam", "sgd"]),
        "objective.label_smoothing": Range(low=0.0, high=0.2),
    }
    return make_plan(faces, recipe=make_recipe(text), space=space, epochs=2)


def searched(folder: Path, plan: Plan, accuracies: list[float | None]) -> Study:
    """A search with these outcomes; None for a trial that was stopped early."""
    study = stored(folder, plan)
    for accuracy in accuracies:
        trial, _ = ask(study, plan)
        trial.report(accuracy or 0.1, 1)
        trial.set_user_attr(NOTE, "")
        state = TrialState.PRUNED if accuracy is None else TrialState.COMPLETE
        study.tell(trial, accuracy, state)
    return study


def test_the_winner_is_a_recipe_that_says_where_it_comes_from(
    commented: Plan, tmp_path: Path
) -> None:
    study = searched(tmp_path, commented, [0.3, 0.45, None, 0.4])
    result = write_result(tmp_path, study, commented)
    winner = best(study)
    assert winner is not None
    assert winner.number == 1
    text = result.recipe.read_text()
    expected = tomllib.loads(commented.recipe_text(winner.user_attrs[VALUES]))
    assert tomllib.loads(text) == expected
    assert expected["optimization"]["epochs"] == 3, "its own, not the trials'"
    settings = load_recipe(result.recipe).settings
    assert (
        settings.optimization.learning_rate
        == winner.user_attrs[VALUES]["optimization.learning_rate"]
    )
    assert COMMENT in text
    header = text.partition("[network]")[0]
    assert "trial 1, 45.00% on PublicTest (n = 40, 95 % interval of one reading 30.7% to" in header
    assert "the best of 4 trials on that split, so optimistic" in header
    assert "Trials ran 2 of 3 epochs, on 40 training faces, with seed 5" in header
    assert re.search(r"It chose .*objective\.label_smoothing", header)
    assert all(line.startswith("#") for line in header.strip().splitlines())


def test_the_image_shows_history_and_keys(commented: Plan, tmp_path: Path) -> None:
    study = searched(tmp_path, commented, [0.3, 0.45, None, 0.4])
    with Image.open(write_result(tmp_path, study, commented).image) as image:
        assert image.width == 1000
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24)}
    assert {(0x3D, 0x7E, 0xA6), (0xB8, 0xC4, 0xCC), (0xD1, 0x49, 0x5B)} <= colours


def test_a_search_without_a_trial_at_its_end_is_told(plan: Plan, tmp_path: Path) -> None:
    study = searched(tmp_path, plan, [None, None])
    with pytest.raises(TrainingError, match=r"none of 2 trials.*narrower --space"):
        write_result(tmp_path, study, plan)


def test_a_full_disk_is_told_and_leaves_the_winner_before_it(
    commented: Plan, tmp_path: Path
) -> None:
    study = searched(tmp_path, commented, [0.3])
    before = write_result(tmp_path, study, commented).recipe.read_text()
    study = searched(tmp_path, commented, [0.6])
    with no_file_over(100), pytest.raises(TrainingError, match="cannot write the result"):
        write_result(tmp_path, study, commented)
    assert (tmp_path / "best.toml").read_text() == before
