"""The one definition of a crop: landmarks land where FER2013's lie."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mien.inference.crop import (
    FER2013_LANDMARKS,
    crop_face,
    fit_landmarks,
    resize_crop,
    to_gray,
)

TARGETS = 48 * np.array(FER2013_LANDMARKS)


def umeyama(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The published method, by singular values, as an outside oracle: a 2x3 matrix."""
    source_mean, target_mean = source.mean(0), target.mean(0)
    a, b = source - source_mean, target - target_mean
    u, d, vt = np.linalg.svd(b.T @ a / len(a))
    sign = np.diag([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    scale = np.trace(np.diag(d) @ sign) / a.var(0).sum()
    turn = scale * u @ sign @ vt
    return np.column_stack([turn, target_mean - turn @ source_mean])


def apply(transform: tuple[complex, complex], points: np.ndarray) -> np.ndarray:
    turn, shift = transform
    moved = turn * (points[:, 0] + 1j * points[:, 1]) + shift
    return np.stack([moved.real, moved.imag], axis=1)


@given(
    scale=st.floats(0.05, 50),
    angle=st.floats(-np.pi, np.pi),
    shift=st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)),
)
def test_a_known_similarity_is_recovered(
    scale: float, angle: float, shift: tuple[float, float]
) -> None:
    known = scale * np.exp(1j * angle), complex(*shift)
    found = fit_landmarks(apply(known, TARGETS).tolist())
    np.testing.assert_allclose(found, known, rtol=1e-6, atol=1e-6)


@given(seed=st.integers(0, 2**32 - 1), noise=st.floats(0, 20))
def test_noisy_landmarks_are_fitted_as_umeyama_does(seed: int, noise: float) -> None:
    points = 4 * TARGETS + np.random.default_rng(seed).normal(0, noise, (5, 2))
    there = umeyama(points, TARGETS)
    back = apply(fit_landmarks(points.tolist()), TARGETS)
    np.testing.assert_allclose(back @ there[:, :2].T + there[:, 2], TARGETS, atol=1e-6)


def test_a_face_already_in_place_is_not_changed() -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    np.testing.assert_array_equal(crop_face(image, TARGETS.tolist()), image)


@pytest.mark.parametrize("factor", [2, 3, 7])
def test_shrinking_averages_areas(factor: int) -> None:
    side = 48 * factor
    image = np.random.default_rng(0).integers(0, 256, (side, side), np.uint8)
    means = image.reshape(48, factor, 48, factor).mean(axis=(1, 3))
    crop = crop_face(image, (factor * TARGETS).tolist())
    assert np.abs(crop - means).max() <= 0.5


@pytest.mark.parametrize("halves", [5, 7, 11, 41])
def test_shrinking_by_a_fraction_averages_areas_nearly(halves: int) -> None:
    side = 24 * halves
    noise = np.random.default_rng(0).integers(0, 256, (24, 24), np.uint8)
    image = np.asarray(Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC))
    doubled = image.repeat(2, axis=0).repeat(2, axis=1)
    means = doubled.reshape(48, halves, 48, halves).mean(axis=(1, 3))
    crop = crop_face(image, (halves / 2 * TARGETS).tolist())
    assert np.abs(crop - means).mean() < 0.03 * image.std()


def test_a_rotated_face_is_rotated_back() -> None:
    y, x = np.mgrid[:200, :200]
    image = (127 + 80 * np.sin(x / 25) + 40 * np.cos(y / 30)).astype(np.uint8)
    landmarks = 100 + 2 * (TARGETS - 24)
    upright = crop_face(image, landmarks.tolist())
    angle = np.deg2rad(30)
    turned = np.asarray(Image.fromarray(image).rotate(30, Image.Resampling.BICUBIC))
    # Pillow turns counter-clockwise about the centre, with y down.
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = (landmarks - 100) @ matrix.T + 100
    difference = crop_face(turned, moved.tolist()).astype(int) - upright
    assert np.abs(difference).mean() < 1


def test_beyond_the_edge_the_edge_is_repeated() -> None:
    image = np.full((30, 30), 200, np.uint8)
    assert (crop_face(image, (TARGETS - 40).tolist()) == 200).all()


def test_gray_is_rec_601_luma() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    luma = rgb @ np.array([0.299, 0.587, 0.114])
    assert np.abs(to_gray(rgb) - luma).max() <= 0.51
    landmarks = TARGETS.tolist()
    np.testing.assert_array_equal(crop_face(rgb, landmarks), crop_face(to_gray(rgb), landmarks))


@settings(max_examples=50)
@given(
    points=st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=5, max_size=5),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
)
def test_any_landmarks_give_a_crop(
    points: list[tuple[float, float]], size: tuple[int, int]
) -> None:
    crop = crop_face(np.full(size, 7, np.uint8), points)
    assert crop.shape == (48, 48)
    assert (crop == 7).all()


@pytest.mark.parametrize(
    "points",
    [
        [(9.0, 9.0)] * 5,
        [(float(x), 5.0) for x in range(5)],
        [(48 - x, y) for x, y in TARGETS.tolist()],
        [(x, 48 - y) for x, y in TARGETS.tolist()],
    ],
    ids=["one point", "one line", "mirrored", "upside down and mirrored"],
)
def test_degenerate_landmarks_give_a_crop(points: list[tuple[float, float]]) -> None:
    assert crop_face(np.zeros((50, 60, 3), np.uint8), points).shape == (48, 48)


@pytest.mark.parametrize("size", [(48, 48), (1, 1), (96, 96), (300, 200), (7, 5000)])
def test_crops_of_any_size_become_48x48(size: tuple[int, int]) -> None:
    crop = resize_crop(np.full((*size, 3), 90, np.uint8))
    assert crop.shape == (48, 48)
    assert crop.dtype == np.uint8
    assert (crop == 90).all()


def test_a_crop_of_fer2013s_size_is_not_changed() -> None:
    face = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    np.testing.assert_array_equal(resize_crop(face), face)


def test_a_crop_that_is_not_square_keeps_its_proportions() -> None:
    image = np.zeros((96, 48), np.uint8)
    image[:, 24:] = 255
    crop = resize_crop(image)
    assert (crop[:, :24] == 0).all()
    assert (crop[:, 24:] == 255).all()
