"""Corrections made from images of a user's face, and from tables that name faces of recordings."""

import csv
import io
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError, ProfileError
from mien.inference.analyzer import Analyzer
from mien.inference.media.images import read_frame
from mien.inference.media.sources import is_moving, open_stream
from mien.personalization.corrections import Correction, ModelId, match_label, write_crop
from mien.results import Box, Face

_REQUIRED = ("source", "frame", "emotion")
_BOX = ("x", "y", "width", "height")


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """An image of one face, and the user's label for it.

    Attributes:
        path: of the image.
        label: one of the model's.
    """

    path: Path
    label: str


@dataclass(frozen=True, slots=True)
class CorrectionRequest:
    """A row of a table: a face of a recording, and the user's label for it.

    Attributes:
        row: what messages call it.
        source: the video or photo.
        frame: its number, from 0.
        label: one of the model's.
        person: the person id of the records; None where it is not given.
        box: of the face; None where it is not given.
    """

    row: str
    source: Path
    frame: int
    label: str
    person: int | None
    box: Box | None

    def matches(self, face: Face) -> bool:
        """Returns whether this is the person, or has the box; any face where neither is given."""
        if self.person is not None:
            return face.person == self.person
        return self.box is None or _has_middle_of(self.box, face.box)


@dataclass(frozen=True, slots=True)
class Teacher:
    """Makes corrections of faces, as the model itself classifies them.

    Where a face cannot be corrected, a sentence that says why takes the place of its correction.

    Attributes:
        analyzer: of the profile's model; its adapter, if it has one, is not used.
        keep_images: whether the crops are stored, which only the user may ask for.
        crops: whether each image already is a cropped face.
    """

    analyzer: Analyzer
    keep_images: bool = False
    crops: bool = False

    def correct_images(self, images: Iterable[LabelledImage]) -> Iterator[Correction | str]:
        """Yields a correction for each image of one face."""
        detect = self.analyzer.detect_crop if self.crops else self.analyzer.detect
        for image in images:
            try:
                pending = detect(image.path)
            except MediaError as error:
                yield str(error)
                continue
            if len(pending.crops) == 1:
                yield self.correct_face(pending.crops[0], image.label, str(image.path))
            else:
                yield _describe_count(image.path, len(pending.crops))

    def correct_requests(self, requests: Sequence[CorrectionRequest]) -> Iterator[Correction | str]:
        """Yields a correction for each row of a table.

        Videos are tracked from their start, as when they were recorded, so that people keep their
        ids, and up to the last frame that is asked for.
        """
        in_order = sorted(requests, key=lambda request: (request.source, request.frame))
        for source, group in groupby(in_order, key=lambda request: request.source):
            yield from self._correct_source(source, list(group))

    def correct_face(self, crop: NDArray[np.uint8], label: str, source: str) -> Correction:
        """Returns the correction of one face.

        Args:
            crop: uint8, in the model's `FaceFormat`.
            label: the user's.
            source: what messages call the face.

        Raises:
            ProfileError: the model has no such label.
        """
        classifier = self.analyzer.classifier
        prediction = classifier.predict(crop[None])
        return Correction(
            label,
            prediction.embeddings[0],
            prediction.probabilities[0],
            ModelId.of(classifier),
            write_crop(crop) if self.keep_images else None,
            source,
            classifier.card.labels,
        )

    def _correct_source(
        self, source: Path, requests: Sequence[CorrectionRequest]
    ) -> Iterator[Correction | str]:
        frames, done = self._read_frames(source, requests[-1].frame), 0
        try:
            with closing(frames):
                for number, faces, crops in frames:
                    for request in requests[done:]:
                        if request.frame > number:
                            break
                        done += 1
                        yield self._correct_request(request, number, faces, crops)
        except MediaError as error:
            yield from (f"{request.row}: {error}" for request in requests[done:])
            return
        for request in requests[done:]:
            yield f"{request.row}: {source} has no frame {request.frame}."

    def _read_frames(
        self, source: Path, last: int
    ) -> Generator[tuple[int, Sequence[Face], NDArray[np.uint8]]]:
        """Yields of each frame up to the last its number, its faces and their crops."""
        analyzer = self.analyzer
        if not is_moving(str(source)):
            detect = analyzer.detect_crop if self.crops else analyzer.detect
            pending = detect(read_frame(source))
            yield 0, analyzer.classify([pending])[0][0].faces, pending.crops
            return
        track = analyzer.track()
        with open_stream(source) as stream:
            for frame in stream:
                if frame.number > last:
                    return
                pending = track(frame)
                yield frame.number, analyzer.classify([pending])[0][0].faces, pending.crops

    def _correct_request(
        self,
        request: CorrectionRequest,
        number: int,
        faces: Sequence[Face],
        crops: NDArray[np.uint8],
    ) -> Correction | str:
        """Corrects the face that a row names, in the frame of this number."""
        found = [i for i, face in enumerate(faces) if request.matches(face)]
        if request.frame != number or not found:
            return f"{request.row}: no such face; take its frame and person from the records."
        if len(found) > 1:
            return f"{request.row}: its frame shows {len(found)} faces; add the person to the row."
        return self.correct_face(crops[found[0]], request.label, request.row)


