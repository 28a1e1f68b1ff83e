"""Aligns the faces of a data set by their landmarks, as the crops of photos are.

See `mien.inference.alignment`. Thirty thousand faces take minutes, so the result is cached.
"""

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.cache import cache_folder
from mien.data.dataset import FaceDataset
from mien.files import replacing
from mien.inference.alignment import Aligner

OnBatch = Callable[[int, int], None]
_FORMAT = "mien aligned faces 1"  # raised when the alignment changes
_BATCH = 128
Aligned = tuple[NDArray[np.uint8], NDArray[np.bool_]]


def align(
    faces: FaceDataset, on_batch: OnBatch = lambda _done, _total: None
) -> tuple[FaceDataset, NDArray[np.bool_]]:
    """Aligns every face that shows its landmarks; the others stay as they are.

    The cache is found by the faces themselves, a split at a time: what was aligned for training
    serves the evaluation of one split. A cache that is damaged is built again; one that cannot
    be written is done without.

    Args:
        faces: as they come.
        on_batch: called with the number of faces done and of all, after each batch that was not
            in the cache.

    Returns:
        The same rows with aligned images, so with another fingerprint; and which of them were
        aligned, bool (N,).

    Raises:
        ModelError: the landmarks' network is not installed.
    """
    images, aligned = np.empty_like(faces.images), np.zeros(len(faces), bool)
    done = 0
    for split, count in faces.split_counts.items():
        rows = faces.splits == split

        def report(part: int, start: int = done) -> None:
            on_batch(start + part, len(faces))

        images[rows], aligned[rows] = _cached(faces.images[rows], report)
        done += count
    return replace(faces, images=images), aligned


def align_as(
    alignment: str, faces: FaceDataset, on_batch: OnBatch = lambda _done, _total: None
) -> FaceDataset:
    """Returns faces as a model takes them that was trained on such an alignment.

    Faces that were cropped from photos by their landmarks are as they are to be.

    Args:
        alignment: "landmarks", or "none" for the faces as they come.
        faces: as they come.
        on_batch: as in `align`.

    Raises:
        ModelError: as in `align`.
    """
    if alignment != "landmarks" or faces.aligned:
        return faces
    return align(faces, on_batch)[0]


def _cached(images: NDArray[np.uint8], report: Callable[[int], None]) -> Aligned:
    file = _cache_file(images)
    if file is not None and (found := _load(file, len(images))) is not None:
        return found
    result = _align(images, report)
    if file is not None:
        with contextlib.suppress(OSError):
            _save(file, result)
    return result


def _align(images: NDArray[np.uint8], report: Callable[[int], None]) -> Aligned:
    aligner, parts = Aligner(), []
    for start in range(0, len(images), _BATCH):
        parts.append(aligner.align(images[start : start + _BATCH]))
        report(min(start + _BATCH, len(images)))
    faces, aligned = zip(*parts, strict=True)
    return np.concatenate(faces), np.concatenate(aligned)


def _cache_file(images: NDArray[np.uint8]) -> Path | None:
    folder = cache_folder()
    digest = hashlib.sha256(_FORMAT.encode())
    digest.update(np.ascontiguousarray(images).data)
    return folder / f"{digest.hexdigest()[:32]}.npz" if folder else None


def _load(file: Path, count: int) -> Aligned | None:
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as archive:
            images, aligned = archive["images"], archive["aligned"]
    except Exception:  # a damaged archive raises many kinds of error
        return None
    return (images, aligned) if len(images) == len(aligned) == count else None


def _save(file: Path, result: Aligned) -> None:
    # Faces are personal data: only this user may read them.
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    images, aligned = result
    with replacing(file) as beside:
        np.savez(beside, images=images, aligned=aligned)
