"""A model file is used as it promises, or refused with the part that is wrong."""

import errno
import os
from pathlib import Path

import numpy as np
import onnx
import pytest

from mien.errors import ModelError
from mien.inference import classifier as classifier_module
from mien.inference.classifier import Classifier, resolve_model, shipped_models
from tests.conftest import CARD, build_tiny_model

FACES = np.random.default_rng(0).integers(0, 256, (5, 48, 48), np.uint8)


def test_probabilities_and_embeddings(tiny_model: Path) -> None:
    classifier = Classifier(tiny_model)
    assert classifier.card == CARD
    probabilities, embeddings, _ = classifier.predict(FACES)
    assert probabilities.shape == (5, 7)
    assert embeddings.shape == (5, 36)
    assert probabilities.dtype == embeddings.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    means = FACES.reshape(5, 6, 8, 6, 8).mean(axis=(2, 4)).reshape(5, 36)
    np.testing.assert_allclose(embeddings, means, rtol=1e-5)


def test_batches_do_not_change_the_answer(tiny_model: Path) -> None:
    classifier = Classifier(tiny_model)
    whole, parts = classifier.predict(FACES), classifier.predict(FACES, batch_size=2)
    np.testing.assert_allclose(whole.probabilities, parts.probabilities, rtol=1e-5)


def test_no_faces_give_no_rows(tiny_model: Path) -> None:
    probabilities, embeddings, _ = Classifier(tiny_model).predict(FACES[:0])
    assert probabilities.shape == (0, 7)
    assert embeddings.shape == (0, 36)


@pytest.mark.parametrize("faces", [FACES[0], FACES[:, :40], FACES.astype(np.float32)])
def test_faces_of_another_shape_or_type_are_refused(tiny_model: Path, faces: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"faces must be uint8 \(N, 48, 48\)"):
        Classifier(tiny_model).predict(faces)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outputs": ("probabilities",)}, "it has no 'embedding'"),
        ({"outputs": ("embedding",)}, "it has no 'probabilities'"),
        ({"metadata": {}}, "its metadata lacks 'mien.contract'"),
        ({"size": 64}, r"its 'faces' is tensor\(uint8\) \['n', 64, 64\]"),
    ],
)
def test_a_model_that_breaks_the_contract_is_refused(
    tmp_path: Path, options: dict[str, object], message: str
) -> None:
    path = tmp_path / "model.onnx"
    model = build_tiny_model(**options)
    if options == {"size": 64}:  # its constant layer no longer fits, which is not what is tested
        model.graph.initializer[0].CopyFrom(
            onnx.numpy_helper.from_array(np.zeros((64, 7), np.float32), "weights")
        )
        for output in model.graph.output:
            if output.name == "embedding":
                output.type.tensor_type.shape.dim[1].dim_value = 64
    onnx.save(model, path)
    with pytest.raises(ModelError, match=message) as caught:
        Classifier(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a network", None])
def test_a_file_that_is_not_onnx_is_refused(
    tiny_model: Path, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(tiny_model.read_bytes()[:300] if content is None else content)
    with pytest.raises(ModelError, match="cannot be opened as an ONNX model"):
        Classifier(path)


def test_a_missing_model_lists_those_that_ship() -> None:
    with pytest.raises(ModelError, match="nowhere: no such model file, nor a shipped model"):
        resolve_model("nowhere")


def test_a_shipped_model_is_found_by_name() -> None:
    for name, path in shipped_models().items():
        assert resolve_model(name) == path
        assert Classifier(name).card.name == name


def test_a_file_that_a_failing_disk_does_not_give_is_told(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(classifier_module, "file_digest", fail)
    with pytest.raises(ModelError, match=r"tiny\.onnx: cannot be read \(Input/output error\)"):
        Classifier(tiny_model)
