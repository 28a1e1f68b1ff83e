"""Studies by design: which stretches people code, and what their codes and the model's tell."""

from mien.study.design.analysis import Results, estimate_study, save_results
from mien.study.design.estimate import Share, estimate_contrast, estimate_share
from mien.study.design.folder import Stretch, StudyFolder
from mien.study.design.plan import plan_study
from mien.study.design.replay import Difference, Replay, replay_study
from mien.study.design.sampling import draw_stretches, inclusion_probabilities

__all__ = [
    "Difference",
    "Replay",
    "Results",
    "Share",
    "Stretch",
    "StudyFolder",
    "draw_stretches",
    "estimate_contrast",
    "estimate_share",
    "estimate_study",
    "inclusion_probabilities",
    "plan_study",
    "replay_study",
    "save_results",
]
