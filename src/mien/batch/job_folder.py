"""A job's folder: what lies where, and that it is this job's alone."""

import errno
import fcntl
import hashlib
import json
import os
import platform
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import islice, pairwise, zip_longest
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mien import __version__
from mien.batch.errors import BatchError
from mien.batch.inputs import Inputs
from mien.batch.plan import Item, Options
from mien.files import replacing
from mien.inference.classifier import Classifier, shipped_models
from mien.inference.detection.mtcnn import weights_folder
from mien.inference.records import LABELS


class JobFolder:
    """The places in a job's folder.

    Args:
        path: `--out`.

    Attributes:
        records: parts of Parquet, the rows.
        errors: parts of Parquet: the inputs that have no rows, and why.
        notes: parts of Parquet: what was passed over in inputs that have rows.
        manifest: what was done, with what, and what came of it.
        inner: what a job needs to go on: `inputs`, `journal`, `held` parts of videos, and `lock`.
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
        self.held = self.inner / "held"
        self.lock = self.inner / "lock"


@contextmanager
def open_folder(path: Path) -> Iterator[JobFolder]:
    """Opens a job's folder, a new one or one that was begun, for this process alone.

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
            f"cannot be written to ({error.strerror})",
            subject=path,
            remedy="give --out another folder",
        ) from None
    try:
        _claim(path, lock)
        for half in (*path.glob(".manifest.json.*"), *folder.inner.rglob(".*.parquet")):
            half.unlink()  # a kill left it
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


@dataclass(slots=True)
class Totals:
    """What came of some pieces.

    Attributes:
        counts: as of an `Outcome`, and the `failures` and `notes`.
        reasons: how often each reason failed an input; its figures are left out.
        seconds: that workers took.
    """

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, other: "Totals") -> None:
        """Adds what came of other pieces."""
        self.counts += other.counts
        self.reasons += other.reasons
        self.seconds += other.seconds


@dataclass(frozen=True, slots=True)
class Line:
    """A part that was written.

    Attributes:
        part: its number.
        pieces: the numbers of the pieces in it.
        totals: what came of these.
    """

    part: int
    pieces: tuple[int, ...]
    totals: Totals

    def to_line(self) -> str:
        """Returns a line of JSON."""
        totals = self.totals
        return json.dumps(
            {
                "part": self.part,
                "pieces": _ranges(self.pieces),
                "counts": totals.counts,
                "reasons": totals.reasons,
                "seconds": totals.seconds,
            }
        )

    @classmethod
    def from_line(cls, line: bytes) -> "Line":
        """Reads a line of JSON."""
        read = json.loads(line)
        pieces = tuple(n for first, last in read["pieces"] for n in range(first, last + 1))
        totals = Totals(Counter(read["counts"]), Counter(read["reasons"]), read["seconds"])
        return cls(read["part"], pieces, totals)


class Journal:
    """The file of these lines. A kill, or a full disk, leaves whole lines and perhaps half a one.

    Args:
        path: the file; it is made where it is missing. Half a line at its end is cut off.

    Attributes:
        entries: that the file has.

    Raises:
        BatchError: a line of it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
        self.entries = list(self._read(content[:whole].splitlines()))

    def append(self, entry: Line) -> None:
        """Writes a line and waits for the disk.

        Raises:
            OSError: it cannot be written; the file is as before.
        """
        with self._path.open("ab", buffering=0) as file:
            whole = file.tell()
            try:
                line = f"{entry.to_line()}\n".encode()
                if file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
            except OSError:
                os.truncate(self._path, whole)
                raise
        self.entries.append(entry)

    def _read(self, lines: Iterable[bytes]) -> Iterator[Line]:
        for number, line in enumerate(lines, 1):
            try:
                yield Line.from_line(line)
            except (ValueError, KeyError, TypeError):
                raise BatchError(
                    f"{self._path}, line {number}: damaged", remedy="give --out another folder"
                ) from None


def _ranges(numbers: tuple[int, ...]) -> list[tuple[int, int]]:
    """Shortens 1, 2, 3, 7 to 1 to 3 and 7 to 7."""
    ordered = sorted(numbers)
    gaps = [(a, b) for a, b in pairwise(ordered) if b != a + 1]
    firsts = [*ordered[:1], *(after for _, after in gaps)]
    lasts = [*(before for before, _ in gaps), *ordered[-1:]]
    return list(zip(firsts, lasts, strict=True))


_PACKAGES = ("av", "fsspec", "numpy", "onnxruntime", "pillow", "pyarrow", "ray")
_NEEDED = {"model", "options", "versions", "folder", "seconds"}  # to go on


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

    def check(self, job: dict[str, Any]) -> None:
        """Refuses to go on with another model, or with other options.

        Raises:
            BatchError: it names what is not the same.
        """
        for part in ("model", "options"):
            for key, value in job[part].items():
                before = self.content[part].get(key)
                if before != value:
                    raise BatchError(
                        f"the job in this folder began with {key} {before}, not {value}",
                        subject=self._path.parent,
                        remedy=f"give the same {part}, or give --out another folder",
                    )

    def write(self, totals: Totals, seconds: float, **changes: Any) -> None:
        """Writes the file anew, with what came of the job so far, and in how many seconds.

        Raises:
            OSError: it cannot be written.
        """
        counts = totals.counts
        self.content |= {**changes, "seconds": round(seconds, 1)}
        self.content["counts"] = {
            name: counts[name] for name in ("photos", "films", "pictures", "faces", "failures")
        }
        self.content["faces_by_emotion"] = {label: counts[label] for label in LABELS}
        self.content["failures_by_reason"] = dict(totals.reasons.most_common())
        self.content["worker_seconds"] = round(totals.seconds, 1)
        with replacing(self._path) as beside:
            beside.write_text(json.dumps(self.content, indent=2) + "\n", encoding="utf-8")

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError:
            content = None
        if not isinstance(content, dict) or not content.keys() >= _NEEDED:
            raise BatchError("damaged", subject=self._path, remedy="give --out another folder")
        return content


def describe(options: Options) -> dict[str, Any]:
    """Returns what a manifest says of the model and the options, and must go on to say.

    Raises:
        ModelError: the model is missing, or is not one of Mien's, or the detector is not installed.
    """
    weights_folder()  # asked for now, lest every input fails
    classifier = Classifier(options.model)
    return {
        "model": {
            "name": classifier.card.name,
            "version": classifier.card.version,
            "sha256": hashlib.sha256(classifier.path.read_bytes()).hexdigest(),
        },
        "options": {
            "unsure_below": options.unsure_below,
            "crops": options.crops,
            "longest_film": options.longest,
        },
    }


def versions() -> dict[str, str]:
    """Returns the versions of all that has a say in the rows."""
    found = {"mien": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def whole_name(model: str) -> str:
    """Returns a model's name so that a worker elsewhere on this machine finds it, too."""
    return model if model in shipped_models() else str(Path(model).absolute())


