"""Learning an adapter from a user's samples, with figures that say how well it predicts them."""

import json
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from mien.personalization.adapter import (
    Adapter,
    confusion_covariance,
    fit,
    normalize,
    similarity_covariance,
    to_logits,
)
from mien.personalization.samples import Samples, group_copies
from mien.personalization.validation import (
    cross_validate,
    describe_drift,
    log_loss,
    should_generalize,
)
from mien.storage.rows import make

MAX_SAMPLES = 500
"""How many samples are learned from, the newest: the time grows with their cube."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How well an adapter predicts the samples that it was learned from.

    Attributes:
        samples: how many it was learned from.
        generalizes: whether the corrections apply to all faces; otherwise to similar faces only.
        base_log_loss: the model's mean log loss on them, in nats; 0 if there are none.
        adapted_log_loss: the adapter's, cross-validated: each sample is predicted from the others,
            without its copies.
        base_accuracy: the share of them that the model labels as the user does, 0 to 1.
        adapted_accuracy: the adapter's, cross-validated likewise.
        drift: a warning if the recent samples disagree with the older ones; otherwise None.
    """

    samples: int
    generalizes: bool
    base_log_loss: float
    adapted_log_loss: float
    base_accuracy: float
    adapted_accuracy: float
    drift: str | None

    def to_json(self) -> str:
        """Returns the figures as they are stored; `generalizes` is called gate_open there."""
        values = asdict(self)
        values["gate_open"] = values.pop("generalizes")
        return json.dumps(values)

    @classmethod
    def from_json(cls, text: str) -> "Figures":
        """Reads the text that `to_json` returned.

        Raises:
            ValueError: it is not JSON.
            AttributeError: it is not a JSON object.
            KeyError: `gate_open` is missing.
            TypeError: another figure is missing or no number, or one is unknown.
        """
        values = json.loads(text)
        values["generalizes"] = values.pop("gate_open")
        return make(cls, values)


@dataclass(frozen=True, eq=False)
class LearningResult:
    """An adapter learned from a user's samples, and its figures."""

    adapter: Adapter
    figures: Figures


def learn(samples: Samples) -> LearningResult:
    """Learns an adapter from a user's samples, the newest 500 of them.

    Args:
        samples: any number, also 0; the oldest first.
    """
    newest = samples.take(np.arange(len(samples))[-MAX_SAMPLES:])
    embeddings, roots = normalize(newest.embeddings), np.sqrt(newest.probabilities)
    similarity = similarity_covariance(embeddings, embeddings)
    both = similarity + confusion_covariance(roots @ roots.T)
    base, groups = to_logits(newest.probabilities), group_copies(embeddings @ embeddings.T)
    similar_only, general = (
        cross_validate(newest, covariance, groups) for covariance in (similarity, both)
    )
    generalizes = should_generalize(general, similar_only, newest, groups)
    covariance, adapted = (both, general) if generalizes else (similarity, similar_only)
    (coefficients,) = fit(covariance, base, newest.labels, np.ones((1, len(newest)), bool))
    figures = Figures(
        samples=len(newest),
        generalizes=generalizes,
        base_log_loss=_mean(log_loss(base, newest.labels)),
        adapted_log_loss=_mean(log_loss(adapted, newest.labels)),
        base_accuracy=_mean(base.argmax(axis=1) == newest.labels),
        adapted_accuracy=_mean(adapted.argmax(axis=1) == newest.labels),
        drift=describe_drift(newest, covariance, adapted),
    )
    adapter = Adapter(embeddings, roots, coefficients.astype(np.float32), generalizes)
    return LearningResult(adapter, figures)


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.mean()) if values.size else 0.0
