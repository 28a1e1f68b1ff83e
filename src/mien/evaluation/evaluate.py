"""A model on one split of a data set: everything that a report needs, in one object."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.data.align import OnBatch, align_as
from mien.data.dataset import FaceDataset
from mien.data.duplicates import has_copy
from mien.errors import DataError, ModelError
from mien.evaluation.groups import Group, group_by
from mien.evaluation.light import LightThirds, light_thirds
from mien.evaluation.metrics import INTERVAL_METHOD, Metrics, compute_metrics
from mien.evaluation.mistakes import Mistake, find_mistakes
from mien.evaluation.people import PeopleAccuracy, accuracy_over_people
from mien.evaluation.taggers import TaggerLoss, tagger_loss
from mien.inference.classifier import Classifier
from mien.inference.model_card import ModelCard

TRAINING = "Training"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model answered on one split, and how good that was.

    Attributes:
        card: what the model file says of itself.
        model: the path of the model file.
        fingerprint: of the whole data set, not of the split alone.
        split: the split evaluated.
        metrics: measured on it.
        probabilities: float32 (N, L), predicted by the model.
        labels: int64 (N,), what they should be.
        prior: the name of the base rates that the probabilities assume; empty for the model's own.
        people: the accuracy with people as units; None where nobody is known.
        light: thirds of the faces by brightness; None where they are too few.
        taggers: the log loss against FER+'s votes; None where there are none.
        groups: for each column asked for, the accuracy of each of its values.
        faces: those evaluated, as they came.
    """

    card: ModelCard
    model: Path
    fingerprint: str
    split: str
    metrics: Metrics
    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64]
    prior: str = ""
    people: PeopleAccuracy | None = None
    light: LightThirds | None = None
    taggers: TaggerLoss | None = None
    groups: Mapping[str, tuple[Group, ...]] = field(default_factory=dict)
    faces: FaceDataset | None = None

    @property
    def mistakes(self) -> list[Mistake]:
        """The faces that are wrong, the surest first; none where the faces were not kept."""
        return [] if self.faces is None else find_mistakes(self.faces, self.probabilities)

    @property
    def saw_split(self) -> str:
        """What the model had to do with these very faces: "trained", "calibrated" or "nothing".

        By its card: it trained on the Training split of the data whose fingerprint it carries,
        and its calibration was fitted, and the model chosen, on the split its figures name.
        """
        if self.card.data_fingerprint != self.fingerprint:
            return "nothing"
        if self.split == TRAINING:
            return "trained"
        return "calibrated" if self.card.figures.get("split") == self.split else "nothing"

    def to_dict(self) -> dict[str, Any]:
        """Returns what `mien evaluate --json` writes."""
        return {
            "model": {
                "name": self.card.name,
                "version": self.card.version,
                "file": self.model.name,
                "temperature": self.card.temperature,
                "alignment": self.card.alignment,
                "data_fingerprint": self.card.data_fingerprint,
            },
            "data_fingerprint": self.fingerprint,
            "split": self.split,
            "saw_split": self.saw_split,
            "prior": self.prior or None,
            "interval": INTERVAL_METHOD,
            "metrics": self.metrics.to_dict(),
            "people": self.people and asdict(self.people),
            "light": self.light and asdict(self.light),
            "taggers": self.taggers and asdict(self.taggers),
            "groups": {
                name: [asdict(group) for group in groups] for name, groups in self.groups.items()
            },
        }


def evaluate(
    model: str | Path | Classifier,
    data: FaceDataset,
    split: str,
    on_batch: OnBatch = lambda _done, _total: None,
    by: Sequence[str] = (),
) -> Evaluation:
    """Runs a model on one split and measures it.

    A model whose card says that it was trained on aligned faces is given the split's faces
    aligned; copies are sought among the faces as they come, so that every model is measured on
    the same ones.

    Where the data has a Training split and another is evaluated, the faces that have a copy or
    near copy in Training are found too, and the accuracy on all others is given beside.

    Args:
        model: a shipped name, the path of a model file, or a classifier already open.
        data: with the split to evaluate, its faces as they come.
        split: its name.
        on_batch: called as the faces are aligned, with the number done and of all.
        by: columns whose values are measured apart; see `mien.evaluation.groups`.

    Raises:
        DataError: the data has no such split or column, or other labels or faces than the model.
        ModelError: the model is missing, breaks the contract, or answers no probabilities.
    """
    classifier = model if isinstance(model, Classifier) else Classifier(model)
    _check_format(classifier, data)
    faces = data.subset(split)
    seen = align_as(classifier.card.alignment, faces, on_batch)
    probabilities = classifier.predict(seen.images).probabilities
    copies = None
    if split != TRAINING and TRAINING in data.split_counts:
        copies = has_copy(faces.images, data.subset(TRAINING).images)
    try:
        metrics = compute_metrics(probabilities, faces.labels, copies, data.names)
    except ValueError as error:
        raise ModelError(f"{error}; export the model again", subject=classifier.path) from None
    right = probabilities.argmax(axis=1) == faces.labels
    votes = faces.comparable_votes
    return Evaluation(
        classifier.card,
        classifier.path,
        data.fingerprint,
        split,
        metrics,
        probabilities,
        faces.labels,
        classifier.prior,
        None if faces.people is None else accuracy_over_people(right, faces.people),
        light_thirds(faces.images, right, faces.labels),
        None if votes is None else tagger_loss(probabilities, votes),
        group_by(faces, right, by),
        faces,
    )


def _check_format(classifier: Classifier, data: FaceDataset) -> None:
    card = classifier.card
    if data.names != card.labels:
        raise DataError(
            f"the data is labelled {', '.join(data.names)}, but the model {card.name} knows "
            f"{', '.join(card.labels)}",
            remedy="choose a model of the same labels",
        )
    if data.format.face != card.face:
        raise DataError(
            f"the data has {data.format.face} faces, but the model {card.name} takes {card.face}",
            remedy="load the data in the model's format",
        )
