"""A profile carried over to another model."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from mien.inference.classifier import Classifier
from mien.personalization.corrections import Correction, ModelId, read_crop, write_crop
from mien.personalization.errors import ProfileConflictError
from mien.personalization.store import Profiles
from mien.personalization.upgrade import upgrade_profile
from tests.conftest import build_tiny_model


@pytest.fixture
def newer(tmp_path: Path) -> Classifier:
    """Other weights under the same name and version."""
    model = build_tiny_model()
    weights = onnx.numpy_helper.to_array(model.graph.initializer[0])
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(-weights, "weights"))
    onnx.save(model, tmp_path / "newer.onnx")
    return Classifier(tmp_path / "newer.onnx")


def seen(classifier: Classifier, seed: int, label: str, keep: bool) -> Correction:
    crop = np.random.default_rng(seed).integers(0, 256, (48, 48), np.uint8)
    (row,), (embedding,) = classifier.predict(crop[None])
    image = write_crop(crop) if keep else None
    return Correction(label, embedding, row, ModelId.of(classifier), image)


@pytest.fixture
def older(tiny_model: Path) -> Classifier:
    return Classifier(tiny_model)


def test_what_kept_its_image_is_seen_anew_and_the_rest_is_told(
    ada: Profiles, older: Classifier, newer: Classifier
) -> None:
    ada.teach("Ada", [seen(older, 1, "sad", True), seen(older, 2, "fear", False)])
    ada.teach("Ada", [seen(older, 3, "happy", True)])
    with pytest.raises(ProfileConflictError, match="mien profile upgrade"):
        ada.adapter("Ada", ModelId.of(newer))
    done = upgrade_profile(ada, "Ada", newer)
    assert (done.carried, done.left) == (2, (2,))
    kept = ada.corrections("Ada")
    assert [(one.step, one.correction.label) for one in kept] == [(1, "sad"), (2, "happy")]
    for one in kept:
        (row,), (embedding,) = newer.predict(read_crop(one.correction.image)[None])
        np.testing.assert_array_equal(one.correction.embedding, embedding)
        np.testing.assert_array_equal(one.correction.probabilities, row)
    assert ada.adapter("Ada", ModelId.of(newer)) is not None
    assert ada.undo("Ada").members == (kept[0].number,)
    with pytest.raises(ProfileConflictError, match="was taught with the model"):
        ada.rollback("Ada", 2)


def test_without_images_nothing_changes(
    ada: Profiles, older: Classifier, newer: Classifier
) -> None:
    ada.teach("Ada", [seen(older, 1, "sad", False)])
    with pytest.raises(ProfileConflictError, match="no images were kept, so none of its 1 corr"):
        upgrade_profile(ada, "Ada", newer)
    assert ada.get("Ada").model == ModelId.of(older)


def test_a_profile_of_the_same_model_needs_none(ada: Profiles, older: Classifier) -> None:
    ada.teach("Ada", [seen(older, 1, "sad", True)])
    with pytest.raises(ProfileConflictError, match="needs no change"):
        upgrade_profile(ada, "Ada", older)
