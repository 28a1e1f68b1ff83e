"""From what a network answers to calibrated probabilities, for one source or several."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import softmax
from torch import Tensor, nn

from mien.evaluation.calibration import Calibration, deal, fit_calibration


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network answers of N faces, before calibration.

    Attributes:
        scores: float32 (N, S, L), logits of labels as common as in each of S sources.
        sources: float32 (N, S), logits of which source each face is like.
    """

    scores: NDArray[np.float32]
    sources: NDArray[np.float32]

    @classmethod
    def of(cls, logits: NDArray[np.float32], sources: NDArray[np.float32]) -> "Answers":
        """Makes them of an `Output`.

        Args:
            logits: (N, S, L), or (N, L) of one source.
            sources: (N, S), or (N, 0) of one source.
        """
        if logits.ndim == 3:
            return cls(logits, sources)
        return cls(logits[:, None], np.zeros((len(logits), 1), np.float32))

    def take(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> "Answers":
        """Returns the answers of some of the faces."""
        return Answers(self.scores[chosen], self.sources[chosen])


@dataclass(frozen=True)
class Posterior:
    """Calibrated probabilities: those in each source, weighed by how much a face is like it.

    Attributes:
        calibrations: one for each source.
        sharpness: factor on the logits of the sources.
        leanings: float (S,), added to them then.
    """

    calibrations: tuple[Calibration, ...]
    sharpness: float = 1.0
    leanings: tuple[float, ...] = (0.0,)

    @classmethod
    def fit(
        cls, answers: Answers, labels: NDArray[np.int64], sources: NDArray[np.int64] | None
    ) -> "Posterior":
        """Calibrates each source on its own faces, then all together on the mixture's likelihood.

        A face can be like several sources, and a mixture of calibrated probabilities is not
        calibrated itself (Gneiting and Ranjan 2013): so the parts are fitted as they are used. All
        sources count alike in it, however many faces they have.

        Args:
            answers: of N faces, of each source at least one.
            labels: (N,).
            sources: (N,), which source each face is of; None where there is one.
        """
        if sources is None:
            return cls((fit_calibration(answers.scores[:, 0], labels),))
        each = []
        for source in range(answers.scores.shape[1]):
            own = sources == source
            each.append(fit_calibration(answers.scores[own, source], labels[own]))
        return _fit_mixture(cls(tuple(each), 1.0, (0.0,) * len(each)), answers, labels, sources)

    def apply(self, answers: Answers) -> NDArray[np.float64]:
        """Returns the probabilities (N, L)."""
        each = [
            calibration.apply(answers.scores[:, source])
            for source, calibration in enumerate(self.calibrations)
        ]
        likeness = softmax(self.sharpness * answers.sources + self.leanings, axis=1)
        mixed: NDArray[np.float64] = (likeness[:, :, None] * np.stack(each, 1)).sum(1)
        return mixed

    def to_vector(self) -> NDArray[np.float64]:
        """Returns the parameters in a row, as an optimizer varies them."""
        parts = [
            (np.log(calibration.temperature), *calibration.correction)
            for calibration in self.calibrations
        ]
        return np.array([*np.ravel(parts), np.log(self.sharpness), *self.leanings[1:]])

    @classmethod
    def from_vector(cls, vector: NDArray[np.float64], count: int) -> "Posterior":
        """Undoes `to_vector` for `count` sources."""
        parts = vector[: _PARTS * count].reshape(count, _PARTS)
        calibrations = [Calibration(float(np.exp(t)), (a, b, c)) for t, a, b, c in parts.tolist()]
        leanings = (0.0, *vector[_PARTS * count + 1 :].tolist())
        return cls(tuple(calibrations), float(np.exp(vector[_PARTS * count])), leanings)


def _fit_mixture(
    start: Posterior, answers: Answers, labels: NDArray[np.int64], sources: NDArray[np.int64]
) -> Posterior:
    count, rows = len(start.calibrations), np.arange(len(labels))
    weights = 1 / (count * np.bincount(sources)[sources])
    initial = start.to_vector()

    def loss(vector: NDArray[np.float64]) -> float:
        chosen = Posterior.from_vector(vector, count).apply(answers)[rows, labels]
        away = ((vector - initial) / _PRIOR) ** 2
        likelihood = weights @ np.log(np.maximum(chosen, _FLOOR))
        return float(away.sum() / 2 / len(labels) - likelihood)

    bounds = [(value - _REACH, value + _REACH) for value in initial]
    best = minimize(loss, initial, method="L-BFGS-B", bounds=bounds).x
    return Posterior.from_vector(best, count)


def cross_fitted_posterior(
    answers: Answers, labels: NDArray[np.int64], sources: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    """Returns calibrated probabilities of faces that did not help to fit the calibration.

    The faces are dealt at random into folds; each fold's probabilities come from the calibration
    that all the others fit. A calibration error measured on them is an honest one, and still uses
    every face.

    Args:
        answers: of N faces, N >= 2.
        labels: (N,).
        sources: (N,), which source each face is of; None where there is one.

    Returns:
        Probabilities (N, L).
    """
    probabilities = np.empty((len(labels), answers.scores.shape[2]), np.float64)
    for others, held in deal(len(labels)):
        groups = None if sources is None else sources[others]
        posterior = Posterior.fit(answers.take(others), labels[others], groups)
        probabilities[held] = posterior.apply(answers.take(held))
    return probabilities


_PARTS = 4  # of a calibration: the temperature's logarithm, a, b and c
_PRIOR = 3.0
_REACH = 3.0
_FLOOR = 1e-9


class PosteriorLayer(nn.Module):
    """The same in a graph, and Bayes' rule for other base rates.

    Args:
        posterior: fitted.
        rates: float32 (S, L), the base rates of the sources, which the logits know.
    """

    rates: Tensor
    temperatures: Tensor
    corrections: Tensor
    leanings: Tensor

    def __init__(self, posterior: Posterior, rates: NDArray[np.float32]) -> None:
        super().__init__()
        fitted = posterior.calibrations
        temperatures = [calibration.temperature for calibration in fitted]
        corrections = np.array([calibration.correction for calibration in fitted])
        for name, values in (
            ("rates", rates),
            ("temperatures", np.array(temperatures)[:, None]),
            ("corrections", corrections.T[:, :, None]),
            ("leanings", np.array(posterior.leanings)),
        ):
            self.register_buffer(name, torch.from_numpy(values.astype(np.float32)))
        self.sharpness = posterior.sharpness

    def forward(self, logits: Tensor, sources: Tensor, priors: Tensor) -> Tensor:
        """Returns probabilities (N, L).

        Args:
            logits: (N, S, L), or (N, L) of one source.
            sources: (N, S), or (N, 0) of one source.
            priors: (S, L), how common each label is to be taken in each source.
        """
        scores = (logits if logits.dim() == 3 else logits[:, None]) / self.temperatures
        a, b, c = self.corrections
        sure = torch.softmax(scores, dim=2).amax(dim=2, keepdim=True)
        shares = torch.softmax(scores * torch.exp(a + (b + c * sure) * sure), dim=2)
        shares = shares * (priors / self.rates)
        shares = shares / shares.sum(dim=2, keepdim=True)
        if len(self.rates) == 1:
            return shares.squeeze(1)
        likeness = torch.softmax(self.sharpness * sources + self.leanings, dim=1)
        return (likeness[:, :, None] * shares).sum(dim=1)
