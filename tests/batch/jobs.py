"""Jobs made for tests: small inputs, and what the tables of a job hold."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds
from PIL import Image

from mien.batch.analysis import TaskResult
from mien.batch.job import Report, Request, run
from mien.batch.plan import Item, Options, Task
from mien.batch.progress import Listener
from mien.inference.attributes import shipped_attributes
from mien.inference.attributes.base import names_of
from tests.batch.engines import InProcess

SHIPPED = names_of(
    [quantity for attribute in shipped_attributes() for quantity in attribute.quantities]
)


def make_options(model: Path | str, **changes: Any) -> Options:
    """Options under which a photo is a cropped face, which is quick."""
    values = {
        "model": str(model),
        "unsure_below": 0.0,
        "crops": True,
        "longest_video": 600.0,
        "folder": str(Path.cwd()),
        "attributes": SHIPPED,
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


def task_of(paths: Sequence[Path | str], number: int = 0) -> Task:
    """Makes a task of photos."""
    return Task(number, tuple(items_of(paths)), 1.0)


def tasks_of(paths: list[Path], size: int) -> Iterator[Task]:
    """Makes tasks of so many photos each."""
    for number, start in enumerate(range(0, len(paths), size)):
        yield task_of(paths[start : start + size], number)


def sources_of(results: Iterable[tuple[Task, TaskResult]]) -> list[str]:
    """Returns the sources of all rows, sorted."""
    return sorted(source for _, result in results for source in result.rows["source"].to_pylist())


def run_job(
    out: Path, options: Options, *inputs: Path | str, engine: Any = None, **more: Any
) -> Report:
    """Runs a job in this process, unless another engine is passed."""
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
