"""What a way to learn is worth, over users and numbers of corrections."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.personalization.learning import learn
from mien.personalization.samples import Samples
from personalize.rivals import Answer, Array, Method
from personalize.users import User

COUNTS = (0, 1, 2, 5, 10, 20, 50)


class Worth(NamedTuple):
    """Of U users: changes against the base model, each (U,).

    Accuracies in points, log-likelihoods in nats.
    """

    accuracy: NDArray[np.float64]
    log_likelihood: NDArray[np.float64]
    strangers: NDArray[np.float64]
    generalizes: NDArray[np.bool_]


def gated(samples: Samples) -> Answer:
    """What ships: `mien.personalization.learning`."""
    adapter = learn(samples).adapter
    return lambda faces: adapter.adapt(faces.probabilities, faces.embeddings)


def measure(method: Method, users: Sequence[User], corrections: int) -> Worth:
    """Lets each user teach their first so many faces, and asks for the unseen ones."""
    rows = [_measure_one(method, user, corrections) for user in users]
    return Worth(*(np.array(column) for column in zip(*rows, strict=True)))


def gain_for_cost(method: Method, users: Sequence[User]) -> float:
    """What methods are tuned to: points won, less three times what everybody else loses."""
    worths = [measure(method, users, count) for count in (5, 20, 50)]
    return float(np.mean([worth.accuracy.mean() + 3 * worth.strangers.mean() for worth in worths]))


def accuracy(answer: Array, labels: NDArray[np.int64]) -> float:
    return 100 * float((answer.argmax(axis=1) == labels).mean())


def _measure_one(method: Method, user: User, corrections: int) -> tuple[float, float, float, bool]:
    taught = user.taught.take(np.arange(corrections))
    answer = method(taught)
    generalizes = method is gated and learn(taught).figures.generalizes
    mine, theirs = answer(user.unseen), answer(user.strangers)
    return (
        accuracy(mine, user.unseen.labels) - accuracy(*_base(user.unseen)),
        _log_likelihood(mine, user.unseen.labels) - _log_likelihood(*_base(user.unseen)),
        accuracy(theirs, user.strangers.labels) - accuracy(*_base(user.strangers)),
        generalizes,
    )


def _base(faces: Samples) -> tuple[Array, NDArray[np.int64]]:
    return faces.probabilities, faces.labels


def _log_likelihood(answer: Array, labels: NDArray[np.int64]) -> float:
    return float(np.log(answer[np.arange(len(labels)), labels].clip(1e-6)).mean())
