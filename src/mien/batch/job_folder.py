"""The folder of a job: its places, its lock, its manifest, and the saved list of its inputs."""

import fcntl
import json
import os
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mien import __version__
from mien.batch.errors import BatchError
from mien.batch.inputs import Inputs
from mien.batch.plan import Item
from mien.batch.progress import Totals
from mien.emotions import EMOTIONS
from mien.files import replacing
from mien.inference.records.layout import Layout

_PACKAGES = ("av", "fsspec", "numpy", "onnxruntime", "pillow", "pyarrow", "ray")
_REQUIRED = {"model", "options", "versions", "folder", "seconds"}  # to resume
_ANOTHER_FOLDER = "give --out another folder"

_CHUNK_ROWS = 8192  # of inputs that are read or written at once
_VALUES = "values"
_FIELDS = (
    ("path", pa.binary()),  # a file's name need not be Unicode
    ("kind", pa.string()),
    ("size", pa.int64()),
    ("stamp", pa.string()),
    ("problem", pa.string()),
    ("cuts", pa.list_(pa.int64())),  # the split points, as version 0.1 named them
)


class JobFolder:
    """The places in a job's folder.

    Args:
        path: `--out`.

    Attributes:
        records: Parquet parts: the rows.
        errors: Parquet parts: the inputs that have no rows, and why.
        notes: Parquet parts: what was skipped in inputs that have rows.
        manifest: what was done, with what, and what it adds up to.
        inner: what resuming needs: `inputs`, `journal`, `pending` results of video parts, `lock`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records = path / "records"
        self.errors = path / "errors"
        self.notes = path / "notes"
        self.manifest = path / "manifest.json"
        self.inner = path / "job"
        self.inputs = self.inner / "inputs.parquet"
        self.journal = self.inner / "journal.jsonl"
        self.pending = self.inner / "held"  # as version 0.1 named it
        self.lock = self.inner / "lock"


@contextmanager
def open_folder(path: Path) -> Iterator[JobFolder]:
    """Opens a job's folder, a new one or one to resume, for this process alone.

    Raises:
        BatchError: it holds something else, cannot be written to, or a job is running in it.
    """
    folder = JobFolder(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not folder.lock.exists() and any(path.iterdir()):
            raise BatchError("holds other files", subject=path, remedy="give --out a new folder")
        folder.inner.mkdir(exist_ok=True)
        lock = os.open(folder.lock, os.O_CREAT | os.O_RDWR, 0o666)
    except OSError as error:
        raise BatchError(
            f"cannot be written to ({error.strerror})", subject=path, remedy=_ANOTHER_FOLDER
        ) from None
    try:
        _claim(path, lock)
        for unfinished in (*path.glob(".manifest.json.*"), *folder.inner.rglob(".*.parquet")):
            unfinished.unlink()  # a kill left it
        yield folder
    finally:
        os.close(lock)


def _claim(path: Path, lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise BatchError(
            "a job is running in this folder",
            subject=path,
            remedy="wait for it, or give --out another one",
        ) from None


class Manifest:
    """A job's manifest, read and written.

    Args:
        folder: of the job.

    Attributes:
        content: what the file holds; empty where there is none yet.

    Raises:
        BatchError: the file is damaged.
    """

    def __init__(self, folder: JobFolder) -> None:
        self._path = folder.manifest
        self.content: dict[str, Any] = self._read()

    @property
    def layout(self) -> Layout:
        """The columns of the records.

        A folder of version 0.1 names neither labels nor attributes: it has the labels of FER2013
        and no attributes. Folders of early versions have no column `clock`.
        """
        labels, attributes = self.content.get("labels"), self.content.get("attributes")
        options = self.content.get("options", {})
        prior, detector = options.get("prior") is not None, "detector" in options
        named = (prior, detector, bool(self.content.get("clock")))
        return Layout(tuple(labels or EMOTIONS), tuple(attributes or ()), *named)

    @property
    def detector(self) -> str:
        """The name of the job's detector; folders of early versions name none, and had MTCNN."""
        return str(self.content["options"].get("detector", "mtcnn"))

    def check(self, job: dict[str, Any]) -> None:
        """Refuses to resume with another model, or with other options.

        Args:
            job: its `model` and `options`, as a new manifest would have them.

        Raises:
            BatchError: it names what is not the same.
        """
        for section in ("model", "options"):
            for key, value in job[section].items():
                before = self.detector if key == "detector" else self.content[section].get(key)
                if before != value:
                    name = key.replace("film", "video")
                    raise BatchError(
                        f"the job in this folder started with {name} {before}, not {value}",
                        subject=self._path.parent,
                        remedy=f"give the same {section}, or {_ANOTHER_FOLDER}",
                    )

    def write(self, totals: Totals, seconds: float, **changes: Any) -> None:
        """Writes the file anew.

        Args:
            totals: of the job so far.
            seconds: that all its runs took so far.
            changes: keys to add or to replace.

        Raises:
            OSError: it cannot be written.
        """
        counts = totals.counts
        self.content |= {**changes, "seconds": round(seconds, 1)}
        self.content["counts"] = {
            name: counts[name] for name in ("photos", "films", "pictures", "faces", "failures")
        }
        self.content["faces_by_emotion"] = {code: counts[code] for code in self.layout.codes}
        self.content["failures_by_reason"] = dict(totals.reasons.most_common())
        self.content["worker_seconds"] = round(totals.seconds, 1)
        with replacing(self._path) as beside:
            beside.write_text(json.dumps(self.content, indent=2) + "\n", encoding="utf-8")

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict) or not content.keys() >= _REQUIRED:
            raise BatchError("damaged", subject=self._path, remedy=_ANOTHER_FOLDER)
        return content


