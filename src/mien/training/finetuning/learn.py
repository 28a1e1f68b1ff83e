"""`mien train --from`: a model of your own labels, and whether it beats the one it came from."""

import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.model_selection import StratifiedGroupKFold

from mien import __version__
from mien.data.align import align_as
from mien.data.dataset import FaceDataset
from mien.data.splits import people_of
from mien.errors import DataError, TrainingError
from mien.evaluation.metrics import Interval, compute_metrics
from mien.evaluation.people import accuracy_over_people, interval_over_people
from mien.files import replacing
from mien.inference.classifier import Classifier
from mien.inference.model_card import LearnedSource, ModelCard
from mien.training.finetuning.graph import replace_head
from mien.training.finetuning.head import FLOOR, Features, Floats, Head, fit_head
from mien.training.prototypes import find_prototypes

OnStep = Callable[[int, int], None]
"""Called with the number of fits done and of all."""

PENALTIES = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03)
"""Tried from the strongest; the strongest wins a tie."""

FEWEST = 5
"""Faces of each label, and people where they are known."""

MODEL, COMPARISON = "model.onnx", "comparison.json"
"""What a fine-tuning writes."""

_FOLDS = 5
_TOLERANCE = 1e-4  # between the file's answers and those of the arithmetic here
_SPLIT = "Training"


@dataclass(frozen=True)
class Comparison:
    """The new model and the old one on the same faces, each judged by folds without its person.

    Attributes:
        n: how many faces.
        people: how many people; None where nobody is known, and faces were dealt out.
        accuracy: of the new model.
        accuracy_interval: 95 %, over people by bootstrap; over faces where nobody is known.
        old_accuracy: of the old one, choosing among the same labels; None where it lacks one.
        gain: the difference.
        gain_interval: 95 %, paired, over people by bootstrap.
    """

    n: int
    people: int | None
    accuracy: float
    accuracy_interval: Interval
    old_accuracy: float | None
    gain: float | None
    gain_interval: Interval | None

    @property
    def is_better(self) -> bool:
        """Whether the new model is shown to be better, or there is nothing to compare it with."""
        return self.gain_interval is None or self.gain_interval[0] > 0


@dataclass(frozen=True, eq=False)
class FineTuned:
    """What a fine-tuning came to.

    Attributes:
        comparison: with the model that it began from.
        penalty: that was chosen.
        model: the file; None where the old model is not beaten, so that nothing was written.
    """

    comparison: Comparison
    penalty: float
    model: Path | None


def fine_tune(
    base: Classifier,
    data: FaceDataset,
    out: Path,
    on_step: OnStep = lambda _done, _total: None,
) -> FineTuned:
    """Learns a new last layer from the faces of the split Training.

    How strongly it is held to the old model is chosen by cross-validation over people, within
    folds that are held out of the choice too, so that the comparison is with faces, people and a
    choice that the answers did not know.

    Args:
        base: the model to begin from.
        data: with any labels, in the format of the model's faces.
        out: the folder for `model.onnx` and `comparison.json`, without a model.
        on_step: shows progress.

    Returns:
        The comparison, and the file if the new model is better or knows labels that the old one
        does not.

    Raises:
        DataError: a label has too few faces, or the faces are of one person or of too few.
        TrainingError: there is a model in `out`, it cannot be written, or its file does not
            answer as what was learned.
    """
    target = out / MODEL
    if target.exists():
        raise TrainingError("there is a model already", subject=out, remedy="give another --out")
    faces = data.subset(_SPLIT)
    _check(faces)
    images = align_as(base.card.alignment, faces).images
    answers = base.predict(images)
    known = _known(base.card.labels, faces.names)
    features = Features(
        answers.embeddings.astype(np.float64),
        np.log(np.maximum(answers.probabilities.astype(np.float64), FLOOR)) @ known,
    )
    groups = people_of(faces)
    step = _Steps(on_step, (_FOLDS + 1) * len(PENALTIES) * _FOLDS)
    held_out = _held_out(features, faces.labels, groups, step)
    penalty = _choose(features, faces.labels, groups, step)
    old = answers.probabilities @ known if known.any(axis=0).all() else None
    comparison = _compare(held_out, old, faces)
    if not comparison.is_better:
        return FineTuned(comparison, penalty, None)
    head = fit_head(features, faces.labels, penalty)
    temperature = _temperature(held_out, faces.labels)
    card = replace(
        _card(base, faces, held_out / temperature, comparison),
        name=out.name,
        temperature=temperature,
        prototypes=find_prototypes(features.embeddings, faces),
    )
    model = replace_head(onnx.load(base.path), card, head, known, temperature)
    expected = softmax(head.logits(features) / temperature, axis=1)
    found = {"from": base.card.name, "penalty": penalty, **asdict(comparison)}
    _write(model, target, images, expected, json.dumps(found, indent=2) + "\n")
    return FineTuned(comparison, penalty, target)


def _check(faces: FaceDataset) -> None:
    """Refuses data of which nothing general can be learned, or measured."""
    for name, count in zip(
        faces.names, np.bincount(faces.labels, minlength=len(faces.names)), strict=True
    ):
        if count < FEWEST:
            raise DataError(
                f"label '{name}' has {count} face{'' if count == 1 else 's'} to learn from",
                remedy=f"add photos: each label needs {FEWEST}, better 50",
            )
    if faces.people is None:
        return
    people = np.unique(people_of(faces))
    if len(people) == 1:
        raise DataError(
            f"all faces are of one person, '{people[0]}'",
            remedy="add other people; for one alone there is 'mien profile teach'",
        )
    if len(people) < FEWEST:
        raise DataError(
            f"the faces are of {len(people)} people", remedy=f"add others: it takes {FEWEST}"
        )


