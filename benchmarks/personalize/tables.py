"""What benchmarks/personalization.py prints."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.metrics import compute_metrics
from mien.personalization.adapter import normalize
from mien.personalization.learning import learn
from mien.personalization.samples import Samples
from personalize.measure import Worth, accuracy, gated, measure
from personalize.rivals import both, confusion_covariance, head, linear_covariance
from personalize.users import TAUGHT, User, next_emotion

MEASURES = (
    ("accuracy, points", "accuracy", 1),
    ("log-likelihood, nats", "log_likelihood", 2),
    ("everybody else, points", "strangers", 1),
)
_CHANGED_AFTER = TAUGHT - 10
Curves = Mapping[str, Mapping[int, Worth]]


def print_curves(title: str, users: Sequence[User], curves: Curves) -> None:
    """Prints a table for each thing measured: a row a method, a column a number of corrections."""
    right = [accuracy(user.unseen.probabilities, user.unseen.labels) for user in users]
    print(
        f"\n## {title}: {len(users)} users; the base model names {np.mean(right):.1f} % of their "
        f"unseen faces (standard deviation {np.std(right, ddof=1):.1f})"
    )
    for name, field, digits in MEASURES:
        counts = next(iter(curves.values()))
        print(f"\n| {name} | {' | '.join(map(str, counts))} |\n|{' --- |' * (len(counts) + 1)}")
        for method, curve in curves.items():
            cells = (_cell(getattr(worth, field), digits) for worth in curve.values())
            print(f"| {method} | {' | '.join(cells)} |", flush=True)
    for method, curve in curves.items():
        if any(worth.generalizes.any() for worth in curve.values()):
            print(
                f"{method}: generalizes",
                *(f"{worth.generalizes.mean():.0%}" for worth in curve.values()),
            )


def _cell(changes: NDArray[np.float64], digits: int) -> str:
    return f"{changes.mean():+.{digits}f} ± {changes.std(ddof=1):.{digits}f}"


def print_likeness(users: Sequence[User]) -> None:
    """Prints how much what users show again looks like what they taught, and like others'."""
    own, others = [], []
    for user in users:
        taught, again = normalize(user.taught.embeddings), normalize(user.unseen.embeddings)
        own.append((np.repeat(taught, len(again) // len(taught), axis=0) * again).sum(axis=1))
        others.append((normalize(user.strangers.embeddings) @ taught.T).ravel())
    for title, cosines in (("a pose again", own), ("strangers", others)):
        quantiles = np.quantile(np.concatenate(cosines), (0.05, 0.5, 0.95, 0.999))
        print(
            f"cosines of {title}, at 5, 50, 95, 99.9 %:", *(f"{cosine:.2f}" for cosine in quantiles)
        )


def print_calibration(users: Sequence[User]) -> None:
    """Prints the calibration error on all users' unseen faces together, before and after."""
    labels = np.concatenate([user.unseen.labels for user in users])
    for count in (0, 5, 20, TAUGHT):
        answers = [gated(user.taught.take(np.arange(count)))(user.unseen) for user in users]
        metrics = compute_metrics(np.concatenate(answers), labels)
        print(f"calibration error after {count} corrections: {metrics.ece:.3f} (n = {metrics.n})")


def print_drift(users: Sequence[User], rng: np.random.Generator) -> None:
    """Prints how often drift is said of users who stay the same, and of users who change."""
    for title, changed in (("stay", False), ("change", True)):
        said = [
            learn(_history(user.taught, changed, rng)).figures.drift is not None for user in users
        ]
        print(f"users who {title}: drift is said of {np.mean(said):.0%} (n = {len(said)})")


def print_mistakes(users: Sequence[User]) -> None:
    """Prints what ships is worth to users who teach what the model gets wrong, and nothing else."""
    for count in (2, 5, 10, 20):
        only = [replace(user, taught=_mistakes(user.taught)) for user in users]
        enough = [user for user in only if len(user.taught) >= count]
        worth = measure(gated, enough, count)
        print(
            f"{count} mistakes taught: {_cell(worth.accuracy, 1)}, everybody else "
            f"{_cell(worth.strangers, 1)}, generalizes {worth.generalizes.mean():.0%} "
            f"(n = {len(enough)})"
        )


def _mistakes(taught: Samples) -> Samples:
    return taught.take(taught.probabilities.argmax(axis=1) != taught.labels)


def print_frontier(users: Sequence[User]) -> None:
    """Prints what stronger and weaker heads win and cost, ungated, after 20 corrections."""
    print("\n| variance | with likeness | confusion | linear head |\n| --- | --- | --- | --- |")
    for variance in (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0):
        cells = []
        for covariance in (
            both(24.0, variance, 8),
            confusion_covariance(variance, 8),
            linear_covariance(variance),
        ):
            worth = measure(head(covariance), users, 20)
            cells.append(f"{worth.accuracy.mean():+.1f}, {worth.strangers.mean():+.1f}")
        print(f"| {variance} | {' | '.join(cells)} |")


def print_bound(users: Sequence[User]) -> None:
    """Prints what could be won at most by renaming each answer of the model, knowing the truth.

    Of each group, all faces of one answer get the name that most of them bear: no user can know
    which that is without having seen the faces that are counted.
    """
    gains = []
    for user in users:
        answers, labels = user.unseen.probabilities.argmax(axis=1), user.unseen.labels
        most = sum(np.bincount(labels[answers == name]).max() for name in np.unique(answers))
        gains.append(100 * most / len(labels) - accuracy(user.unseen.probabilities, labels))
    print(f"at most, knowing the truth: {_cell(np.array(gains), 1)} points")


def _history(taught: Samples, changed: bool, rng: np.random.Generator) -> Samples:
    """Returns what was taught; of one who changed, the last ten labels are the next emotion's."""
    labels = taught.labels.copy()
    if changed:
        labels[_CHANGED_AFTER:] = next_emotion(taught, rng)[_CHANGED_AFTER:]
    return Samples(taught.embeddings, taught.probabilities, labels)
