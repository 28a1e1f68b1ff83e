"""How far a correction reaches, by how many there are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.personalization.kernel import likeness, to_units

DIMENSIONS = 100


def some_units(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return to_units(rng.normal(0.3, 1, (count, DIMENSIONS)).astype(np.float32))


@given(st.integers(1, 60), st.integers(0, 999))
def test_it_is_a_covariance(count: int, seed: int) -> None:
    units = some_units(count, seed)
    shared = likeness(units, units)
    np.testing.assert_allclose(shared, shared.T, atol=1e-4)
    assert np.linalg.eigvalsh(shared.astype(np.float64)).min() > -1e-3


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 999))
def test_of_more_samples_each_says_less_of_faces_unlike_it(few: int, added: int, seed: int) -> None:
    face, samples = some_units(1, seed), some_units(few + added, seed + 1)
    alone, crowded = likeness(face, samples[:few]), likeness(face, samples)[:, :few]
    assert (np.abs(crowded) <= np.abs(alone) + 1e-6).all()


@pytest.mark.parametrize(("count", "power"), [(1, 2), (8, 2), (9, 3), (24, 3), (25, 4), (500, 6)])
def test_the_power_rises_with_each_threefold(count: int, power: int) -> None:
    samples = np.zeros((count, DIMENSIONS), np.float32)
    samples[:, 0], samples[:, 1] = 0.6, 0.8  # a cosine of 0.6 with the face below
    face = np.eye(1, DIMENSIONS, dtype=np.float32)
    np.testing.assert_allclose(likeness(face, samples), 24 * 0.6**power, rtol=1e-4)


def test_a_face_says_most_of_itself() -> None:
    face = some_units(1, seed=3)
    for count in (1, 30, 300):
        shared = likeness(face, np.repeat(face, count, axis=0))
        np.testing.assert_allclose(shared, 24, rtol=1e-4)
