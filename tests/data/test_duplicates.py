from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mien.data import duplicates, load_dataset
from mien.data.duplicates import NEAR_COPY, find_copies, has_copy, likeness_of

pytestmark = pytest.mark.slow

Faces = NDArray[np.uint8]


def photos(count: int, seed: int = 0) -> Faces:
    """Images that are smooth, as photos are, and unlike each other."""
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


def likeness_matrix(faces: Faces) -> NDArray[np.float64]:
    """The plain way: NumPy's own correlation of each pair's 16x16 means, mirrored or not."""
    cells = faces.reshape(-1, 16, 3, 16, 3).mean(axis=(2, 4))
    flat, mirrored = cells.reshape(len(faces), -1), cells[:, :, ::-1].reshape(len(faces), -1)
    count = len(faces)
    as_they_are = np.corrcoef(flat, flat)[:count, :count]
    return np.maximum(as_they_are, np.corrcoef(flat, mirrored)[:count, count:])


def variants(kinds: list[int], seed: int) -> Faces:
    """Photos of a few scenes, exact, mirrored, noisy and very noisy."""
    rng = np.random.default_rng(seed)
    scenes = photos(3)
    faces = []
    for kind in kinds:
        face = scenes[kind % 3].astype(float)
        face = face[:, ::-1] if kind // 3 == 1 else face
        faces.append(face + rng.normal(0, (0, 0, 10, 60)[kind // 3], face.shape))
    return np.array(faces).clip(0, 255).astype(np.uint8)


@given(st.lists(st.integers(0, 11), min_size=2, max_size=12), st.integers(0, 99))
def test_copies_are_those_of_all_pairs(kinds: list[int], seed: int) -> None:
    faces = variants(kinds, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_QUERIES", 3)
        patch.setattr(duplicates, "_REFERENCES", 4)
        copies = find_copies(faces)
    likeness = np.tril(likeness_matrix(faces), -1)
    near = likeness >= NEAR_COPY
    assert ((copies.earlier >= 0) == near.any(axis=1)).all()
    for index in np.flatnonzero(near.any(axis=1)):
        earlier = copies.earlier[index]
        assert earlier < index
        assert likeness[index, earlier] == pytest.approx(likeness[index].max(), abs=1e-5)
        assert copies.likeness[index] == pytest.approx(likeness[index, earlier], abs=1e-5)
        assert copies.exact[index] == (faces[index] == faces[:index]).all(axis=(1, 2)).any()
    linked = np.linalg.matrix_power((near | near.T) + np.eye(len(faces)), len(faces)) > 0
    assert copies.groups.tolist() == linked.argmax(axis=1).tolist()


def test_links_of_more_than_a_likeness_make_smaller_groups() -> None:
    face = photos(1)[0]
    noisy = (face + np.random.default_rng(0).normal(0, 20, face.shape)).clip(0, 255)
    copies = find_copies(np.stack([face, noisy.astype(np.uint8), face]))
    assert copies.linked(0.9).tolist() == [0, 0, 0]
    assert copies.linked(1.0).tolist() == [0, 1, 0]


def test_likeness_face_by_face() -> None:
    faces = variants([0, 1, 2, 3, 6, 9], 0)
    wanted = likeness_matrix(faces)[[0, 1, 2], [3, 4, 5]].clip(0, 1)
    assert likeness_of(faces[:3], faces[3:]) == pytest.approx(wanted, abs=1e-5)


def test_copies_in_fer2013(shared: Path) -> None:
    data = load_dataset(shared / "fer2013")
    images = np.concatenate([data.images[:2000], data.subset("PublicTest").images[:200]])
    copies = find_copies(images)
    assert 0 < copies.exact.sum() < (copies.earlier >= 0).sum() < 100
    assert has_copy(images[2000:], images[:2000]).sum() == (
        ((copies.earlier >= 0) & (copies.earlier < 2000))[2000:].sum()
    )
