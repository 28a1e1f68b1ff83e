"""A recipe and a data set small enough to train on in a second."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.data import FaceDataset
from mien.emotions import EMOTIONS
from mien.training.recipe import Recipe, parse_recipe

TINY_RECIPE = """
[network]
architecture = "paper_cnn"
dense = 8
dense_dropout = 0.5

[[network.blocks]]
channels = [4]
dropout = 0.2

[[network.blocks]]
channels = [6, 6]
dropout = 0.2
l2 = 1e-2

[augmentation]
width_shift = 0.1
height_shift = 0.1
horizontal_flip = true

[optimization]
optimizer = "adam"
epochs = 3
batch_size = 16
learning_rate = 1e-2
schedule = "cosine"
"""


def make_recipe(text: str = TINY_RECIPE) -> Recipe:
    return Recipe("tiny", text, parse_recipe(text, "tiny.toml"))


@pytest.fixture
def recipe() -> Recipe:
    return make_recipe()


@pytest.fixture(scope="session")
def faces() -> FaceDataset:
    """Noise with a bright band, whose height tells the label: something to learn."""
    rng = np.random.default_rng(0)
    count = 120
    labels = rng.integers(0, 7, count)
    images = rng.integers(0, 120, (count, 48, 48), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 + 6 * label : 8 + 6 * label] += 120
    splits = np.array(["Training"] * 80 + ["PublicTest"] * 40)
    return FaceDataset(images, labels, splits)


def write_folders(root: Path, faces: FaceDataset) -> None:
    """Writes a data set as class folders, in `train` and `val`."""
    for index, image in enumerate(faces.images):
        split = "train" if faces.splits[index] == "Training" else "val"
        folder = root / split / EMOTIONS[faces.labels[index]]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{index}.png")
