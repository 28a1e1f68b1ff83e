from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.data import FaceDataset
from mien.errors import DataError, MienError, RecipeError, TrainingError
from mien.training.optimization import learning_rate
from mien.tuning.plan import own_folder, stratified
from mien.tuning.space import Range
from tests.training.conftest import TINY_RECIPE, make_recipe

from .conftest import make_plan


def recipe_of(epochs: int, warmup: int = 0):
    return make_recipe(
        TINY_RECIPE.replace("epochs = 3", f"epochs = {epochs}\nwarmup_epochs = {warmup}")
    )


@given(whole=st.integers(1, 200), share=st.floats(0.01, 1), progress=st.floats(0, 1))
def test_a_short_trial_has_the_whole_schedule(
    faces: FaceDataset, whole: int, share: float, progress: float
) -> None:
    epochs = max(1, round(share * whole))
    plan = make_plan(faces, recipe=recipe_of(whole), epochs=epochs)
    short, full = plan.trial_settings({}).optimization, plan.recipe.settings.optimization
    assert short.epochs == epochs
    assert learning_rate(short, progress * epochs) == pytest.approx(
        learning_rate(full, progress * whole), abs=1e-12
    )


@pytest.mark.parametrize(
    ("epochs", "warmup"), [(100, 20), (50, 10), (10, 2), (3, 1), (2, 1), (1, 0)]
)
def test_warming_up_keeps_its_share_and_an_epoch_at_least(
    faces: FaceDataset, epochs: int, warmup: int
) -> None:
    plan = make_plan(faces, recipe=recipe_of(100, warmup=20), epochs=epochs)
    assert plan.trial_settings({}).optimization.warmup_epochs == warmup


def test_the_recipe_written_keeps_its_own_epochs(faces: FaceDataset) -> None:
    plan = make_plan(faces, epochs=1)
    assert "epochs = 3" in plan.recipe_text({"optimization.learning_rate": 0.02})
    assert plan.trial_settings({"optimization.learning_rate": 0.02}).optimization.epochs == 1


def test_trials_learn_from_some_faces_and_validate_on_all(faces: FaceDataset) -> None:
    train, validation = make_plan(faces).splits()
    assert len(train) == 40
    assert train.split_counts == {"Training": 40}
    assert validation.fingerprint == faces.subset("PublicTest").fingerprint


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"epochs": 4}, TrainingError, "--epochs 4: the recipe tiny has only 3"),
        ({"faces": 81}, DataError, "--faces 81.*Training split has, 80"),
        ({"faces": 15}, DataError, "--faces 15.*batch of the recipe, 16"),
    ],
)
def test_a_plan_beyond_recipe_or_data_is_told(
    faces: FaceDataset, changes: dict[str, int], error: type[MienError], message: str
) -> None:
    with pytest.raises(error, match=message):
        make_plan(faces, **changes)


def test_data_without_faces_to_validate_on_is_told(faces: FaceDataset) -> None:
    with pytest.raises(DataError, match="no faces to validate on"):
        make_plan(faces.subset("Training"))


def test_the_recipe_itself_is_tried_where_the_space_holds_it(faces: FaceDataset) -> None:
    inside, outside = Range(low=0.001, high=0.1), Range(low=0.1, high=0.2)
    assert make_plan(faces, space={"optimization.learning_rate": inside}).own_values() == {
        "optimization.learning_rate": 0.01
    }
    assert make_plan(faces, space={"optimization.learning_rate": outside}).own_values() is None


def test_a_combination_that_the_recipe_refuses_is_refused(faces: FaceDataset) -> None:
    with pytest.raises(RecipeError, match="crop must be 48"):
        make_plan(faces).trial_settings({"augmentation.crop": 44})


def test_two_searches_in_one_folder_are_kept_apart(tmp_path: Path) -> None:
    with (
        own_folder(tmp_path / "a" / "b"),
        pytest.raises(TrainingError, match="another search is running there"),
        own_folder(tmp_path / "a" / "b"),
    ):
        pass
    with own_folder(tmp_path / "a" / "b"):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(TrainingError, match="cannot be written"),
        own_folder(tmp_path / "file" / "x"),
    ):
        pass


@given(
    labels=st.lists(st.integers(0, 6), min_size=1, max_size=300),
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_each_emotion_keeps_its_share(labels: list[int], share: float, seed: int) -> None:
    n = len(labels)
    count = max(1, round(share * n))
    images = np.zeros((n, 48, 48), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.arange(n) // 256, np.arange(n) % 256
    faces = FaceDataset(images, np.array(labels), np.full(n, "Training"))
    part = stratified(faces, count, seed)
    places = part.images[:, 0, 0].astype(int) * 256 + part.images[:, 0, 1]
    assert len(part) == count
    assert (np.diff(places) > 0).all(), "no face twice, and in their order"
    np.testing.assert_array_equal(part.labels, np.array(labels)[places])
    expected = np.bincount(labels, minlength=7) * count / n
    assert np.abs(np.bincount(part.labels, minlength=7) - expected).max() <= 1


def test_the_seed_chooses_the_faces(faces: FaceDataset) -> None:
    training = faces.subset("Training")
    first, again, other = (stratified(training, 30, seed) for seed in (1, 1, 2))
    assert first.fingerprint == again.fingerprint != other.fingerprint
