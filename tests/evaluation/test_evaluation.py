from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from mien.data import DataFormat, FaceDataset
from mien.errors import DataError, ModelError
from mien.evaluation.evaluate import evaluate
from mien.evaluation.metrics import compute_metrics
from mien.evaluation.report import write_report
from mien.inference.classifier import Classifier
from mien.inference.model_card import ModelCard
from tests.conftest import CARD, build_tiny_model


@pytest.fixture
def data() -> FaceDataset:
    """Ten faces to train on, and six to test on, of which the first is also in Training."""
    coarse = np.random.default_rng(0).integers(0, 256, (16, 8, 8))
    images = np.kron(coarse, np.ones((1, 6, 6))).astype(np.uint8)
    images[10] = images[0]
    splits = np.array(["Training"] * 10 + ["PrivateTest"] * 6)
    return FaceDataset(images, np.arange(16) % 7, splits)


def test_measures_one_split_and_its_clean_part(tiny_model: Path, data: FaceDataset) -> None:
    found = evaluate(tiny_model, data, "PrivateTest")
    faces = data.subset("PrivateTest")
    wanted = Classifier(tiny_model).predict(faces.images).probabilities
    assert np.array_equal(found.probabilities, wanted)
    assert replace(found.metrics, without_copies=None) == compute_metrics(wanted, faces.labels)
    assert found.metrics.without_copies is not None
    assert found.metrics.without_copies.n == 5
    assert found.fingerprint == data.fingerprint


def test_copies_are_sought_only_in_another_split(
    tiny_model: Path, data: FaceDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("there is nothing to compare with")

    monkeypatch.setattr("mien.evaluation.evaluate.has_copy", refuse)
    assert evaluate(tiny_model, data, "Training").metrics.without_copies is None
    test_only = data.subset("PrivateTest")
    assert evaluate(tiny_model, test_only, "PrivateTest").metrics.without_copies is None


def test_an_open_classifier_serves(tiny_model: Path, data: FaceDataset) -> None:
    assert evaluate(Classifier(tiny_model), data, "Training").model == tiny_model


def test_absent_split(tiny_model: Path, data: FaceDataset) -> None:
    with pytest.raises(DataError, match="'PublicTest'"):
        evaluate(tiny_model, data, "PublicTest")


@pytest.mark.parametrize(
    ("fingerprint", "figures", "split", "saw"),
    [
        (True, {"split": "PrivateTest"}, "PrivateTest", "calibrated"),
        (True, {"split": "PrivateTest"}, "Training", "trained"),
        (True, {}, "PrivateTest", "nothing"),
        (False, {"split": "PrivateTest"}, "PrivateTest", "nothing"),
        (False, {}, "Training", "nothing"),
    ],
)
def test_what_the_model_saw(
    tmp_path: Path, data: FaceDataset, fingerprint: bool, figures: dict, split: str, saw: str
) -> None:
    card = replace(CARD, figures=figures)
    if fingerprint:
        card = replace(card, data_fingerprint=data.fingerprint)
    onnx.save(build_tiny_model(card.to_metadata()), tmp_path / "model.onnx")
    assert evaluate(tmp_path / "model.onnx", data, split).saw_split == saw


class Inverter:
    """Stands for the aligner: every face changes, and it can be told how."""

    def align(self, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 255 - faces, np.ones(len(faces), bool)


def test_a_model_of_aligned_faces_is_given_aligned_faces(
    tmp_path: Path, data: FaceDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.data.align.Aligner", Inverter)
    card = replace(CARD, alignment="landmarks", data_fingerprint=data.fingerprint)
    onnx.save(build_tiny_model(card.to_metadata()), tmp_path / "model.onnx")
    told: list[tuple[int, int]] = []
    found = evaluate(
        tmp_path / "model.onnx", data, "PrivateTest", lambda *counts: told.append(counts)
    )
    faces = data.subset("PrivateTest")
    wanted = Classifier(tmp_path / "model.onnx").predict(255 - faces.images).probabilities
    assert np.array_equal(found.probabilities, wanted)
    assert found.metrics.without_copies is not None
    assert found.metrics.without_copies.n == 5
    assert found.fingerprint == data.fingerprint
    assert found.to_dict()["model"]["alignment"] == "landmarks"
    assert told == [(6, 6)]


def test_a_model_that_answers_no_probabilities(tmp_path: Path, data: FaceDataset) -> None:
    model = build_tiny_model()
    weights = np.full((36, 7), np.nan, np.float32)
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(weights, "weights"))
    onnx.save(model, tmp_path / "nan.onnx")
    with pytest.raises(ModelError, match=r"nan.onnx: .*probabilities"):
        evaluate(tmp_path / "nan.onnx", data, "Training")


def make_eight_label_faces(card: ModelCard, count: int = 24) -> FaceDataset:
    rng = np.random.default_rng(0)
    return FaceDataset(
        rng.integers(0, 256, (count, *card.face.shape), np.uint8),
        np.arange(count) % len(card.labels),
        np.array(["PublicTest"] * count),
        format=DataFormat(card.labels, card.face),
    )


def test_a_model_of_eight_labels_and_rgb_faces_is_evaluated(
    eight_label_model: Path, tmp_path: Path
) -> None:
    classifier = Classifier(eight_label_model)
    data = make_eight_label_faces(classifier.card)
    evaluation = evaluate(classifier, data, "PublicTest")
    assert list(evaluation.metrics.per_emotion) == list(classifier.card.labels)
    assert np.shape(evaluation.metrics.confusion) == (8, 8)
    predicted = classifier.predict(data.images).probabilities.argmax(1)
    assert evaluation.metrics.accuracy == pytest.approx((predicted == data.labels).mean())
    write_report(evaluation, tmp_path / "report", "mien evaluate")
    assert "| contempt |" in (tmp_path / "report" / "report.md").read_text("utf-8")


def test_data_of_other_labels_than_the_model_is_refused(
    eight_label_model: Path, tiny_model: Path
) -> None:
    data = make_eight_label_faces(Classifier(eight_label_model).card)
    with pytest.raises(DataError, match=r"but the model tiny knows .*; choose a model of the same"):
        evaluate(tiny_model, data, "PublicTest")