_ROWS = 8192  # that are read or written at once
_VALUES = "values"
_FIELDS = (
    ("path", pa.binary()),  # a file's name need not be Unicode
    ("kind", pa.string()),
    ("size", pa.int64()),
    ("stamp", pa.string()),
    ("problem", pa.string()),
    ("cuts", pa.list_(pa.int64())),
)


def save_inputs(path: Path, items: Iterable[Item], columns: pa.Schema) -> None:
    """Writes inputs, numbered from 0 without a gap, whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    own = [(_VALUES, pa.struct(list(columns)))] if columns else []  # Parquet has no empty struct
    schema, items = pa.schema([*_FIELDS, *own]), iter(items)
    with replacing(path) as beside, pq.ParquetWriter(beside, schema) as file:
        while some := list(islice(items, _ROWS)):
            rows = [_row(item, columns) for item in some]
            file.write_table(pa.Table.from_pylist(rows, schema))


def saved_columns(path: Path) -> pa.Schema:
    """Returns the user's own columns, which `save_inputs` was given.

    Raises:
        BatchError: the file is missing or damaged.
    """
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException):
        raise BatchError(
            "missing or damaged", subject=path, remedy="give --out another folder"
        ) from None
    return pa.schema(list(schema.field(_VALUES).type) if _VALUES in schema.names else [])


def saved_inputs(path: Path) -> Iterator[Item]:
    """Yields the inputs again, with bounded memory."""
    number = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_ROWS):
            for row in batch.to_pylist():
                yield Item(
                    *(number, os.fsdecode(row["path"]), row["kind"], row["size"], row["stamp"]),
                    values=tuple((row.get(_VALUES) or {}).values()),
                    problem=row["problem"],
                    cuts=tuple(row["cuts"]),
                )
                number += 1


def check_unchanged(path: Path, now: Inputs) -> None:
    """Compares inputs with those that were saved.

    Raises:
        BatchError: they are not the same; the first difference is named.
    """
    if saved_columns(path) != now.columns:
        raise _changed("the lists have other columns")
    for before, after in zip_longest(saved_inputs(path), now):
        if before is None or after is None or _key(before) != _key(after):
            raise _changed(_difference(before, after))


def _changed(what: str) -> BatchError:
    return BatchError(
        f"the inputs have changed since this job began: {what}",
        remedy="add --as-begun to go on with the inputs of then, or give --out another folder",
    )


def _row(item: Item, columns: pa.Schema) -> dict[str, object]:
    values = dict(zip(columns.names, item.values, strict=True))
    return {
        "path": os.fsencode(item.path),
        **{name: getattr(item, name) for name, _ in _FIELDS[1:]},
        _VALUES: values,
    }


def _key(item: Item) -> tuple[object, ...]:
    # What is not a number never equals itself, but reads alike.
    return item.path, item.kind, item.size, item.stamp, item.problem, repr(item.values)


def _difference(before: Item | None, after: Item | None) -> str:
    if before is None:
        return f"{after.path if after else ''} is new"
    if after is None:
        return f"{before.path} is gone"
    if before.path == after.path:
        return f"{after.path} is another file, or has other columns"
    return f"where {before.path} was, {after.path} is"
