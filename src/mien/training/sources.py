"""Several sources in one training: what base rates each has, and what its teacher says."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.data import FaceDataset
from mien.errors import TrainingError
from mien.inference.classifier import Classifier
from mien.inference.model_card import LearnedSource
from mien.training.recipe import TRAINING_SPLIT
from mien.training.settings import Settings, Source


def base_rates(labels: NDArray[np.int64], sources: NDArray[np.int64], count: int) -> Tensor:
    """Returns how often each source has each label: float32 (S, L), rows sum to 1.

    One face of each label is added to every source, so that what a source never showed stays
    possible.

    Args:
        labels: int64 (N,).
        sources: int64 (N,), which source each is of, every one of S at least once.
        count: L, how many labels there are.
    """
    rates = [
        np.bincount(labels[sources == source], minlength=count) + 1.0
        for source in range(sources.max() + 1)
    ]
    return torch.tensor(np.stack([row / row.sum() for row in rates]), dtype=torch.float32)


def learned_sources(settings: Settings, data: FaceDataset) -> tuple[LearnedSource, ...]:
    """Returns what a model's card says of its sources.

    Args:
        settings: the recipe's.
        data: that trained it, with all splits.
    """
    training = data.subset(TRAINING_SPLIT)
    sources = _sources(training)
    named = settings.sources or [Source(name="training")]
    weights = torch.tensor([[source.prior_weight] for source in named], dtype=torch.float64)
    rates = base_rates(training.labels, sources, len(data.names)).double() ** weights
    rates = rates / rates.sum(dim=1, keepdim=True)
    return tuple(
        LearnedSource(
            source.name, int((sources == index).sum()), tuple(rates[index].tolist()), source.terms
        )
        for index, source in enumerate(named)
    )


def _sources(faces: FaceDataset) -> NDArray[np.int64]:
    return np.zeros(len(faces), np.int64) if faces.sources is None else faces.sources


def of_source(logits: Tensor, rates: Tensor, sources: Tensor) -> Tensor:
    """Returns logits of labels as common as in each face's source.

    The network's own logits know no base rates, as each source has others: training adds them
    where it compares with labels (Menon et al. 2021, "Long-tail learning via logit adjustment").

    Args:
        logits: (N, L), the network's.
        rates: (S, L), `base_rates`.
        sources: int64 (N,), of each face.
    """
    return logits + rates.log()[sources]


def targets(settings: Settings, training: FaceDataset) -> Tensor | None:
    """Returns what is learned of each face, float32 (N, L): its label and its teacher's opinion.

    Teachers see each face once, as it is, and assume the base rates of its source.

    Args:
        settings: the recipe's.
        training: the faces to learn from, their sources in the recipe's order.

    Returns:
        Shares of the labels; None where no source has a teacher.

    Raises:
        ModelError: there is no such teacher.
        TrainingError: a teacher has other labels, or learned from other faces.
    """
    if all(source.teacher is None for source in settings.sources):
        return None
    shares = np.eye(len(training.names), dtype=np.float32)[training.labels]
    for index, source in enumerate(settings.sources):
        if source.teacher is None:
            continue
        chosen = _sources(training) == index
        teacher = _teacher(source, settings, training.labels[chosen])
        opinions = teacher.predict(training.images[chosen]).probabilities
        weight = source.teacher_weight
        shares[chosen] = (1 - weight) * shares[chosen] + weight * opinions
    return torch.from_numpy(shares)


def _teacher(source: Source, student: Settings, labels: NDArray[np.int64]) -> Classifier:
    """Opens a source's teacher, for base rates as they are among the source's labels."""
    teacher = Classifier(str(source.teacher))
    card, wanted = teacher.card, student.data.format
    if card.labels != wanted.names or card.face != wanted.face:
        raise TrainingError(
            f"the teacher '{source.teacher}' of source '{source.name}' has {card.face} faces "
            f"labelled {', '.join(card.labels)}",
            remedy="name a teacher of the recipe's data.labels, data.side and data.color",
        )
    if card.alignment != student.data.alignment:
        raise TrainingError(
            f"the teacher '{source.teacher}' of source '{source.name}' learned from faces of "
            f"another alignment",
            remedy=f"set data.alignment to '{card.alignment}'",
        )
    if not card.sources:
        return teacher
    (rates,) = base_rates(labels, np.zeros_like(labels), len(card.labels)).tolist()
    return teacher.with_prior(dict(zip(card.labels, rates, strict=True)))


def source_weights(settings: Settings, training: FaceDataset) -> NDArray[np.float32] | None:
    """Returns how much each face's label counts by its source; None where all count alike."""
    weights = np.array([source.weight for source in settings.sources], np.float32)
    return None if (weights == 1).all() else weights[_sources(training)]


def balance(sources: Tensor) -> Tensor:
    """Returns weights (S,) by which all sources count alike, however many faces they have."""
    counts = torch.bincount(sources).float()
    return counts.sum() / (len(counts) * counts)
