"""From images of a user's face to corrections."""

import csv
import io
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.errors import MediaError, ProfileError
from mien.inference.analyzer import Analyzer
from mien.inference.media.images import read_frame
from mien.inference.media.sources import is_moving, open_stream
from mien.personalization.corrections import Correction, ModelId, write_crop
from mien.results import Box, Face


@dataclass(frozen=True, slots=True)
class Labelled:
    """An image of one face, and what the user says is on it.

    Attributes:
        path: of the image.
        label: one of `EMOTIONS`.
    """

    path: Path
    label: str


@dataclass(frozen=True, slots=True)
class Teacher:
    """Looks at faces for a profile, as the model itself sees them.

    Attributes:
        analyzer: of the profile's model; its adapter, if it has one, is passed over.
        keep_images: whether the crops are kept, which only the user may wish.
        crops: whether each image already is a cropped face.
    """

    analyzer: Analyzer
    keep_images: bool = False
    crops: bool = False

    def look(self, images: Iterable[Labelled]) -> Iterator[Correction | str]:
        """Yields a correction an image; where one shows not one face, what is wrong with it."""
        find = self.analyzer.detect_crop if self.crops else self.analyzer.detect
        for image in images:
            try:
                found = find(image.path)
            except MediaError as error:
                yield str(error)
                continue
            if len(found.crops) == 1:
                yield self.correct(found.crops[0], image.label, str(image.path))
            else:
                yield _told(image.path, len(found.crops))

    def correct(self, crop: NDArray[np.uint8], label: str, source: str) -> Correction:
        """Returns the correction of one face.

        Args:
            crop: uint8 (48, 48), of the analyzer.
            label: the user's.
            source: what messages call the face.

        Raises:
            ProfileError: the label is no emotion.
        """
        classifier = self.analyzer.classifier
        (probabilities,), (embedding,) = classifier.predict(crop[None])
        image = write_crop(crop) if self.keep_images else None
        model = ModelId.of(classifier)
        return Correction(label, embedding, probabilities, model, image, source)


def _told(path: Path, count: int) -> str:
    if count:
        return f"{path}: shows {count} faces; teach with an image of one, cut out of this one."
    return f"{path}: no face was found; if it is one, cut out already, say so with --crops."


_NEEDED = ("source", "frame", "emotion")
_BOX = ("x", "y", "width", "height")


@dataclass(frozen=True, slots=True)
class Wish:
    """One row: a face of a recording, and what the user says is on it.

    Attributes:
        place: what messages call it.
        source: the video or photo.
        frame: its number, from 0.
        label: one of `EMOTIONS`.
        person: the number that records give the person; None where it is not told.
        box: the face's; None where it is not told.
    """

    place: str
    source: Path
    frame: int
    label: str
    person: int | None
    box: Box | None


def read_wishes(path: Path) -> list[Wish | str]:
    """Reads a table; instead of a row that cannot be used, what is wrong with it.

    Args:
        path: of the table. Sources are looked for where the path in it leads to, and else beside
            the table.

    Raises:
        ProfileError: the table cannot be read, or lacks a column.
    """
    rows = csv.DictReader(io.StringIO(_text(path), newline=""))
    try:
        missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
        if missing:
            raise ProfileError(
                f"it has no column '{missing[0]}'",
                subject=path,
                remedy=f"corrections have the columns {', '.join(_NEEDED)}, and 'person' where "
                "a frame shows several",
            )
        return [_wish(path, number, row) for number, row in enumerate(rows, 2)]
    except csv.Error as error:
        raise ProfileError(
            f"not a table of CSV ({error})", subject=path, remedy="save it again"
        ) from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")  # spreadsheets put a mark at the front
    except UnicodeDecodeError:
        raise ProfileError("not UTF-8 text", subject=path, remedy="save it as UTF-8") from None
    except OSError as error:
        raise ProfileError(
            f"cannot be read ({error.strerror})", subject=path, remedy="check the path"
        ) from None


