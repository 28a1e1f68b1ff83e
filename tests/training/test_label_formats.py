"""Recipes with other labels, another side and RGB faces, from class folders to predictions."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.cli import main
from mien.data import DataFormat, load_dataset
from mien.errors import MienError
from mien.inference.analyzer import Analyzer
from mien.inference.classifier import Classifier
from mien.inference.model_card import FaceFormat
from mien.training.recipe import RunFolder, parse_recipe
from mien.training.run import train
from tests.training.conftest import make_recipe

pytestmark = pytest.mark.slow

EIGHT = ("angry", "contempt", "disgust", "fear", "happy", "sad", "surprise", "neutral")
TWO = ("no pain", "pain")

RECIPE = """
[data]
labels = {labels}
side = {side}
color = "{color}"

[network]
architecture = "residual"
stem = 4
channels = [4, 8]
blocks = [1, 1]

[augmentation]
width_shift = 0.1
horizontal_flip = true
rotation = 5
brightness = 0.1
erasing = 0.5
mixup = 0.2
cutmix = 0.2

[optimization]
optimizer = "adam"
epochs = 1
batch_size = 8
learning_rate = 1e-2

[views]
flip = true
shift = 1
"""


def recipe_text(labels: tuple[str, ...], side: int, color: str) -> str:
    return RECIPE.format(labels=list(labels), side=side, color=color)


def write_class_folders(root: Path, labels: tuple[str, ...]) -> Path:
    """Writes four training and two validation images per label, as RGB files of 70x70."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 4), ("val", 2)):
        for label in labels:
            folder = root / split / label
            folder.mkdir(parents=True)
            for number in range(count):
                image = rng.integers(0, 256, (70, 70, 3), dtype=np.uint8)
                Image.fromarray(image).save(folder / f"{number}.png")
    return root


@pytest.mark.parametrize(
    ("labels", "side", "color"), [(EIGHT, 64, "rgb"), (TWO, 48, "gray")], ids=["eight", "two"]
)
def test_a_model_of_other_labels_is_trained_exported_and_predicts(
    labels: tuple[str, ...], side: int, color: str, tmp_path: Path
) -> None:
    text = recipe_text(labels, side, color)
    (tmp_path / "own.toml").write_text(text)
    root = write_class_folders(tmp_path / "faces", labels)
    data = load_dataset(root, DataFormat(labels, FaceFormat(side, color)))
    run = RunFolder(tmp_path / "run")
    train(make_recipe(text), data, run)

    out = tmp_path / "own.onnx"
    with pytest.raises(SystemExit) as stop:
        main(["export", str(run.path), "--data", str(root), "--out", str(out)])
    assert stop.value.code in (0, None)

    for model in (run.model, out):
        classifier = Classifier(model)
        assert classifier.card.labels == labels
        assert classifier.card.face == FaceFormat(side, color)
        prediction = classifier.predict(data.images)
        assert prediction.probabilities.shape == (len(data), len(labels))
        np.testing.assert_allclose(prediction.probabilities.sum(axis=1), 1, atol=1e-5)

    analyzer = Analyzer(model=out)
    image = np.random.default_rng(1).integers(0, 256, (90, 80, 3), dtype=np.uint8)
    (face,) = analyzer.analyze_crop(image).faces
    assert face.labels == labels
    assert face.emotion in labels


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('labels = ["pain", "pain"]', "data.labels.*'pain' twice"),
        ('labels = ["pain", ""]', "data.labels.*empty"),
        ('labels = ["pain"]', "data.labels.*1 labels"),
        ('labels = ["pain", "unsure"]', "data.labels.*'unsure'"),
        ("side = 0", "data.side.*0 pixels"),
        ('color = "cmyk"', "data.color.*'gray' or 'rgb'"),
    ],
)
def test_a_recipe_of_bad_labels_side_or_color_is_refused(line: str, message: str) -> None:
    network = RECIPE.partition("[network]")[2]
    with pytest.raises(MienError, match=message):
        parse_recipe(f"[data]\n{line}\n[network]{network}", "own.toml")


def test_data_of_another_format_than_the_recipe_s_is_refused(tmp_path: Path) -> None:
    data = load_dataset(write_class_folders(tmp_path / "faces", TWO), DataFormat(TWO))
    with pytest.raises(MienError, match="no pain, pain"):
        train(make_recipe(recipe_text(EIGHT, 48, "gray")), data, RunFolder(tmp_path / "run"))


def test_a_class_folder_named_as_a_number_means_the_label_of_that_name(tmp_path: Path) -> None:
    root = write_class_folders(tmp_path / "faces", ("0", "1"))
    data = load_dataset(root, DataFormat(("1", "0")))
    assert data.labels[data.splits == "Training"].tolist() == [1] * 4 + [0] * 4
