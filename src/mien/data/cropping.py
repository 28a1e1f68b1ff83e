"""Photos to a folder of cropped faces, with a table of where each came from."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, PngImagePlugin

from mien.data.folders import ImageFile, find_images
from mien.data.labels import find_labels
from mien.data.photos import PLACED, FaceReader, OnPhoto, ignore
from mien.data.table import LABEL, PATH, PERSON, SPLIT, further_columns, is_table, read_table
from mien.errors import DataError, MediaError
from mien.files import replacing
from mien.inference.detection.detector import Detection
from mien.inference.media.images import SUFFIXES
from mien.inference.media.images import find_images as find_all_images
from mien.inference.model_card import FaceFormat
from mien.sheets import write_cells

TABLE = "faces.csv"
"""The table beside the crops."""

_PLACE = ("source", "x", "y", "width", "height", "score")


@dataclass(frozen=True)
class Cropped:
    """What was made of a collection of photos.

    Attributes:
        count: how many crops were written.
        problems: a sentence for each photo that was left out.
    """

    count: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Photo:
    """A photo, where its crop goes, and the fields of its row: label, person, split, others."""

    path: Path
    target: Path
    fields: tuple[str, ...]


def crop_photos(
    source: Path, out: Path, face_format: FaceFormat, on_photo: OnPhoto = ignore
) -> Cropped:
    """Finds and crops the face of every photo, exactly as predictions do.

    A crop is a PNG that carries a note of how it lies, so that a data set of crops is taken as
    those of the photos themselves would be. Folders stay as they are.

    Args:
        source: class folders, with or without splits; a table of photos, see `mien.data.table`;
            any other folder of photos; or one photo.
        out: a folder without such crops; it gets them and `TABLE`.
        face_format: of the crops.
        on_photo: called with the number of photos done and of all.

    Returns:
        How many there are, and what was left out: no image, no face, several of which none is by
        far the largest, or a photo whose crop would take another's place.

    Raises:
        DataError: there are no photos, none shows a face, or `out` cannot be written or has crops.
        MediaError: a folder has no images.
    """
    photos, problems, further = _find(source)
    _check(out, source)
    reader, rows, targets = FaceReader(face_format, photos=True), [], set[Path]()
    with _writing(out):
        for done, photo in enumerate(photos, 1):
            try:
                if photo.target in targets:
                    raise MediaError("its crop would replace another's", subject=photo.path)
                crop, face = reader.find(photo.path)
            except MediaError as error:
                problems.append(str(error))
            else:
                targets.add(photo.target)
                _save(Image.fromarray(crop), out / photo.target)
                rows.append([photo.target.as_posix(), *photo.fields, *_row(photo.path, face)])
            on_photo(done, len(photos))
        if not rows:
            raise DataError(f"none of {len(photos)} photos can be used; the first: {problems[0]}")
        _write_table(out / TABLE, [PATH, LABEL, PERSON, SPLIT, *further, *_PLACE], rows)
    return Cropped(len(rows), tuple(problems))


def _find(source: Path) -> tuple[list[_Photo], list[str], tuple[str, ...]]:
    """Returns the photos, what was left out, and the names of a table's further columns."""
    if source.is_file() and source.suffix.lower() in (".csv", ".parquet"):
        if not is_table(source):
            raise DataError(
                f"it has no columns '{PATH}' and '{LABEL}'", subject=source, remedy="name photos"
            )
        names = find_labels(source)
        images, problems = read_table(source, names)
        return _labelled(images, names, source.parent), problems, further_columns(source)
    if (classes := _class_images(source)) is not None:
        names, images, problems = classes
        return _labelled(images, names, source), problems, ()
    root = source if source.is_dir() else source.parent
    found = find_all_images(source)
    return [_Photo(path, _target(path, root), ("", "", "")) for path in found], [], ()


def _class_images(source: Path) -> tuple[tuple[str, ...], list[ImageFile], list[str]] | None:
    """Returns labels, images and problems of class folders; None of any other folder."""
    if not source.is_dir() or any(path.suffix.lower() in SUFFIXES for path in source.iterdir()):
        return None
    try:
        names = find_labels(source)
        return names, *find_images(source, names)
    except DataError:
        return None


def _labelled(images: list[ImageFile], names: tuple[str, ...], root: Path) -> list[_Photo]:
    return [
        _Photo(
            image.path,
            _target(image.path, root),
            (names[image.label], image.person, image.split, *image.columns),
        )
        for image in images
    ]


def _target(path: Path, root: Path) -> Path:
    """Returns where a photo's crop goes in the folder of crops; never outside of it."""
    inside = Path(os.path.relpath(path, root))
    parts = [part for part in inside.parts if part not in ("..", os.sep)]
    return Path(*parts[:-1], f"{parts[-1]}.png")


def _check(out: Path, source: Path) -> None:
    if (out / TABLE).exists():
        raise DataError("there are crops already", subject=out, remedy="choose another folder")
    if source.is_dir() and out.exists() and out.samefile(source):
        raise DataError(
            "the crops would lie among the photos", subject=out, remedy="choose another folder"
        )


def _row(path: Path, face: Detection) -> list[str | float]:
    box = face.box
    places = (box.x, box.y, box.width, box.height)
    return [str(path), *(round(float(value), 1) for value in places), f"{face.score:.4f}"]


def _save(crop: Image.Image, path: Path) -> None:
    note = PngImagePlugin.PngInfo()
    note.add_text(*PLACED)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside:
        crop.save(beside, "PNG", pnginfo=note)


def _write_table(path: Path, header: list[str], rows: list[list[str | float]]) -> None:
    with replacing(path) as beside:
        beside.write_text(write_cells([header, *rows], end="\r\n"), "utf-8", newline="")


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise DataError(
            f"cannot be written ({error.strerror})",
            subject=error.filename or out,
            remedy="make room, or choose another folder",
        ) from None
