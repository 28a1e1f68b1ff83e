from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.data import FaceDataset
from mien.data.findings import Finding, write_findings
from mien.errors import DataError, RecipeError
from mien.training.curation import curation_weights
from mien.training.settings import Curation


@pytest.fixture
def audit(faces: FaceDataset, tmp_path: Path) -> Path:
    """Finds something in two training faces, and in one of PublicTest."""
    found = [
        Finding(3, "Training", "happy", "copy", 1.0, "again", other=1),
        Finding(3, "Training", "happy", "wrong_label", 0.9, "sad", suggestion="sad"),
        Finding(7, "Training", "sad", "non_face", 0.8, "blank"),
        Finding(100, "PublicTest", "sad", "non_face", 0.8, "blank"),
    ]
    write_findings(tmp_path / "audit.csv", found, faces.fingerprint)
    return tmp_path / "audit.csv"


def test_the_least_weight_holds_and_only_training_faces_are_weighed(
    faces: FaceDataset, audit: Path
) -> None:
    settings = Curation.model_validate({"copy": 0.5, "wrong_label": 0.25, "non_face": 0.0})
    weights = curation_weights(settings, faces, audit)
    expected = np.ones(80, np.float32)
    expected[[3, 7]] = 0.25, 0
    np.testing.assert_array_equal(weights, expected)


def test_a_recipe_that_weighs_nothing_needs_no_audit(faces: FaceDataset) -> None:
    assert curation_weights(Curation(), faces, None) is None


def test_a_recipe_that_weighs_findings_asks_for_them(faces: FaceDataset) -> None:
    with pytest.raises(RecipeError, match=r"--audit DIR/audit\.csv"):
        curation_weights(Curation(non_face=0.0), faces, None)


def test_the_audit_of_another_data_set_is_refused(faces: FaceDataset, audit: Path) -> None:
    other = replace(faces, labels=faces.labels[::-1].copy())
    with pytest.raises(DataError, match="another data set"):
        curation_weights(Curation(non_face=0.0), other, audit)
