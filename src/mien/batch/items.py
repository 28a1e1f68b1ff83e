"""What a job is made of: its inputs, one by one, and what holds for all of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

Kind = Literal["photo", "film"]


def is_address(path: str) -> bool:
    """Tells a storage's address from a local path."""
    return "://" in path


@dataclass(frozen=True, slots=True)
class Item:
    """One input.

    Attributes:
        index: its place in the job, from 0.
        path: as the user named it: a local path, or an address that fsspec knows. It is the
            column `source` of its records.
        kind: what it is analyzed as.
        size: in bytes.
        stamp: what changes when the file does: the time of its last change, or a storage's tag.
        values: of the user's own columns, in the order of `Options.columns`.
        problem: why it cannot be analyzed, where that is known already; else empty.
        cuts: where a long film is cut, as `mien.batch.cut` counts; empty where it stays whole.
    """

    index: int
    path: str
    kind: Kind
    size: int
    stamp: str
    values: tuple[Any, ...] = ()
    problem: str = ""
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What a job does with each input: all that its rows depend on.

    Attributes:
        model: the name of a shipped model, or the whole path of a model file.
        unsure_below: the confidence, 0 to 1, below which a face is labelled `unsure`.
        crops: whether each photo already is one cropped face.
        longest: a local film of more seconds is cut into pieces of about so many.
        folder: where relative paths start.
        columns: the user's own, carried through.
    """

    model: str
    unsure_below: float
    crops: bool
    longest: float
    folder: str
    columns: pa.Schema

    def locate(self, item: Item) -> str:
        """Returns the whole path of a local item, and an address as it is."""
        return item.path if is_address(item.path) else str(Path(self.folder, item.path))
