"""Photos of one's own: an evaluation answers what predictions do, in each layout."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.own_photos import write_photos

from mien import Analyzer
from mien.data import load_dataset
from mien.evaluation.evaluate import evaluate

pytestmark = pytest.mark.slow

COUNT = 40


def test_an_evaluation_equals_predictions_one_by_one(shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    table = write_photos(shared / "photos" / "faces.parquet", COUNT, tmp_path / "photos")
    analyzer, found = Analyzer("small"), []
    for data in (tmp_path / "photos", table):
        faces = load_dataset(data)
        assert faces.aligned
        assert len(faces) + len(faces.problems) == COUNT
        found.append(evaluate("small", faces, "Training"))
        for file, shares in zip(faces.files.tolist(), found[-1].probabilities, strict=True):
            (face, *_) = analyzer.analyze(file).faces
            assert np.allclose(face.probabilities, shares, atol=1e-5)
    assert found[0].metrics.accuracy == found[1].metrics.accuracy
    assert found[1].people.people > COUNT / 2
