"""Whether a user's recent samples still agree with what was learned before them."""

import numpy as np
from numpy.typing import NDArray

from mien.personalization.gate import log_loss
from mien.personalization.head import fit, to_logits
from mien.personalization.samples import Samples

RECENT = 10
"""How many samples are recent. Drift needs as many before them."""
_STANDARD_ERRORS = 2


def describe_drift(
    samples: Samples, covariance: NDArray[np.float32], adapted: NDArray[np.floating]
) -> str | None:
    """Returns what to tell a user whose recent samples disagree with the older ones, else None.

    They disagree if a head learned from the older ones alone foretells the recent ones worse than
    cross-validation foretells the older: by more than two standard errors of the difference of
    their mean log losses (Welch's).

    Args:
        samples: n of them, the oldest first.
        covariance: float32 (n, n), of the samples.
        adapted: float (n, 7), cross-validated logits of all of them.
    """
    old = len(samples) - RECENT
    if old < RECENT:
        return None
    older = np.arange(len(samples)) < old
    offsets = to_logits(samples.probabilities)
    (head,) = fit(covariance, offsets, samples.labels, older[None])
    foretold = np.where(older[:, None], adapted, offsets + covariance @ head)
    losses = log_loss(foretold, samples.labels)
    before, recent = losses[older], losses[~older]
    error = np.sqrt(before.var(ddof=1) / old + recent.var(ddof=1) / RECENT)
    if recent.mean() - before.mean() <= _STANDARD_ERRORS * error:
        return None
    right = foretold.argmax(axis=1) == samples.labels
    return (
        f"the last {RECENT} corrections disagree with the {old} before them: what was learned "
        f"from those foretells {right[~older].mean():.0%} of the last, and "
        f"{right[older].mean():.0%} of its own; take the older ones back if they no longer hold"
    )
