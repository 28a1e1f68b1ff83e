import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.audit.labels import confident_suggestions, wrong_label_findings
from mien.emotions import EMOTIONS
from tests.audit.conftest import make_dataset, photos


def confident_joint_by_hand(probabilities: np.ndarray, labels: np.ndarray) -> list[int]:
    """Equation 1 of Northcutt et al., letter by letter."""
    found = []
    for row in probabilities:
        best, best_value = -1, -1.0
        for emotion in range(7):
            own = [
                p[emotion]
                for p, label in zip(probabilities, labels, strict=True)
                if label == emotion
            ]
            if own and row[emotion] >= np.mean(own) and row[emotion] > best_value:
                best, best_value = emotion, row[emotion]
        found.append(best)
    return found


@given(st.lists(st.integers(0, 6), min_size=1, max_size=20), st.integers(0, 999))
def test_confident_learning_is_that_of_the_paper(labels: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(7) / 2, len(labels))
    found = confident_suggestions(probabilities, np.array(labels))
    assert found.tolist() == confident_joint_by_hand(probabilities, np.array(labels))


def shares(*chosen: dict[str, float]) -> np.ndarray:
    return np.array([[row.get(name, 0.0) for name in EMOTIONS] for row in chosen])


@pytest.mark.parametrize(
    ("votes", "model", "found"),
    [
        ({"happy": 8, "sad": 1, "unknown": 1}, {"sad": 0.9}, True),  # the voters alone
        ({"happy": 7, "neutral": 3}, {"sad": 0.9}, False),
        ({"happy": 7, "neutral": 3}, {"happy": 0.9}, True),  # the voters, and the network
        ({"happy": 7, "neutral": 3}, {"neutral": 0.9}, False),  # not of one mind
        ({"happy": 4, "neutral": 3, "fear": 3}, {"happy": 0.9}, False),  # no half
        ({"happy": 8, "sad": 2}, {"happy": 0.9}, False),  # two voters saw the label
        ({"contempt": 10}, {"happy": 0.9}, False),
        ({}, {"happy": 0.9}, False),
    ],
)
def test_what_convicts_a_label(votes: dict[str, int], model: dict[str, float], found: bool) -> None:
    others = [{"sad": 10}, {"happy": 10}, {"neutral": 10}]
    data = make_dataset(photos(4), ["sad", "sad", "happy", "neutral"], votes=[votes, *others])
    probabilities = shares(model, {"sad": 0.8}, {"happy": 0.8}, {"neutral": 0.8})
    findings = list(wrong_label_findings(data, probabilities))
    assert [each.index for each in findings] == ([0] if found else [])
    if found:
        assert findings[0].suggestion == "happy"
        assert findings[0].score == pytest.approx((votes["happy"] - votes.get("sad", 0)) / 10)


def test_votes_alone_and_probabilities_alone() -> None:
    labels = ["sad", "sad", "happy"]
    voted = make_dataset(photos(3), labels, votes=[{"happy": 10}, {"sad": 10}, {"happy": 10}])
    (found,) = wrong_label_findings(voted, None)
    assert found.reason == "happy has 100% of the FER+ votes, sad 0%"
    unvoted = make_dataset(photos(3), labels)
    probabilities = shares({"happy": 0.9, "sad": 0.1}, {"sad": 0.8, "happy": 0.2}, {"happy": 0.7})
    unsure = shares({"happy": 0.7, "sad": 0.3}, {"sad": 0.8, "happy": 0.2}, {"happy": 0.7})
    assert list(wrong_label_findings(unvoted, unsure)) == []
    (found,) = wrong_label_findings(unvoted, probabilities)
    assert (found.index, found.suggestion, found.score) == (0, "happy", pytest.approx(0.8))
    assert found.reason == "happy has 90% out-of-fold probability, sad 10%"
    assert list(wrong_label_findings(unvoted, None)) == []