def _known(old: tuple[str, ...], new: tuple[str, ...]) -> Floats:
    """Returns (L old, L new), 1 where a label is the same."""
    return np.array([[float(name == label) for label in new] for name in old])


class _Steps:
    """Counts fits."""

    def __init__(self, on_step: OnStep, total: int) -> None:
        self._on_step, self._total, self._done = on_step, total, 0

    def __call__(self) -> None:
        self._done += 1
        self._on_step(self._done, self._total)


def _folds(
    labels: NDArray[np.int64], groups: NDArray[np.str_]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yields faces to learn from and faces held out; nobody is on both sides."""
    count = min(_FOLDS, len(np.unique(groups)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's, of a rare label
        parts = StratifiedGroupKFold(count, shuffle=True, random_state=0)
        yield from parts.split(np.zeros(len(labels)), labels, groups)


def _held_out(
    features: Features, labels: NDArray[np.int64], groups: NDArray[np.str_], step: _Steps
) -> Floats:
    """Returns logits (N, L): each face's by a head whose penalty and weights did not know it."""
    logits = np.empty(features.logs.shape)
    for learned, held in _folds(labels, groups):
        penalty = _choose(features.take(learned), labels[learned], groups[learned], step)
        head = fit_head(features.take(learned), labels[learned], penalty)
        logits[held] = head.logits(features.take(held))
    return logits


def _choose(
    features: Features, labels: NDArray[np.int64], groups: NDArray[np.str_], step: _Steps
) -> float:
    """Returns the penalty of the least cross-validated log loss."""
    losses = np.zeros(len(PENALTIES))
    for learned, held in _folds(labels, groups):
        head: Head | None = None
        for at, penalty in enumerate(PENALTIES):
            head = fit_head(features.take(learned), labels[learned], penalty, head)
            losses[at] += _loss(head.logits(features.take(held)), labels[held]) * len(held)
            step()
    return PENALTIES[int(losses.argmin())]


def _loss(logits: Floats, labels: NDArray[np.int64]) -> float:
    rows = log_softmax(logits, axis=1)[np.arange(len(labels)), labels]
    return float(-rows.mean())


def _temperature(logits: Floats, labels: NDArray[np.int64]) -> float:
    """Returns the divisor of held-out logits under which their log loss is least."""
    found = minimize_scalar(
        lambda log: _loss(logits / np.exp(log), labels), bounds=(-2.0, 2.0), method="bounded"
    )
    return float(np.exp(found.x))


def _compare(logits: Floats, old: Floats | None, faces: FaceDataset) -> Comparison:
    people = people_of(faces)
    right = logits.argmax(axis=1) == faces.labels
    over = accuracy_over_people(right, people)
    count = None if faces.people is None else over.people
    if old is None:
        return Comparison(
            len(faces), count, over.accuracy, over.accuracy_interval, None, None, None
        )
    was_right = old.argmax(axis=1) == faces.labels
    gain = right.astype(float) - was_right
    return Comparison(
        len(faces),
        count,
        over.accuracy,
        over.accuracy_interval,
        float(was_right.mean()),
        float(gain.mean()),
        interval_over_people(gain, people),
    )


def _card(
    base: Classifier, faces: FaceDataset, logits: Floats, comparison: Comparison
) -> ModelCard:
    """Returns the old card with what is said of the new labels, faces and figures."""
    counts = np.bincount(faces.labels, minlength=len(faces.names)) + 1.0
    shares = softmax(logits, axis=1).astype(np.float32)
    metrics = compute_metrics(shares, faces.labels, names=faces.names)
    wanted = ("n", "mean_recall", "macro_f1", "nll", "ece")
    figures = {
        "split": _SPLIT,
        "measured": "cross-validated over people" if comparison.people else "cross-validated",
        **{key: getattr(metrics, key) for key in wanted},
        **{key: value for key, value in asdict(comparison).items() if value is not None},
        "class_weights": "none",
    }
    text = f"# A last layer on `{base.card.name}` (SHA-256 {base.digest}), the network unchanged.\n"
    return replace(
        base.card,
        version=__version__,
        recipe=text + base.card.recipe,
        data_fingerprint=faces.fingerprint,
        correction=(0.0, 0.0, 0.0),
        figures=figures,
        labels=faces.names,
        sources=(LearnedSource("own", len(faces), tuple((counts / counts.sum()).tolist())),),
    )


def _write(
    model: onnx.ModelProto, target: Path, images: NDArray[np.uint8], expected: Floats, found: str
) -> None:
    """Writes model and comparison once the file's answers are those that were learned."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as beside:
            onnx.save(model, beside)
            apart = np.abs(Classifier(beside).predict(images).probabilities - expected).max()
            if not apart <= _TOLERANCE:
                raise TrainingError(f"the file's answers differ by {apart:.2g}; not saved")
            with replacing(target.with_name(COMPARISON)) as text:
                text.write_text(found, encoding="utf-8")
    except OSError as error:
        raise TrainingError(
            f"cannot be written ({error.strerror})", subject=target, remedy="give another --out"
        ) from None
