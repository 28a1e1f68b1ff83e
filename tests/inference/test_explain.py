"""The map of a label lies where the label comes from."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.emotions import EMOTIONS
from mien.inference.classifier import Classifier
from mien.inference.crop import crop_face, to_gray
from mien.inference.detection.mtcnn import MTCNN
from mien.inference.explain import SIDE, Explanation, deletion, explain, insertion, tile

pytestmark = pytest.mark.slow

HAPPY = EMOTIONS.index("happy")


@pytest.fixture(scope="module")
def smiles(shared: Path) -> list[Explanation]:
    """Of the faces in a photo, most of which smile."""
    pixels = np.asarray(Image.open(shared / "media" / "five_faces.jpg").convert("RGB"))
    classifier = Classifier("fer2013")
    return [
        explain(classifier, crop_face(to_gray(pixels), face.landmarks), "happy")
        for face in MTCNN().detect(pixels)[:4]
    ]


def test_a_smile_is_seen_in_the_lower_half(smiles: list[Explanation]) -> None:
    for explanation in smiles:
        assert explanation.regions["mouth"] + explanation.regions["nose and cheeks"] > 0.5
        assert sum(explanation.regions.values()) == pytest.approx(1)
        assert max(explanation.alike, key=lambda label: explanation.alike[label]) == "happy"


def test_the_map_beats_the_same_map_elsewhere(smiles: list[Explanation]) -> None:
    """Deletion falls and insertion rises faster than by maps of the same shape at random places."""
    classifier, rng = Classifier("fer2013"), np.random.default_rng(0)
    gains = []
    for explanation in smiles:
        own = explanation.importance
        moved = [np.roll(own, tuple(rng.integers(8, 40, 2)), (0, 1)) for _ in range(5)]
        for curve, sign in ((deletion, -1), (insertion, 1)):
            ours, *others = (
                curve(classifier, explanation.crop, HAPPY, importance).mean()
                for importance in (own, *moved)
            )
            gains.append(sign * (ours - np.mean(others)))
    assert np.mean(gains) > 0.05


def test_curves_run_from_the_face_to_the_hidden_face() -> None:
    classifier = Classifier("paper")
    crop = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    importance = np.arange(48.0 * 48).reshape(48, 48)
    down, up = (curve(classifier, crop, 0, importance) for curve in (deletion, insertion))
    whole = classifier.predict(crop[None]).probabilities[0, 0]
    assert down[0] == pytest.approx(up[-1]) == pytest.approx(whole, rel=1e-4)
    assert down[-1] == pytest.approx(up[0], rel=1e-4)


def test_a_face_of_no_features_is_explained_by_nothing() -> None:
    explanation = explain(Classifier("paper"), np.full((48, 48), 128, np.uint8))
    np.testing.assert_allclose(explanation.importance, 0, atol=1e-5)
    assert sum(explanation.regions.values()) <= 1 + 1e-6


def test_an_explanation_is_json_and_an_image() -> None:
    crop = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    explanation = explain(Classifier("paper"), crop, "sad")
    content = json.loads(json.dumps(explanation.to_dict(), allow_nan=False))
    assert content["label"] == "sad"
    assert np.array(content["importance"]).shape == (48, 48)
    assert tile([explanation, explanation]).size == (2 * SIDE, 2 * SIDE)


def test_an_rgb_model_without_prototypes_is_explained_too(eight_label_model: str) -> None:
    crop = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    explanation = explain(Classifier(eight_label_model), crop)
    assert explanation.alike == {}
    assert explanation.importance.shape == (64, 64)


def test_an_unknown_label_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="calm"):
        explain(Classifier("paper"), np.zeros((48, 48), np.uint8), "calm")
