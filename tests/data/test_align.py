"""A data set's faces are aligned once; what is not a face is left alone."""

from pathlib import Path

import numpy as np
import pytest

from mien.data import FaceDataset
from mien.data import align as module
from mien.data.align import align, align_as
from mien.data.cache import cache_folder
from tests.data.layouts import make_dataset

DATA = make_dataset([1, 2, 3, 4], ["Training", "Test", "Training", "Test"], seed=1, votes=True)


class Inverter:
    """Stands for the aligner: inverts the faces whose first pixel is even."""

    def align(self, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        even = faces[:, 0, 0] % 2 == 0
        return np.where(even[:, None, None], 255 - faces, faces), even


class Refuser:
    def __init__(self) -> None:
        raise AssertionError("the cache should have answered")


@pytest.fixture
def inverted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "Aligner", Inverter)
    return monkeypatch


def check(data: FaceDataset) -> None:
    """Compares with what the stand-in makes of all faces at once."""
    images, aligned = Inverter().align(data.images)
    found, which = align(data)
    np.testing.assert_array_equal(found.images, images)
    np.testing.assert_array_equal(which, aligned)
    for name in ("labels", "splits", "votes"):
        np.testing.assert_array_equal(getattr(found, name), getattr(data, name))
    assert found.problems == data.problems


def test_images_alone_change_each_in_its_row(inverted: pytest.MonkeyPatch) -> None:
    before = DATA.images.copy()
    check(DATA)
    np.testing.assert_array_equal(DATA.images, before)


def test_what_was_aligned_is_kept_and_serves_a_single_split(
    inverted: pytest.MonkeyPatch,
) -> None:
    check(DATA)
    inverted.setattr(module, "Aligner", Refuser)
    check(DATA)
    check(DATA.subset("Test"))


def test_other_faces_are_not_taken_from_the_cache(inverted: pytest.MonkeyPatch) -> None:
    check(DATA)
    check(make_dataset([1, 2], ["Training", "Training"], seed=2, votes=True))


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_a_damaged_cache_is_built_again(inverted: pytest.MonkeyPatch, keep: float) -> None:
    check(DATA)
    folder = cache_folder()
    assert folder is not None
    for file in folder.iterdir():
        content = file.read_bytes()
        file.write_bytes(content[: int(len(content) * keep)])
    check(DATA)
    inverted.setattr(module, "Aligner", Refuser)
    check(DATA)


def test_an_unwritable_cache_is_done_without(inverted: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    inverted.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    check(DATA)


def test_the_folder_is_for_this_user_alone(inverted: pytest.MonkeyPatch) -> None:
    check(DATA)
    folder = cache_folder()
    assert folder is not None
    assert folder.stat().st_mode & 0o077 == 0


def test_progress_counts_all_faces_over_all_splits(inverted: pytest.MonkeyPatch) -> None:
    inverted.setattr(module, "_BATCH", 1)
    told: list[tuple[int, int]] = []
    align(DATA, lambda *counts: told.append(counts))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_model_of_no_alignment_is_given_the_faces_as_they_come(
    inverted: pytest.MonkeyPatch,
) -> None:
    assert align_as("none", DATA) is DATA
    np.testing.assert_array_equal(align_as("landmarks", DATA).images, align(DATA)[0].images)
