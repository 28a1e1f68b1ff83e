"""`mien batch`: rows identical to those of an undisturbed job, none twice at any time."""

import sys
from pathlib import Path

import pyarrow.dataset as ds

from reliability.crash.case import Case
from reliability.crash.inputs import MODEL, Inputs
from reliability.crash.place import Place

# Tasks of four images, each of which is written at once, so that a short job has many of them.
_SMALL_TASKS = (
    "import mien.batch.plan as plan, mien.batch.writer as writer\n"
    "plan._MAX_PHOTOS, writer._MAX_SECONDS = 4, 0.0\n"
    "from mien.cli import main\n"
    "if __name__ == '__main__': main()"
)
_OUT = "job"


def make_cases(inputs: Inputs) -> list[Case]:
    """A job of images, and one of a video."""
    crops = [str(inputs.crops), "--crops"]
    return [_make("batch of images", crops), _make("batch of a video", [str(inputs.video)])]


def _make(name: str, arguments: list[str]) -> Case:
    options = ["batch", *arguments, "--out", _OUT, "--model", MODEL, "--workers", "1"]
    return Case(
        scenario="batch",
        name=name,
        command=lambda _: [sys.executable, "-c", _SMALL_TASKS, *options],
        prepare=lambda _: None,
        outputs=(),
        check=_check,
        workers=True,
    )


def _check(place: Place, whole: Place, ended: bool) -> list[str]:
    wrong = []
    for table in ("records", "errors"):
        found = read_rows(place.work / _OUT, table)
        expected = read_rows(whole.work / _OUT, table)
        if len(set(found)) < len(found):
            wrong.append(f"{len(found) - len(set(found))} rows of {table} are there twice")
        if not set(found) <= set(expected):
            wrong.append(f"{table} has rows that an undisturbed job has not")
        if ended and len(found) != len(expected):
            wrong.append(f"{table} has {len(found)} rows, not {len(expected)}")
    return wrong


def read_rows(out: Path, table: str) -> list[str]:
    """Returns the rows of a table of a job, each as text."""
    if not (out / table).is_dir() or not any((out / table).glob("*.parquet")):
        return []
    files = [str(path) for path in (out / table).glob("[!.]*.parquet")]
    return [repr(row) for row in ds.dataset(files, format="parquet").to_table().to_pylist()]
