"""From a user's samples to an adapter, and whether it may generalise."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from mien.personalization.adapter import Adapter
from mien.personalization.copies import find_groups
from mien.personalization.drift import describe_drift
from mien.personalization.gate import cross_validate, is_open, log_loss
from mien.personalization.head import fit, to_logits
from mien.personalization.kernel import confusion, likeness, to_units
from mien.personalization.samples import Samples

MOST = 500
"""How many samples are learned from, the newest: learning takes time with their cube."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What an adapter is worth on the samples that it was learned from.

    Attributes:
        samples: how many it was learned from.
        gate_open: the adapter's.
        base_log_loss: the base model's mean log loss on them, in nats; 0 if there are none.
        adapted_log_loss: the adapter's, cross-validated: for each sample it was learned from the
            others, its copies left out.
        base_accuracy: the share of them that the base model names as the user does, 0 to 1.
        adapted_accuracy: the same, cross-validated likewise.
        drift: what to tell a user whose recent samples disagree with the older ones; else None.
    """

    samples: int
    gate_open: bool
    base_log_loss: float
    adapted_log_loss: float
    base_accuracy: float
    adapted_accuracy: float
    drift: str | None


@dataclass(frozen=True, eq=False)
class Lesson(Figures):
    """What was learned from a user's samples, and what that is worth.

    Attributes:
        adapter: what to answer with. It changes faces that look like a sample and, where its gate
            is open, faces that the base model answers like one.
    """

    adapter: Adapter

    @property
    def figures(self) -> Figures:
        """What it is worth, without what was learned."""
        return Figures(**{one.name: getattr(self, one.name) for one in fields(Figures)})


def learn(samples: Samples) -> Lesson:
    """Learns an adapter from a user's samples, the newest 500 of them.

    Args:
        samples: any number, 0 as well; the oldest first.
    """
    newest = samples.take(np.arange(len(samples))[-MOST:])
    units, answers = to_units(newest.embeddings), np.sqrt(newest.probabilities)
    alike = likeness(units, units)
    shared = alike + confusion(answers @ answers.T)
    base, groups = to_logits(newest.probabilities), find_groups(units @ units.T)
    recalled, adapted = (cross_validate(newest, one, groups) for one in (alike, shared))
    gate_open = is_open(adapted, recalled, newest, groups)
    used, foretold = (shared, adapted) if gate_open else (alike, recalled)
    (pushes,) = fit(used, base, newest.labels, np.ones((1, len(newest)), bool))
    return Lesson(
        adapter=Adapter(units, answers, pushes.astype(np.float32), gate_open),
        samples=len(newest),
        gate_open=gate_open,
        base_log_loss=_mean(log_loss(base, newest.labels)),
        adapted_log_loss=_mean(log_loss(foretold, newest.labels)),
        base_accuracy=_mean(base.argmax(axis=1) == newest.labels),
        adapted_accuracy=_mean(foretold.argmax(axis=1) == newest.labels),
        drift=describe_drift(newest, used, foretold),
    )


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.mean()) if values.size else 0.0
