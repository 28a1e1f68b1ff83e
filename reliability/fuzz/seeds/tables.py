"""Records, data sets and lists of inputs: CSV, JSON Lines, Parquet, and recipes in TOML."""

from collections.abc import Mapping, Sequence
from importlib import resources
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mien.emotions import EMOTIONS, FERPLUS_CHOICES
from mien.inference.records import open_records
from mien.results import Box, Face, FrameResult, Probabilities
from reliability.fuzz.seeds import Seeds
from reliability.fuzz.seeds.images import encode, picture

_PIXELS = " ".join(str(number % 256) for number in range(48 * 48))
_SPLITS = ("Training", "PublicTest", "PrivateTest")


def results() -> list[FrameResult]:
    """Returns the results of a short video: two people, and a frame without a face."""
    return [_result(number, number % 3) for number in range(6)]


def _result(number: int, people: int) -> FrameResult:
    faces = tuple(_face(person, person + number) for person in range(people))
    attributes = ("yaw", "usable")
    return FrameResult(
        *("talk.mp4", 640, 360, faces, number, number / 25),
        clock=1.7e9 + number / 25,
        detector="yunet",
        attributes=attributes,
    )


def _face(person: int, top: int) -> Face:
    values = Probabilities(np.roll([0.05] * 6 + [0.7], top).tolist(), EMOTIONS)
    return Face(
        box=Box(10, 20, 30, 40.5),
        probabilities=values,
        score=0.98,
        person=person,
        smoothed=values,
        attributes={"yaw": -12.5, "usable": 1.0},
    )


def records() -> Seeds:
    """Records of a video, as CSV and as JSON Lines."""
    return {name: _records(name) for name in ("talk.csv", "talk.jsonl")}


def _records(name: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        with open_records(path) as writer:
            for result in results():
                writer.write(result)
        return path.read_bytes()


def parquet_records() -> Seeds:
    """Records of a video, as Parquet."""
    return {"talk.parquet": _records("talk.parquet")}


def fer2013() -> Seeds:
    """Three faces in the layout of the contest."""
    rows = [f"{number},{_PIXELS},{split}" for number, split in enumerate(_SPLITS)]
    return {"fer2013.csv": "\n".join(("emotion,pixels,Usage", *rows, "")).encode()}


def photo_tables() -> Seeds:
    """A table of photos, with people, splits and a column of its own."""
    rows = ["path,label,person,split,site", "a.png,happy,Ann,training,x", "b.png,sad,Ben,test,y"]
    return {"photos.csv": "\n".join((*rows, "")).encode()}


def lists() -> Seeds:
    """Lists of a batch, as text and as CSV."""
    return {
        "inputs.txt": b"a.png\nb.png\nhttps://127.0.0.9:17999/c.png\nsub/d.mp4\n",
        "inputs.csv": b"path,participant,condition\na.png,P1,calm\nb.png,P2,\n",
    }


def parquet_lists() -> Seeds:
    """A list of a batch, with columns of several types."""
    columns = {
        "path": ["a.png", "b.png", None],
        "age": [30, 41, None],
        "day": pa.array([0, 1, 2], pa.date32()),
        "at": pa.array([0, 1, None], pa.timestamp("ns", "UTC")),
        "group": pa.array(["x", "y", "x"]).dictionary_encode(),
        "share": pa.array([0.5, None, 1.5], pa.float32()),
        "text": pa.array(["a", "b", None], pa.large_string()),
    }
    return {"inputs.parquet": _parquet(columns)}


def parquet_faces() -> Seeds:
    """A data set of faces with votes and people, and one whose labels are names."""
    images = [encode(picture("L", 48), "PNG"), encode(picture("L", 48), "JPEG")] * 2
    columns: dict[str, Any] = {
        "emotion": pa.array([0, 3, 4, 6], pa.int64()),
        "usage": ["Training", "Training", "PublicTest", "PrivateTest"],
        "image": pa.array(images, pa.binary()),
    }
    votes = {f"votes_{name.lower()}": pa.array([1] * 4, pa.int64()) for name in FERPLUS_CHOICES}
    named = columns | {"emotion": list(EMOTIONS[:4]), "person": ["Ann", None, "Ben", "Cem"]}
    return {"faces.parquet": _parquet(columns | votes), "named.parquet": _parquet(named)}


def _parquet(columns: Mapping[str, Sequence[Any] | Any]) -> bytes:
    buffer = BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def recipes() -> Seeds:
    """The recipes that ship."""
    return _shipped("recipes")


def spaces() -> Seeds:
    """The search spaces that ship, and one with choices."""
    choices = b'"optimization.optimizer" = { choices = ["sgd", "adamw"] }\n'
    return {**_shipped("tuning/spaces"), "choices.toml": choices}


def _shipped(folder: str) -> Seeds:
    files = resources.files("mien").joinpath(folder).iterdir()
    return {file.name: file.read_bytes() for file in files if file.name.endswith(".toml")}
