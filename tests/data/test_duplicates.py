from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data import duplicates, load_dataset
from mien.data.duplicates import has_copy

Faces = NDArray[np.uint8]


def photos(count: int, seed: int = 0) -> Faces:
    """Pictures that are smooth, as photos are, and unlike each other."""
    coarse = np.random.default_rng(seed).integers(40, 200, (count, 8, 8))
    return np.kron(coarse, np.ones((1, 6, 6))).astype(np.uint8)


def test_exact_copies_are_found_and_strangers_are_not() -> None:
    faces = photos(20)
    assert has_copy(faces, faces[5:9]).tolist() == [5 <= row < 9 for row in range(20)]


def test_near_copies_are_found() -> None:
    faces = photos(4)
    noise = np.random.default_rng(1).normal(0, 8, faces.shape)
    brighter = (faces * 0.8 + 40 + noise).clip(0, 255).astype(np.uint8)
    assert has_copy(brighter, faces).all()
    assert has_copy(brighter[:, :, ::-1], faces).all()


def test_blank_faces_are_copies_only_of_themselves() -> None:
    blank = np.full((1, 48, 48), 7, np.uint8)
    assert not has_copy(blank, photos(3)).any()
    assert not has_copy(photos(3), blank).any()
    assert not has_copy(blank, blank + 1).any()
    assert has_copy(blank, blank).all()


def test_nothing_has_a_copy_in_nothing() -> None:
    assert has_copy(photos(2), photos(0)).tolist() == [False, False]
    assert has_copy(photos(0), photos(2)).shape == (0,)


def test_blocks_do_not_show(monkeypatch) -> None:
    faces, reference = photos(7), photos(7)[::3]
    whole = has_copy(faces, reference)
    monkeypatch.setattr(duplicates, "_QUERIES", 2)
    monkeypatch.setattr(duplicates, "_REFERENCES", 2)
    assert np.array_equal(has_copy(faces, reference), whole)


def test_share_of_copies_in_fer2013(shared: Path) -> None:
    data = load_dataset(shared / "fer2013")
    some = data.subset("PublicTest").images[:600]
    assert 0.10 < has_copy(some, data.subset("Training").images).mean() < 0.20
