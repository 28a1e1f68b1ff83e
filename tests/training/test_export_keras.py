"""The paper's network in Keras answers as its model file does."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from mien.cli import main
from mien.data import load_dataset
from mien.errors import MienError, ModelError
from mien.inference.classifier import Classifier
from mien.training.export_keras import export_keras, export_tflite

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


TFLITE = """
import sys
from pathlib import Path
import numpy as np, tensorflow as tf
from mien.inference.classifier import Classifier
from mien.training.export_keras import export_tflite

path = Path(sys.argv[1])
export_tflite("paper", path)
faces = np.random.default_rng(1).integers(0, 256, (20, 48, 48), np.uint8)
network = tf.lite.Interpreter(str(path))
given, answer = network.get_input_details()[0]["index"], network.get_output_details()[0]["index"]
network.resize_tensor_input(given, faces.shape)
network.allocate_tensors()
network.set_tensor(given, faces.astype(np.float32))
network.invoke()
apart = np.abs(network.get_tensor(answer) - Classifier("paper").predict(faces).probabilities).max()
assert apart < 1e-5, apart
"""


def test_litert_answers_as_the_model_file(tmp_path: Path) -> None:
    if find_spec("tensorflow") is None:
        pytest.skip("needs TensorFlow, which is too large for every test run")
    path = tmp_path / "paper.tflite"  # in a process of its own: Keras has one backend
    subprocess.run([sys.executable, "-c", TFLITE, str(path)], check=True, capture_output=True)


def test_without_tensorflow_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(MienError, match="pip install tensorflow-cpu"):
        export_tflite("paper", tmp_path / "paper.tflite")


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MienError, match=r"ends in \.tflite; rename it"):
        export_tflite("paper", tmp_path / "paper.lite")
    with pytest.raises(MienError, match=r"ends in \.keras; rename it"):
        export_keras("paper", tmp_path / "paper.h5")