def _wish(path: Path, number: int, row: Mapping[str, str | None]) -> Wish | str:
    place, label = f"{path}, row {number}", (row["emotion"] or "").strip().lower()
    if label not in EMOTIONS:
        return f"{place}: '{label}' is no emotion; those are {', '.join(EMOTIONS)}."
    try:
        person = row.get("person")
        box = Box(*(float(row.get(side) or "nan") for side in _BOX))
        return Wish(
            place,
            _find(path, row["source"] or ""),
            int(row["frame"] or ""),
            label,
            int(person) if person else None,
            box if box.width > 0 and box.height > 0 else None,
        )
    except ValueError:
        return f"{place}: its frame, person or box is no number; take it as records have it."


def _find(path: Path, source: str) -> Path:
    given = Path(source)
    return given if given.exists() else path.parent / given


def look_again(teacher: Teacher, wishes: Sequence[Wish]) -> Iterator[Correction | str]:
    """Yields a correction a row; where its face is not found, what is wrong.

    Videos are followed from their start, as when they were recorded, so that people keep their
    numbers, and up to the last frame that is named.

    Args:
        teacher: what looks.
        wishes: the table's rows.
    """
    for source, group in groupby(sorted(wishes, key=_order), key=lambda one: one.source):
        yield from _look_at(teacher, source, list(group))


def _order(wish: Wish) -> tuple[Path, int]:
    return wish.source, wish.frame


def _look_at(teacher: Teacher, source: Path, wishes: Sequence[Wish]) -> Iterator[Correction | str]:
    frames, done = _frames(teacher, source, wishes[-1].frame), 0
    try:
        with closing(frames):
            for number, faces, crops in frames:
                for wish in wishes[done:]:
                    if wish.frame > number:
                        break
                    done += 1
                    yield _pick(teacher, wish, number, faces, crops)
    except MediaError as error:
        yield from (f"{wish.place}: {error}" for wish in wishes[done:])
        return
    yield from (f"{wish.place}: {source} has no frame {wish.frame}." for wish in wishes[done:])


def _frames(
    teacher: Teacher, source: Path, last: int
) -> Generator[tuple[int, Sequence[Face], NDArray[np.uint8]]]:
    """Yields of each frame its number, its faces and their crops."""
    analyzer = teacher.analyzer
    if not is_moving(str(source)):
        found = (analyzer.detect_crop if teacher.crops else analyzer.detect)(read_frame(source))
        yield 0, analyzer.classify([found])[0][0].faces, found.crops
        return
    look = analyzer.track()
    with open_stream(source) as stream:
        for frame in stream:
            if frame.number > last:
                return
            found = look(frame)
            yield frame.number, analyzer.classify([found])[0][0].faces, found.crops


def _pick(
    teacher: Teacher, wish: Wish, number: int, faces: Sequence[Face], crops: NDArray[np.uint8]
) -> Correction | str:
    """Takes the face that a row names, of the frame that its number has."""
    fits = [at for at, face in enumerate(faces) if number == wish.frame and _is(wish, face)]
    if len(fits) == 1:
        return teacher.correct(crops[fits[0]], wish.label, wish.place)
    if fits:
        return f"{wish.place}: its frame shows {len(fits)} faces; say which, by its person."
    return f"{wish.place}: the face is not there; take its frame and person from the records."


def _is(wish: Wish, face: Face) -> bool:
    if wish.person is not None:
        return face.person == wish.person
    return wish.box is None or _holds(wish.box, face.box)


def _holds(box: Box, other: Box) -> bool:
    """Tells whether the middle of one box lies within another, and is nowhere near its edge."""
    across = (other.x + other.width / 2 - box.x) / box.width
    down = (other.y + other.height / 2 - box.y) / box.height
    return 0.25 < across < 0.75 and 0.25 < down < 0.75
