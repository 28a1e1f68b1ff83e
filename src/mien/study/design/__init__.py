"""Studies by design: which stretches people code, and what their codes and the model's tell."""

from mien.study.design.estimate import Share, estimate_contrast, estimate_share
from mien.study.design.sampling import draw_stretches, inclusion_probabilities

__all__ = [
    "Share",
    "draw_stretches",
    "estimate_contrast",
    "estimate_share",
    "inclusion_probabilities",
]
