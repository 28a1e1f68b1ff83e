"""Plans and stored searches that need no training."""

from pathlib import Path
from typing import Any

import pytest
from optuna.study import Study

from mien.data import FaceDataset
from mien.tuning.plan import Plan
from mien.tuning.space import Range
from mien.tuning.study import open_study
from tests.training.conftest import faces, make_recipe

__all__ = ["faces"]

SPACE = {
    "optimization.learning_rate": Range(low=1e-3, high=1e-1, log=True),
    "augmentation.erasing": Range(low=0.0, high=0.5),
}


def make_plan(data: FaceDataset, **changes: Any) -> Plan:
    given = {"space": SPACE, "data": data, "epochs": 3, "faces": 40, "seed": 5}
    return Plan(**{"recipe": make_recipe(), **given, **changes})


def stored(folder: Path, plan: Plan) -> Study:
    return open_study(folder / "search.db", plan)


@pytest.fixture
def plan(faces: FaceDataset) -> Plan:
    return make_plan(faces)
