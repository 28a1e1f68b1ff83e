"""Box arithmetic, checked against slow and plain versions of itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.inference.detection.boxes import regress, square, suppress


def random_boxes(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 60, (count, 2))
    return np.concatenate([corners, corners + rng.uniform(5, 40, (count, 2))], axis=1)


def overlap(one: np.ndarray, other: np.ndarray, over: str) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    both = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return both / (min(areas) if over == "smaller" else sum(areas) - both)


@given(
    count=st.integers(0, 30),
    seed=st.integers(0, 2**32 - 1),
    limit=st.sampled_from([0.3, 0.5, 0.7]),
    over=st.sampled_from(["union", "smaller"]),
)
def test_suppression_is_greedy_by_score(count: int, seed: int, limit: float, over: str) -> None:
    boxes = random_boxes(count, seed)
    scores = np.random.default_rng(seed).permutation(count) / 100
    expected: list[int] = []
    for index in np.argsort(-scores):
        if all(overlap(boxes[index], boxes[kept], over) <= limit for kept in expected):
            expected.append(int(index))
    assert suppress(boxes, scores, limit, over).tolist() == expected


def test_regress_moves_edges_by_fractions() -> None:
    boxes = np.array([[10, 20, 30, 60]], np.float32)
    moved = regress(boxes, np.array([[0.5, -0.25, 0, 0.1]], np.float32))
    np.testing.assert_allclose(moved, [[20, 10, 30, 64]])


@pytest.mark.parametrize(
    ("box", "expected"),
    [([0, 0, 4, 8], [-2, 0, 6, 8]), ([3, 3, 3, 3], [2, 2, 4, 4]), ([5, 5, 9, 9], [5, 5, 9, 9])],
)
def test_square_grows_the_shorter_side(box: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(square(np.array([box], np.float32)), [expected])
