"""That a user who changes is told so, and one who stays is not."""

import numpy as np

from mien.personalization.drift import RECENT
from mien.personalization.learn import learn
from mien.personalization.samples import Samples
from tests.personalization.faces import draw, relabel


def change(samples: Samples) -> Samples:
    """Returns the same faces; what the last ten show is called the next emotion."""
    labels = samples.labels.copy()
    labels[-RECENT:] = (labels[-RECENT:] + 1) % 7
    return relabel(samples, labels)


def test_a_user_who_changes_is_told() -> None:
    for seed in range(10):
        drift = learn(change(draw(40, seed))).drift
        assert drift is not None
        assert "the last 10 corrections disagree with the 30 before them" in drift


def test_a_user_who_stays_is_hardly_ever_told() -> None:
    assert sum(learn(draw(40, seed)).drift is not None for seed in range(30)) <= 3


def test_too_few_corrections_tell_nothing_of_drift() -> None:
    assert learn(change(draw(2 * RECENT - 1, seed=1))).drift is None
    assert learn(change(draw(2 * RECENT, seed=1))).drift is not None


def test_the_shares_are_those_of_the_labels() -> None:
    drift = learn(change(draw(60, seed=2))).drift
    assert drift is not None
    assert "foretells 0% of the last, and " in drift
    assert int(drift.split("and ")[1].split("%")[0]) > 80
    assert np.all(learn(draw(60, seed=2)).adapted_accuracy > 0.8)
