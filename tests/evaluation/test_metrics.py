import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn import metrics as oracle

from mien.emotions import EMOTIONS
from mien.evaluation.metrics import compute_metrics, wilson_interval
from tests.evaluation.arrays import Predictions, predictions

pytestmark = pytest.mark.slow

many = settings(max_examples=60)


@many
@given(predictions())
def test_agrees_with_scikit_learn(case: Predictions) -> None:
    probabilities, labels = case
    predicted = probabilities.argmax(axis=1)
    present = np.unique(labels)
    found = compute_metrics(probabilities, labels)
    assert found.n == len(labels)
    assert found.accuracy == pytest.approx(oracle.accuracy_score(labels, predicted))
    macro = oracle.f1_score(labels, predicted, labels=present, average="macro", zero_division=0)
    assert found.macro_f1 == pytest.approx(macro)
    assert np.array(found.confusion).sum() == len(labels)
    for index, name in enumerate(EMOTIONS):
        one = found.per_emotion[name]
        assert one.support == (labels == index).sum()
        assert (one.recall is None) == (one.support == 0)
        assert (one.precision is None) == (index not in predicted)
        if one.recall is not None:
            assert one.recall == pytest.approx((predicted[labels == index] == index).mean())
        if one.precision is not None:
            assert one.precision == pytest.approx((labels[predicted == index] == index).mean())


@many
@given(predictions())
def test_log_likelihood_is_the_definition(case: Predictions) -> None:
    probabilities, labels = case
    picked = probabilities.astype(np.float64)[np.arange(len(labels)), labels]
    wanted = -np.log(np.maximum(picked, np.finfo(np.float64).eps)).mean()
    assert compute_metrics(probabilities, labels).nll == pytest.approx(wanted, rel=1e-4, abs=1e-6)


@many
@given(predictions(), st.data())
def test_every_figure_survives_json(case: Predictions, draw: st.DataObject) -> None:
    probabilities, labels = case
    flags = draw.draw(st.lists(st.booleans(), min_size=len(labels), max_size=len(labels)))
    found = compute_metrics(probabilities, labels, np.array(flags)).to_dict()
    again = json.loads(json.dumps(found, allow_nan=False))
    assert again["confusion"] == [list(row) for row in found["confusion"]]
    assert again["nll"] == found["nll"]
    assert math.isfinite(again["ece"])


@many
@given(st.integers(1, 5000), st.data())
def test_interval_is_scipys_wilson(n: int, draw: st.DataObject) -> None:
    successes = draw.draw(st.integers(0, n))
    wanted = binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson_interval(successes, n) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


def test_accuracy_without_copies() -> None:
    probabilities = np.eye(7, dtype=np.float32)[[0, 1, 2, 3]]
    labels = np.array([0, 1, 0, 0])
    found = compute_metrics(probabilities, labels, np.array([True, False, False, True]))
    assert found.accuracy == 0.5
    assert found.without_copies is not None
    assert (found.without_copies.n, found.without_copies.accuracy) == (2, 0.5)
    assert found.without_copies.accuracy_interval == wilson_interval(1, 2)


def test_copies_alone_leave_nothing_to_measure() -> None:
    found = compute_metrics(np.eye(7)[:1], np.array([0]), np.array([True]))
    assert found.without_copies is None


@pytest.mark.parametrize(
    ("probabilities", "labels"),
    [
        (np.zeros((0, 7)), []),
        (np.full((2, 7), 1 / 7), [0]),
        (np.full((1, 8), 1 / 8), [0]),
        (np.full((1, 7), 1 / 7), [7]),
        (np.full((1, 7), 1 / 7), [-1]),
        (np.full((1, 7), 0.2), [0]),
        (np.full((1, 7), np.nan), [0]),
        (np.array([[2, -1, 0, 0, 0, 0, 0.0]]), [0]),
    ],
)
def test_no_predictions(probabilities: np.ndarray, labels: list[int]) -> None:
    with pytest.raises(ValueError, match=r"probabilities|labels"):
        compute_metrics(probabilities, np.array(labels, np.int64))
