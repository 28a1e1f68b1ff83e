"""Any data set, and writers of it in each layout that users have."""

import csv
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from PIL import Image

from mien.data import FaceDataset
from mien.data.dataset import SPLITS
from mien.emotions import EMOTIONS, FERPLUS_CHOICES


def make_dataset(labels: list[int], splits: list[str], seed: int, votes: bool) -> FaceDataset:
    rng = np.random.default_rng(seed)
    count = len(labels)
    return FaceDataset(
        rng.integers(0, 256, (count, 48, 48), np.uint8),
        np.array(labels, np.int64),
        np.array(splits),
        rng.integers(0, 11, (count, 10), np.uint8) if votes else None,
    )


@st.composite
def datasets(draw: st.DrawFn, votes: bool | None = None) -> FaceDataset:
    rows = draw(
        st.lists(st.tuples(st.integers(0, 6), st.sampled_from(SPLITS)), min_size=1, max_size=6)
    )
    labels, splits = (list(column) for column in zip(*rows, strict=True))
    with_votes = draw(st.booleans()) if votes is None else votes
    return make_dataset(labels, splits, draw(st.integers(0, 2**32 - 1)), with_votes)


def same(one: FaceDataset, other: FaceDataset) -> bool:
    return one.fingerprint == other.fingerprint


def face_rows(data: FaceDataset) -> list[list[str]]:
    """The table of `fer2013.csv`, header first."""
    rows = [
        [str(label), " ".join(map(str, image.ravel())), str(split)]
        for image, label, split in zip(data.images, data.labels, data.splits, strict=True)
    ]
    return [["emotion", "pixels", "Usage"], *rows]


def vote_rows(data: FaceDataset) -> list[list[str]]:
    """The table of `fer2013new.csv`, header first."""
    rows = [
        [str(split), f"fer{row:07d}.png", *map(str, votes)]
        for row, (split, votes) in enumerate(zip(data.splits, data.votes, strict=True))
    ]
    return [["Usage", "Image name", *FERPLUS_CHOICES], *rows]


def write_table(rows: list[list[str]], path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def write_csv(data: FaceDataset, folder: Path) -> Path:
    if data.votes is not None:
        write_table(vote_rows(data), folder / "fer2013new.csv")
    return write_table(face_rows(data), folder / "fer2013.csv")


def png(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def parquet_columns(data: FaceDataset) -> dict[str, list]:
    columns = {
        "usage": data.splits.tolist(),
        "emotion": data.labels.tolist(),
        "image": [png(image) for image in data.images],
    }
    if data.votes is not None:
        for index, name in enumerate(FERPLUS_CHOICES):
            columns[f"votes_{name.lower()}"] = data.votes[:, index].tolist()
    return columns


def write_parquet(columns: dict[str, list], path: Path) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def write_folders(data: FaceDataset, root: Path) -> Path:
    """Class folders; a name carries its row, so that the order can be told."""
    folders = {"Training": "train", "Validation": "val"}
    for row, (image, label, split) in enumerate(
        zip(data.images, data.labels, data.splits, strict=True)
    ):
        folder = root / folders.get(split, "test") / EMOTIONS[label]
        folder.mkdir(parents=True, exist_ok=True)
        prefix = f"{split}_" if split in {"PublicTest", "PrivateTest"} else ""
        (folder / f"{prefix}{row}.png").write_bytes(png(image))
    return root
