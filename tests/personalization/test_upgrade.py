"""A profile moved to another model learns from its stored crops again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from mien.inference.classifier import Classifier
from mien.inference.crop import resize_crop
from mien.personalization.corrections import Correction, ModelId, read_crop, write_crop
from mien.personalization.errors import ProfileConflictError
from mien.personalization.store import Profiles
from mien.personalization.upgrade import upgrade_profile
from tests.conftest import build_tiny_model


@pytest.fixture
def older(tiny_model: Path) -> Classifier:
    return Classifier(tiny_model)


@pytest.fixture
def newer(tmp_path: Path) -> Classifier:
    """Other weights under the same name and version."""
    model = build_tiny_model()
    weights = onnx.numpy_helper.to_array(model.graph.initializer[0])
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(-weights, "weights"))
    onnx.save(model, tmp_path / "newer.onnx")
    return Classifier(tmp_path / "newer.onnx")


@pytest.fixture
def eight(eight_label_model: Path) -> Classifier:
    return Classifier(eight_label_model)


def classify(classifier: Classifier, seed: int, label: str, keep: bool) -> Correction:
    """A face as a model classifies it."""
    card = classifier.card
    crop = np.random.default_rng(seed).integers(0, 256, card.face.shape, np.uint8)
    (row,), (embedding,), _ = classifier.predict(crop[None])
    image = write_crop(crop) if keep else None
    model = ModelId.of(classifier)
    return Correction(label, embedding, row, model, image, labels=card.labels)


def test_stored_crops_are_classified_again_and_the_rest_is_reported(
    ada: Profiles, older: Classifier, newer: Classifier
) -> None:
    ada.teach("Ada", [classify(older, 1, "sad", True), classify(older, 2, "fear", False)])
    ada.teach("Ada", [classify(older, 3, "happy", True)])
    with pytest.raises(ProfileConflictError, match="mien profile upgrade"):
        ada.adapter("Ada", ModelId.of(newer))
    result = upgrade_profile(ada, "Ada", newer)
    assert (result.carried, result.without_image, result.without_label) == (2, (2,), ())
    assert result.left == (2,)
    stored = ada.corrections("Ada")
    assert [(row.step, row.correction.label) for row in stored] == [(1, "sad"), (2, "happy")]
    for row in stored:
        (probabilities,), (embedding,), _ = newer.predict(read_crop(row.correction.image)[None])
        np.testing.assert_array_equal(row.correction.embedding, embedding)
        np.testing.assert_array_equal(row.correction.probabilities, probabilities)
    assert ada.adapter("Ada", ModelId.of(newer)) is not None
    assert ada.undo("Ada").members == (stored[0].number,)
    with pytest.raises(ProfileConflictError, match="was taught with the model"):
        ada.rollback("Ada", 2)


def test_without_stored_crops_nothing_changes(
    ada: Profiles, older: Classifier, newer: Classifier
) -> None:
    ada.teach("Ada", [classify(older, 1, "sad", False)])
    with pytest.raises(
        ProfileConflictError, match=r"the 1 correction of profile 'Ada' cannot be .* no images"
    ):
        upgrade_profile(ada, "Ada", newer)
    assert ada.get("Ada").model == ModelId.of(older)


def test_a_profile_of_the_same_model_needs_no_upgrade(ada: Profiles, older: Classifier) -> None:
    ada.teach("Ada", [classify(older, 1, "sad", True)])
    with pytest.raises(ProfileConflictError, match="needs no change"):
        upgrade_profile(ada, "Ada", older)


def test_a_crop_is_brought_to_the_format_of_the_other_model(
    ada: Profiles, older: Classifier, eight: Classifier
) -> None:
    ada.teach("Ada", [classify(older, 1, "sad", True)])
    result = upgrade_profile(ada, "Ada", eight)
    (stored,) = ada.corrections("Ada")
    assert result.profile.model == stored.correction.model == ModelId.of(eight)
    crop = read_crop(stored.correction.image)
    assert crop.shape == (48, 48)  # the crop that was taken stays as it is
    (row,), (embedding,), _ = eight.predict(resize_crop(crop, eight.card.face)[None])
    np.testing.assert_array_equal(stored.correction.probabilities, row)
    np.testing.assert_array_equal(stored.correction.embedding, embedding)
    assert stored.correction.labels == eight.card.labels
    assert ada.adapter("Ada", ModelId.of(eight)) is not None


def test_an_rgb_crop_is_turned_gray_for_a_gray_model(
    ada: Profiles, older: Classifier, eight: Classifier
) -> None:
    ada.teach("Ada", [classify(eight, 1, "sad", True)])
    upgrade_profile(ada, "Ada", older)
    (stored,) = ada.corrections("Ada")
    crop = read_crop(stored.correction.image)
    assert crop.shape == (64, 64, 3)
    (row,), _, _ = older.predict(resize_crop(crop, older.card.face)[None])
    np.testing.assert_array_equal(stored.correction.probabilities, row)


def test_corrections_whose_label_the_model_lacks_are_left_out_and_reported(
    ada: Profiles, older: Classifier, eight: Classifier
) -> None:
    ada.teach(
        "Ada",
        [
            classify(eight, 1, "contempt", True),
            classify(eight, 2, "sad", True),
            classify(eight, 3, "sad", False),
        ],
    )
    result = upgrade_profile(ada, "Ada", older)
    assert (result.carried, result.without_image, result.without_label) == (1, (3,), (1,))
    assert result.left == (1, 3)


def test_a_profile_without_a_label_of_the_model_does_not_change(
    ada: Profiles, older: Classifier, eight: Classifier
) -> None:
    ada.teach("Ada", [replace(classify(eight, 1, "contempt", True), source="face")])
    with pytest.raises(ProfileConflictError, match="has none of their labels"):
        upgrade_profile(ada, "Ada", older)
    assert ada.get("Ada").model == ModelId.of(eight)