def current_versions() -> dict[str, str]:
    """Returns the versions of all software that the rows depend on."""
    versions = {"mien": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def save_inputs(path: Path, items: Iterable[Item], columns: pa.Schema) -> None:
    """Writes inputs, numbered from 0 without a gap, whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    own = [(_VALUES, pa.struct(list(columns)))] if columns else []  # Parquet has no empty struct
    schema, items = pa.schema([*_FIELDS, *own]), iter(items)
    with replacing(path) as beside, pq.ParquetWriter(beside, schema) as file:
        while chunk := list(islice(items, _CHUNK_ROWS)):
            rows = [_to_row(item, columns) for item in chunk]
            file.write_table(pa.Table.from_pylist(rows, schema))


def load_columns(path: Path) -> pa.Schema:
    """Returns the user's own columns, which `save_inputs` was passed.

    Raises:
        BatchError: the file is missing or damaged.
    """
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException):
        raise BatchError("missing or damaged", subject=path, remedy=_ANOTHER_FOLDER) from None
    return pa.schema(list(schema.field(_VALUES).type) if _VALUES in schema.names else [])


def load_inputs(path: Path) -> Iterator[Item]:
    """Yields the saved inputs, with bounded memory.

    Raises:
        BatchError: the file is missing or damaged, or the disk fails.
    """
    try:
        yield from _read_inputs(path)
    except (OSError, pa.ArrowException):
        raise BatchError("missing or damaged", subject=path, remedy=_ANOTHER_FOLDER) from None


def _read_inputs(path: Path) -> Iterator[Item]:
    number = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_CHUNK_ROWS):
            for row in batch.to_pylist():
                yield Item(
                    *(number, os.fsdecode(row["path"]), row["kind"], row["size"], row["stamp"]),
                    values=tuple((row.get(_VALUES) or {}).values()),
                    problem=row["problem"],
                    split_points=tuple(row["cuts"]),
                )
                number += 1


def check_unchanged(path: Path, now: Inputs) -> None:
    """Compares inputs with those that were saved.

    Raises:
        BatchError: they are not the same; the first difference is named.
    """
    if load_columns(path) != now.columns:
        raise _changed("the lists have other columns")
    for before, after in zip_longest(load_inputs(path), now):
        if before is None or after is None or _key(before) != _key(after):
            raise _changed(_difference(before, after))


def _changed(what: str) -> BatchError:
    return BatchError(
        f"the inputs have changed since this job started: {what}",
        remedy=f"add --as-started to resume with the saved list of inputs, or {_ANOTHER_FOLDER}",
    )


def _to_row(item: Item, columns: pa.Schema) -> dict[str, object]:
    return {
        "path": os.fsencode(item.path),
        "kind": item.kind,
        "size": item.size,
        "stamp": item.stamp,
        "problem": item.problem,
        "cuts": item.split_points,
        _VALUES: dict(zip(columns.names, item.values, strict=True)),
    }


def _key(item: Item) -> tuple[object, ...]:
    # NaN never equals itself, but has the same text.
    return item.path, item.kind, item.size, item.stamp, item.problem, repr(item.values)


def _difference(before: Item | None, after: Item | None) -> str:
    if before is None:
        return f"{after.path if after else ''} is new"
    if after is None:
        return f"{before.path} is gone"
    if before.path == after.path:
        return f"{after.path} is another file, or has other columns"
    return f"where {before.path} was, {after.path} is"
