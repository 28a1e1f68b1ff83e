"""The paper's network in Keras answers as its model file does."""

import os
from pathlib import Path

import numpy as np
import pytest

from mien.cli import main
from mien.data import load_dataset
from mien.errors import MienError, ModelError
from mien.inference.classifier import Classifier
from mien.training.export_keras import export_keras

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # Keras' and torch's, of each other
]
FACES = 200
os.environ.setdefault("KERAS_BACKEND", "torch")  # without it Keras wants TensorFlow


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("keras")
    path = tmp_path_factory.mktemp("keras") / "paper.keras"
    with pytest.raises(SystemExit) as stop:
        main(["export", "paper", "--keras", str(path)])
    assert not stop.value.code
    return path


def test_keras_answers_as_the_model_file_on_real_faces(written: Path, shared: Path) -> None:
    import keras  # noqa: PLC0415 - the fixture skips where it is absent

    faces = load_dataset(shared / "fer2013").subset("PublicTest").images[:FACES]
    network = keras.saving.load_model(written)
    expected = Classifier("paper").predict(faces).probabilities
    assert np.abs(network.predict(faces, verbose=0) - expected).max() < 1e-5
    assert network.count_params() == 1_099_719
    assert [layer.name for layer in network.layers if "conv" in layer.name] == [
        f"conv_{number}" for number in (0, 3, 6, 8, 11, 13)
    ]


def test_keras_can_train_it_on(written: Path) -> None:
    import keras  # noqa: PLC0415

    network = keras.saving.load_model(written)
    network.compile("adam", "sparse_categorical_crossentropy")
    faces = np.random.default_rng(0).integers(0, 256, (8, 48, 48)).astype(np.float32)
    assert np.isfinite(network.train_on_batch(faces, np.zeros(8, np.int64)))


@pytest.mark.parametrize("name", ["small", "default", "default-int8"])
def test_another_network_is_refused_by_name(name: str, tmp_path: Path) -> None:
    pytest.importorskip("keras")
    with pytest.raises(ModelError, match=f"{name}: its network is not the paper's"):
        export_keras(name, tmp_path / "a.keras")
    assert not list(tmp_path.iterdir())


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MienError, match=r"ends in \.keras; rename it"):
        export_keras("paper", tmp_path / "paper.h5")
