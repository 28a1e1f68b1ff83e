"""Jobs made for tests: small inputs, and what a job's folder says of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from PIL import Image

from mien.batch.job import Report, Request, run
from mien.batch.plan import Item, Options, Piece
from mien.batch.progress import Listener
from tests.batch.engines import InProcess


def make_options(model: Path | str, **changes: Any) -> Options:
    """Options under which a photo is a cropped face, which is quick."""
    values = {
        "model": str(model),
        "unsure_below": 0.0,
        "crops": True,
        "longest": 600.0,
        "folder": str(Path.cwd()),
        "columns": pa.schema([]),
    }
    return Options(**(values | changes))


def save_photos(folder: Path, count: int, first: int = 0) -> list[Path]:
    """Writes images of which no two are alike, so dark that the tiny model is unsure of them."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:04d}.png" for number in range(first, first + count)]
    for number, path in enumerate(paths, first):
        pixels = np.random.default_rng(number).integers(0, 16, (48, 48), np.uint8)
        Image.fromarray(pixels).save(path)
    return paths


def items_of(paths: Sequence[Path | str], values: Sequence[tuple[Any, ...]] = ()) -> list[Item]:
    """Makes photos of paths."""
    own = values or [()] * len(paths)
    return [
        Item(number, str(path), "photo", 1000, "", values=own[number])
        for number, path in enumerate(paths)
    ]


def piece_of(paths: Sequence[Path | str], number: int = 0) -> Piece:
    return Piece(number, tuple(items_of(paths)), 1.0)


def start(
    out: Path, options: Options, *inputs: Path | str, engine: Any = None, **more: Any
) -> Report:
    """Runs a job in this process, unless an engine says otherwise."""
    request = Request(tuple(map(str, inputs)), out, options, **more)
    return run(request, engine or InProcess(), Listener())


def rows_of(out: Path, table: str = "records") -> list[dict[str, Any]]:
    """Reads a table of a job, in the order of sources."""
    rows = ds.dataset(out / table, format="parquet").to_table().to_pylist()
    return sorted(rows, key=lambda row: (row.get("source") or row.get("path"), row.get("frame", 0)))


def check_exact(out: Path, good: Sequence[Path], bad: Sequence[Path] = ()) -> None:
    """Makes sure that each good photo has one row, and each bad one an error and no more."""
    assert [row["source"] for row in rows_of(out)] == sorted(map(str, good))
    assert [row["path"] for row in rows_of(out, "errors")] == sorted(map(str, bad))
    hidden = [path for path in out.rglob("*") if path.name.startswith(".")]
    assert not hidden
