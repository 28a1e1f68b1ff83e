"""A profile of a model with eight labels and RGB faces of 64x64 pixels works throughout."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien import Analyzer
from mien.errors import ProfileError
from mien.inference.classifier import Classifier
from mien.personalization.corrections import ModelId, read_crop
from mien.personalization.errors import ProfileConflictError
from mien.personalization.store import Profiles
from mien.personalization.teaching import LabelledImage, Teacher
from mien.personalization.transfer import export_profile, import_profile


@pytest.fixture
def analyzer(eight_label_model: Path) -> Analyzer:
    return Analyzer(eight_label_model)


@pytest.fixture
def teacher(analyzer: Analyzer) -> Teacher:
    return Teacher(analyzer, keep_images=True, crops=True)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    Image.fromarray(np.random.default_rng(5).integers(0, 256, (64, 64, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def taught(ada: Profiles, teacher: Teacher, photo: Path) -> Profiles:
    """Ada, with one face labelled contempt."""
    (correction,) = teacher.correct_images([LabelledImage(photo, "contempt")])
    ada.teach("Ada", [correction])
    return ada


def test_a_corrected_face_gets_the_eighth_label(
    taught: Profiles, analyzer: Analyzer, photo: Path
) -> None:
    (before,) = analyzer.analyze_crop(photo).faces
    analyzer.adapter = taught.adapter("Ada", ModelId.of(analyzer.classifier))
    (after,) = analyzer.analyze_crop(photo).faces
    assert before.emotion != after.emotion == "contempt"
    assert after.labels == analyzer.labels
    assert after.attributes["arousal"] == before.attributes["arousal"]


def test_the_correction_stores_the_models_labels_and_crop(
    taught: Profiles, analyzer: Analyzer
) -> None:
    (stored,) = taught.corrections("Ada")
    assert stored.correction.labels == analyzer.labels
    assert stored.correction.probabilities.shape == (8,)
    assert read_crop(stored.correction.image).shape == (64, 64, 3)


def test_undo_and_rollback_keep_the_labels(taught: Profiles, analyzer: Analyzer) -> None:
    taught.undo("Ada")
    taught.rollback("Ada", 1)
    (stored,) = taught.corrections("Ada")
    assert (stored.correction.label, stored.correction.labels) == ("contempt", analyzer.labels)


def test_an_exported_profile_comes_back_with_its_labels(
    taught: Profiles, analyzer: Analyzer, photo: Path
) -> None:
    import_profile(taught, export_profile(taught, "Ada"), "file", "Bob")
    (stored,) = taught.corrections("Bob")
    assert (stored.correction.label, stored.correction.labels) == ("contempt", analyzer.labels)
    analyzer.adapter = taught.adapter("Bob", ModelId.of(analyzer.classifier))
    assert analyzer.analyze_crop(photo).faces[0].emotion == "contempt"


def test_a_model_with_other_labels_is_refused(
    taught: Profiles, tiny_model: Path, photo: Path
) -> None:
    seven = Teacher(Analyzer(tiny_model), crops=True)
    refused = pytest.raises(ProfileConflictError, match="was taught with the model eight 0")
    with refused:
        taught.adapter("Ada", ModelId.of(Classifier(tiny_model)))
    with refused:
        taught.teach("Ada", list(seven.correct_images([LabelledImage(photo, "sad")])))
    assert len(taught.corrections("Ada")) == 1


def test_a_label_that_the_model_lacks_is_refused(teacher: Teacher, photo: Path) -> None:
    with pytest.raises(
        ProfileError, match=r"unknown emotion 'joyful'; choose from angry, contempt, "
    ):
        list(teacher.correct_images([LabelledImage(photo, "joyful")]))
