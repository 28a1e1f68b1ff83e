"""From what a network answers to calibrated probabilities, for one source or several."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from torch import Tensor, nn

from mien.evaluation.calibration import Calibration, deal, fit_calibration


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network answers of N faces, before calibration.

    Attributes:
        scores: float32 (N, S, L), logits of labels as common as in each of S sources.
        likeness: float32 (N, S), how much each face is like those of each source; rows sum to 1.
    """

    scores: NDArray[np.float32]
    likeness: NDArray[np.float32]

    @classmethod
    def of(
        cls, logits: NDArray[np.float32], sources: NDArray[np.float32], rates: NDArray[np.float32]
    ) -> "Answers":
        """Makes them of a network's `Output`.

        Args:
            logits: (N, L).
            sources: (N, S), or (N, 0) of a network with one source, whose logits know its rates.
            rates: (S, L), of the sources.
        """
        if not sources.shape[1]:
            return cls(logits[:, None], np.ones((len(logits), 1), np.float32))
        return cls(logits[:, None] + np.log(rates), softmax(sources, axis=1))

    def take(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> "Answers":
        """Returns the answers of some of the faces."""
        return Answers(self.scores[chosen], self.likeness[chosen])


@dataclass(frozen=True)
class Posterior:
    """Calibrated probabilities: those in each source, weighed by how much a face is like it.

    Attributes:
        calibrations: one for each source.
    """

    calibrations: tuple[Calibration, ...]

    @classmethod
    def fit(
        cls, answers: Answers, labels: NDArray[np.int64], sources: NDArray[np.int64] | None
    ) -> "Posterior":
        """Calibrates each source on its own faces.

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
        return cls(tuple(each))

    def apply(self, answers: Answers) -> NDArray[np.float64]:
        """Returns the probabilities (N, L)."""
        each = [
            calibration.apply(answers.scores[:, source])
            for source, calibration in enumerate(self.calibrations)
        ]
        mixed: NDArray[np.float64] = (answers.likeness[:, :, None] * np.stack(each, 1)).sum(1)
        return mixed


def cross_fitted_posterior(
    answers: Answers, labels: NDArray[np.int64], sources: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    """Returns probabilities (N, L) of faces that did not help to calibrate; see `cross_fitted`."""
    probabilities = np.empty((len(labels), answers.scores.shape[2]), np.float64)
    for others, held in deal(len(labels)):
        groups = None if sources is None else sources[others]
        posterior = Posterior.fit(answers.take(others), labels[others], groups)
        probabilities[held] = posterior.apply(answers.take(held))
    return probabilities


class PosteriorLayer(nn.Module):
    """The same in a graph, and Bayes' rule for other base rates.

    Args:
        posterior: fitted.
        rates: float32 (S, L), the base rates of the sources.
        knows_rates: whether the logits have them in, as those of a single source do.
    """

    rates: Tensor
    added: Tensor
    temperatures: Tensor
    corrections: Tensor

    def __init__(self, posterior: Posterior, rates: NDArray[np.float32], knows_rates: bool) -> None:
        super().__init__()
        fitted = posterior.calibrations
        temperatures = [calibration.temperature for calibration in fitted]
        corrections = np.array([calibration.correction for calibration in fitted])
        added = np.zeros_like(rates) if knows_rates else np.log(rates)
        for name, values in (
            ("rates", rates),
            ("added", added),
            ("temperatures", np.array(temperatures)[:, None]),
            ("corrections", corrections.T[:, :, None]),
        ):
            self.register_buffer(name, torch.from_numpy(values.astype(np.float32)))

    def forward(self, logits: Tensor, sources: Tensor, priors: Tensor) -> Tensor:
        """Returns probabilities (N, L).

        Args:
            logits: (N, L), the network's.
            sources: (N, S), or (N, 0) of a network with one source.
            priors: (S, L), how common each label is to be taken in each source.
        """
        scores = (logits[:, None] + self.added) / self.temperatures
        a, b, c = self.corrections
        sure = torch.softmax(scores, dim=2).amax(dim=2, keepdim=True)
        shares = torch.softmax(scores * torch.exp(a + (b + c * sure) * sure), dim=2)
        shares = shares * (priors / self.rates)
        shares = shares / shares.sum(dim=2, keepdim=True)
        if len(self.rates) == 1:
            return shares.squeeze(1)
        return (torch.softmax(sources, dim=1)[:, :, None] * shares).sum(dim=1)
