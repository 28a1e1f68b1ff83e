"""Small inputs that all scenarios share: images, a short video, its records, faces to train on."""

import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from PIL import Image

from mien.emotions import EMOTIONS
from reliability.crash.place import ROOT, Place, mien

MODEL = "small"
"""The shipped model that starts fastest."""

RECIPE = """
[network]
architecture = "paper_cnn"
dense = 8
dense_dropout = 0.5

[[network.blocks]]
channels = [4]
dropout = 0.2

[augmentation]
horizontal_flip = true

[optimization]
optimizer = "adam"
epochs = 6
batch_size = 16
learning_rate = 1e-2
schedule = "cosine"
"""
SPACE = '"optimization.learning_rate" = { low = 0.001, high = 0.1, log = true }\n'

making = threading.Lock()
"""Held while an input is made that only some scenarios need."""

_VIDEO = ROOT / "src" / "mien" / "server" / "page" / "sample" / "sample.mp4"
_FRAMES = 40


@dataclass(frozen=True)
class Inputs:
    """Files that no scenario changes.

    Attributes:
        path: the folder that holds them.
    """

    path: Path

    @property
    def crops(self) -> Path:
        """A folder of 24 images of 48 by 48 pixels, two of them broken."""
        return self.path / "crops"

    @property
    def video(self) -> Path:
        """A video of 40 frames with a face in it."""
        return self.path / "clip.mp4"

    @property
    def records(self) -> Path:
        """The records of the whole sample video, 18 seconds of two people."""
        return self.path / "clip.csv"

    @property
    def faces(self) -> Path:
        """Class folders of 240 faces, a third of them for validation."""
        return self.path / "faces"

    @property
    def recipe(self) -> Path:
        """A recipe that trains in a second."""
        return self.path / "tiny.toml"

    @property
    def space(self) -> Path:
        """A search space for it."""
        return self.path / "space.toml"

    @classmethod
    def make(cls, path: Path) -> "Inputs":
        """Writes all inputs."""
        inputs = cls(path)
        path.mkdir(parents=True, exist_ok=True)
        _write_crops(inputs.crops)
        _cut_video(inputs.video)
        _write_faces(inputs.faces)
        inputs.recipe.write_text(RECIPE)
        inputs.space.write_text(SPACE)
        place = Place(path / "making").make()
        arguments = ("predict", _VIDEO, "--model", MODEL, "--records", inputs.records)
        subprocess.run(
            mien(*arguments), check=True, env=place.environment, cwd=place.work, capture_output=True
        )
        place.remove()
        return inputs


def draw_crop(seed: int) -> np.ndarray:
    """Returns a crop of noise, (48, 48); each seed gives another."""
    return np.random.default_rng(seed).integers(0, 200, (48, 48), np.uint8)


def _write_crops(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(24):
        Image.fromarray(draw_crop(number)).save(folder / f"{number:02}.png")
    for number in (5, 17):
        (folder / f"{number:02}.png").write_bytes(b"broken")


def _cut_video(path: Path) -> None:
    with av.open(str(_VIDEO)) as source, av.open(str(path), "w") as cut:
        size = source.streams.video[0]
        stream = cut.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = size.width, size.height, "yuv420p"
        for number, frame in enumerate(source.decode(video=0)):
            if number == _FRAMES:
                break
            image = frame.to_ndarray(format="rgb24")
            cut.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        cut.mux(stream.encode(None))


def _write_faces(root: Path) -> None:
    """Writes noise with a bright band, whose height tells the label: something to learn."""
    rng = np.random.default_rng(0)
    for number in range(240):
        label = int(rng.integers(0, len(EMOTIONS)))
        image = rng.integers(0, 120, (48, 48), dtype=np.uint8)
        image[4 + 6 * label : 8 + 6 * label] += 120
        folder = root / ("val" if number % 3 == 0 else "train") / EMOTIONS[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{number}.png")