def _describe_count(path: Path, count: int) -> str:
    if count:
        return f"{path}: shows {count} faces; crop the image to one of them."
    return f"{path}: no face detected; if the image is a cropped face, add --crops."


def _has_middle_of(box: Box, other: Box) -> bool:
    """Returns whether a box has the middle of another inside, and not near its edge."""
    across = (other.x + other.width / 2 - box.x) / box.width
    down = (other.y + other.height / 2 - box.y) / box.height
    return 0.25 < across < 0.75 and 0.25 < down < 0.75


def read_requests(path: Path, labels: Sequence[str]) -> list[CorrectionRequest | str]:
    """Reads a table of corrections; a row that cannot be used gives a sentence that says why.

    Args:
        path: of the table, a CSV. A source is a path, or one relative to the table's folder.
        labels: of the model.

    Raises:
        ProfileError: the table cannot be read, or lacks a column.
    """
    rows = csv.DictReader(io.StringIO(_read_text(path), newline=""))
    try:
        missing = [name for name in _REQUIRED if name not in (rows.fieldnames or ())]
        if missing:
            raise ProfileError(
                f"has no column '{missing[0]}'",
                subject=path,
                remedy=f"use the columns {', '.join(_REQUIRED)}, and 'person' where a frame shows "
                "several people",
            )
        return [_to_request(path, number, row, labels) for number, row in enumerate(rows, 2)]
    except csv.Error as error:
        raise ProfileError(
            f"not a CSV table ({error})", subject=path, remedy="save it again"
        ) from None


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")  # spreadsheets put a mark at the front
    except UnicodeDecodeError:
        raise ProfileError("not UTF-8 text", subject=path, remedy="save it as UTF-8") from None
    except OSError as error:
        raise ProfileError(
            f"cannot be read ({error.strerror})", subject=path, remedy="check the path"
        ) from None


def _to_request(
    path: Path, number: int, row: Mapping[str, str | None], labels: Sequence[str]
) -> CorrectionRequest | str:
    name = f"{path}, row {number}"
    try:
        label = match_label(row["emotion"] or "", labels, name)
    except ProfileError as error:
        return str(error)
    try:
        person = row.get("person")
        box = Box(*(float(row.get(side) or "nan") for side in _BOX))
        return CorrectionRequest(
            name,
            _resolve(path, row["source"] or ""),
            int(row["frame"] or ""),
            label,
            int(person) if person else None,
            box if box.width > 0 and box.height > 0 else None,
        )
    except ValueError:
        return f"{name}: its frame, person or box is not a number; copy it from the records."


def _resolve(path: Path, source: str) -> Path:
    given = Path(source)
    return given if given.exists() else path.parent / given
