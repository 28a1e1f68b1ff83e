"""From a user's samples to an adapter, and whether it may generalise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.personalization.adapter import Adapter
from mien.personalization.copies import find_groups
from mien.personalization.drift import describe_drift
from mien.personalization.gate import cross_validate, is_open, log_loss
from mien.personalization.head import fit, to_logits
from mien.personalization.kernel import alikeness, sameness, to_units
from mien.personalization.samples import Samples

MOST = 500
"""How many samples are learned from, the newest: learning takes time with their cube."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """What was learned from a user's samples.

    Attributes:
        adapter: what to answer with. Where the gate is open it changes faces like the samples;
            where it is closed only faces as good as the same as one of them.
        gate_open: whether the samples show that what was learned holds for faces it has not seen.
        samples: how many it was learned from.
        base_log_loss: the base model's mean log loss on them, in nats; 0 if there are none.
        adapted_log_loss: the same of what would be answered with the gate open, cross-validated:
            for each sample it was learned from the others, its copies left out.
        base_accuracy: the share of them that the base model names as the user does, 0 to 1.
        adapted_accuracy: the same, cross-validated likewise.
        drift: what to tell a user whose recent samples disagree with the older ones; else None.
    """

    adapter: Adapter
    gate_open: bool
    samples: int
    base_log_loss: float
    adapted_log_loss: float
    base_accuracy: float
    adapted_accuracy: float
    drift: str | None

    @property
    def active(self) -> Adapter | None:
        """The adapter where there is anything to answer with; None without samples."""
        return self.adapter if self.samples else None


def learn(samples: Samples) -> Lesson:
    """Learns an adapter from a user's samples, the newest 500 of them.

    Args:
        samples: any number, 0 as well; the oldest first.
    """
    newest = samples.take(np.arange(len(samples))[-MOST:])
    units, answers = to_units(newest.embeddings), np.sqrt(newest.probabilities)
    cosines = units @ units.T
    shared = alikeness(cosines, answers @ answers.T)
    base = to_logits(newest.probabilities)
    groups = find_groups(cosines)
    adapted = cross_validate(newest, shared, groups)
    gate_open = is_open(adapted, newest, groups)
    learned = _fit(shared, base, newest.labels) * np.float32(gate_open)
    recalled = _fit(sameness(cosines), base + shared @ learned, newest.labels)
    return Lesson(
        adapter=Adapter(units, answers, learned, recalled),
        gate_open=gate_open,
        samples=len(newest),
        base_log_loss=_mean(log_loss(base, newest.labels)),
        adapted_log_loss=_mean(log_loss(adapted, newest.labels)),
        base_accuracy=_mean(base.argmax(axis=1) == newest.labels),
        adapted_accuracy=_mean(adapted.argmax(axis=1) == newest.labels),
        drift=describe_drift(newest, shared, adapted),
    )


def _fit(
    covariance: NDArray[np.float32], offsets: NDArray[np.floating], labels: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Returns the head (n, 7) that learns from all samples."""
    (head,) = fit(covariance, offsets, labels, np.ones((1, len(labels)), bool))
    return np.asarray(head, np.float32)


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.mean()) if values.size else 0.0
