from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.audit.folds import assign_folds, out_of_fold
from mien.data import FaceDataset
from mien.data.duplicates import find_copies
from mien.errors import TrainingError
from mien.training.history import EpochRecord, Listener
from mien.training.recipe import with_epochs
from tests.training.conftest import faces, make_recipe

pytestmark = pytest.mark.slow

__all__ = ["faces"]

RECIPE = with_epochs(make_recipe(), 2)


class Epochs(Listener):
    """Counts the epochs that are trained; stops in one of them, as a user may."""

    def __init__(self, stop_after: int = 99) -> None:
        self.trained = 0
        self._stop_after = stop_after

    def epoch(self, record: EpochRecord) -> None:
        self.trained += 1
        if self.trained == self._stop_after:
            raise KeyboardInterrupt


def judge(faces: FaceDataset, folder: Path, listener: Listener | None = None) -> np.ndarray:
    return out_of_fold(faces, np.arange(len(faces)), 2, RECIPE, folder, listener=listener)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(2, 5))
def test_a_group_stays_in_one_fold_and_folds_are_even(groups: list[int], folds: int) -> None:
    assigned = assign_folds(np.array(groups), folds)
    dealt = {group: set(assigned[np.array(groups) == group].tolist()) for group in groups}
    assert all(len(of_group) == 1 for of_group in dealt.values())
    sizes = np.bincount([min(of_group) for of_group in dealt.values()], minlength=folds)
    assert len(sizes) == folds
    assert sizes.max() - sizes.min() <= 1


@pytest.fixture(scope="module")
def judged(faces: FaceDataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """The folder of a finished audit, and its probabilities."""
    folder = tmp_path_factory.mktemp("folds")
    return folder, judge(faces, folder)


def test_every_face_is_judged_by_what_never_saw_it(
    faces: FaceDataset, judged: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    _, probabilities = judged
    assert probabilities.shape == (len(faces), 7)
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    # Were a face learned from, its own label would move what is said of it.
    half = assign_folds(np.arange(len(faces)), 2) == 0
    swapped = np.where(half, (faces.labels + 1) % 7, faces.labels)
    other = judge(FaceDataset(faces.images, swapped, faces.splits), tmp_path)
    assert np.array_equal(other[half], probabilities[half])
    assert not np.array_equal(other[~half], probabilities[~half])


def test_a_stopped_audit_goes_on_to_the_same_result(
    faces: FaceDataset, judged: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        judge(faces, tmp_path, Epochs(stop_after=3))
    rest = Epochs()
    assert np.array_equal(judge(faces, tmp_path, rest), judged[1])
    assert rest.trained == 1


def test_what_was_answered_is_kept_unless_it_is_damaged(
    faces: FaceDataset, judged: tuple[Path, np.ndarray]
) -> None:
    folder, probabilities = judged
    again = Epochs()
    assert np.array_equal(judge(faces, folder, again), probabilities)
    answers = folder / "1-of-2" / "probabilities.npz"
    answers.write_bytes(answers.read_bytes()[:100])
    assert np.array_equal(judge(faces, folder, again), probabilities)
    assert again.trained == 0


def test_folds_of_another_data_set_are_refused(
    faces: FaceDataset, judged: tuple[Path, np.ndarray]
) -> None:
    other = FaceDataset(faces.images, (faces.labels + 1) % 7, faces.splits)
    with pytest.raises(TrainingError, match="another data fingerprint"):
        judge(other, judged[0])


def test_copies_are_judged_by_the_same_network(faces: FaceDataset) -> None:
    twice = np.concatenate([faces.images, faces.images])
    assigned = assign_folds(find_copies(twice).groups, 3)
    assert np.array_equal(assigned[: len(faces)], assigned[len(faces) :])
