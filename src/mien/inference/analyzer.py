"""The pipeline: a picture goes in, a `FrameResult` comes out."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.inference.alignment import Aligner
from mien.inference.classifier import (
    DEFAULT_MODEL,
    Adapter,
    Classifier,
    Prediction,
    split_prediction,
)
from mien.inference.crop import crop_face, resize_crop, to_gray
from mien.inference.detection.detector import Detector, FaceFinder
from mien.inference.media.images import Frame, Source, read_frame
from mien.inference.model_card import FACE_SIZE
from mien.inference.tracking.smoothing import TIME_CONSTANT, Smoother
from mien.inference.tracking.tracker import Tracked, Tracker
from mien.results import Box, Face, FrameResult

StreamSource = str | os.PathLike[str] | int | Iterable[Frame]
"""What moves: a video's path, a folder, a camera's number, a stream's URL, or frames themselves."""

# Of the square root of the frame's area. A film is searched for faces every second, and half the
# size takes four times as long; a face this small has fewer pixels than the classifier takes.
_SMALLEST_IN_FILM = 0.04


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The faces of one picture, cut out and not yet named.

    Attributes:
        crops: uint8 (N, 48, 48), grayscale; N may be 0.
        finish: makes the result of their probabilities, float32 (N, 7), its faces in their order.
            Once only where the picture is of a moving source, for it goes on smoothing.
        adapter: what the model's answers are adapted by; None leaves them as they are.
    """

    crops: NDArray[np.uint8]
    finish: Callable[[NDArray[np.float32]], FrameResult]
    adapter: Adapter | None = None


class Watch(Protocol):
    """Finds the people of the next frame of one moving source; it remembers those before."""

    def __call__(self, frame: Frame, adapter: Adapter | None = None) -> Found:
        """Returns the people of a frame; where the adapter is another, smoothing starts afresh."""


class Analyzer:
    """Finds the faces in pictures and names the expression visible on each.

    The networks are loaded once; one analyzer serves any number of pictures.

    Args:
        model: the name of a shipped model, or the path of an ONNX file from `mien export`.
        detector: what finds the faces. Where none is given, `Detector()` with its defaults for
            pictures, and one that leaves out faces under 4 % of the frame for moving sources.
        unsure_below: the confidence, 0 to 1, below which a face is labelled `unsure`. It is
            calibrated: of the faces at 0.5 about half are named rightly. The default, 0, always
            gives the most probable emotion.
        adapter: what has learned a user, such as a profile of `mien.personalization`; of the same
            model. None leaves the model's answers as they are.

    Raises:
        ModelError: the model is missing, or is not one of Mien's.
        ValueError: `unsure_below` is not between 0 and 1.

    Example:
        >>> from mien import Analyzer
        >>> result = Analyzer().analyze("photo.jpg")
        >>> [(face.emotion, round(face.confidence, 2)) for face in result.faces]
        [('happy', 0.98)]
    """

    def __init__(
        self,
        model: str | Path = DEFAULT_MODEL,
        detector: FaceFinder | None = None,
        unsure_below: float = 0.0,
        adapter: Adapter | None = None,
    ) -> None:
        if not 0 <= unsure_below <= 1:
            raise ValueError(f"unsure_below must be between 0 and 1, got {unsure_below}")
        self.classifier = Classifier(model)
        self.unsure_below = unsure_below
        self.adapter = adapter
        self._aligner = Aligner() if self.classifier.card.alignment == "landmarks" else None
        self._detector = detector
        self._film_detector = detector

    @property
    def detector(self) -> FaceFinder:
        """What finds the faces. Loaded when first asked for: cropped faces need none."""
        if self._detector is None:
            self._detector = Detector()
        return self._detector

    def analyze(self, source: Source) -> FrameResult:
        """Analyses every face of one picture.

        Args:
            source: a path, a Pillow image, an RGB array, uint8 (H, W, 3), or a `Frame`.

        Returns:
            The faces, from the largest to the smallest, classified in one batch; none where no
            face is found.

        Raises:
            MediaError: the picture cannot be read.
        """
        (result,), _ = self.name([self.find(source, self.adapter)])
        return result

    def analyze_crop(self, source: Source) -> FrameResult:
        """Analyses a picture that already is one cropped face, as FER2013's are.

        Where the model was trained on aligned faces, this one is aligned first; a face without
        sound landmarks stays as it is. `analyze` and `stream` align every face as they crop it,
        whatever the model.

        Args:
            source: as in `analyze`.

        Returns:
            One face: its box is the whole picture, it has no score and no landmarks.

        Raises:
            MediaError: the picture cannot be read.
        """
        (result,), _ = self.name([self.find_crop(source, self.adapter)])
        return result

    def stream(
        self, source: StreamSource, time_constant: float = TIME_CONSTANT
    ) -> Iterator[FrameResult]:
        """Analyses a moving source, frame by frame, as it comes.

        People are numbered by `Tracker` and their probabilities smoothed by `Smoother`; each call
        has its own, so streams do not mix. What this opens it closes, however the loop ends. Each
        result takes one frame from the source, so a caller may keep the frames that pass by.

        Args:
            source: the path of a video or of a folder, the number of a camera, the URL of a
                stream; or frames, from an open stream for instance, which stays open.
            time_constant: of the smoothing, in seconds; 0 smooths nothing.

        Yields:
            One result a frame: each face with its person's number, its probabilities as they are
            and smoothed, from the largest to the smallest.

        Raises:
            MediaError: the source cannot be opened or read; when the first frame is asked for.
        """
        if not isinstance(source, (str, os.PathLike, int)):
            yield from self._watch(source, time_constant)
            return
        from mien.inference.media.sources import open_stream  # noqa: PLC0415 - PyAV takes a while

        with open_stream(source) as frames:
            yield from self._watch(frames, time_constant)

    def find(self, source: Source, adapter: Adapter | None = None) -> Found:
        """Does the first half of `analyze`, so that several pictures can be named together.

        Args:
            source: as in `analyze`.
            adapter: this picture's own; the analyzer's is passed over.
        """
        frame = read_frame(source)
        found = self.detector.detect(frame.pixels)
        gray = to_gray(frame.pixels) if found else frame.pixels
        crops = _stack([crop_face(gray, face.landmarks) for face in found])

        def finish(rows: NDArray[np.float32]) -> FrameResult:
            faces = (
                Face(
                    face.box, tuple(row), face.score, face.landmarks, None, None, self.unsure_below
                )
                for face, row in zip(found, rows.tolist(), strict=True)
            )
            return _result(frame, tuple(faces))

        return Found(crops, finish, adapter)

    def find_crop(self, source: Source, adapter: Adapter | None = None) -> Found:
        """Does the first half of `analyze_crop`; the arguments are those of `find`."""
        frame = read_frame(source)
        crops = resize_crop(frame.pixels)[None]
        if self._aligner is not None:
            crops, _ = self._aligner.align(crops)
        height, width = frame.pixels.shape[:2]
        box = Box(0.0, 0.0, float(width), float(height))

        def finish(rows: NDArray[np.float32]) -> FrameResult:
            (row,) = rows.tolist()
            return _result(frame, (Face(box, tuple(row), unsure_below=self.unsure_below),))

        return Found(crops, finish, adapter)

    def watch(self, time_constant: float = TIME_CONSTANT) -> Watch:
        """Gives what does the first half of `stream`, for one moving source, a frame a call.

        Args:
            time_constant: of the smoothing, in seconds; 0 smooths nothing.
        """
        if self._film_detector is None:
            self._film_detector = Detector(min_face_fraction=_SMALLEST_IN_FILM)
        tracker, smoother = Tracker(self._film_detector), Smoother(time_constant)
        known: Adapter | None = None

        def look(frame: Frame, adapter: Adapter | None = None) -> Found:
            nonlocal smoother, known
            if adapter is not known:
                smoother, known = Smoother(time_constant), adapter
            people, means = _by_size(tracker.update(frame)), smoother
            crops = _stack([one.crop for one in people])
            return Found(crops, lambda rows: self._result_of(frame, people, rows, means), adapter)

        return look

    def name(self, pictures: Sequence[Found]) -> tuple[list[FrameResult], Prediction]:
        """Classifies the faces of several pictures in one batch: the second half of `analyze`.

        Args:
            pictures: what `find`, `find_crop` and `watch` gave, one at least; those of one moving
                source in their order.

        Returns:
            A result a picture, and what the model itself answered, before any adapter: a row a
            face, in the order of the results and of their faces.
        """
        answer = self.classifier.predict(np.concatenate([one.crops for one in pictures]))
        parts = split_prediction(answer, [len(one.crops) for one in pictures])
        results = [
            one.finish(_adapted(part, one.adapter))
            for one, part in zip(pictures, parts, strict=True)
        ]
        return results, answer

    def _watch(self, frames: Iterable[Frame], time_constant: float) -> Iterator[FrameResult]:
        look = self.watch(time_constant)
        for frame in frames:
            (result,), _ = self.name([look(frame, self.adapter)])
            yield result

    def _result_of(
        self,
        frame: Frame,
        people: list[Tracked],
        rows: NDArray[np.float32],
        smoother: Smoother,
    ) -> FrameResult:
        if not people:
            return _result(frame, ())
        means = smoother.update([one.person for one in people], rows, frame.time)
        faces = tuple(
            Face(
                one.face.box,
                tuple(row),
                one.face.score,
                one.face.landmarks,
                one.person,
                tuple(mean),
                self.unsure_below,
            )
            for one, row, mean in zip(people, rows.tolist(), means.tolist(), strict=True)
        )
        return _result(frame, faces)


def _by_size(people: list[Tracked]) -> list[Tracked]:
    return sorted(people, key=lambda one: one.face.box.width * one.face.box.height, reverse=True)


def _adapted(base: Prediction, adapter: Adapter | None) -> NDArray[np.float32]:
    if adapter is None or not len(base.probabilities):
        return base.probabilities
    return adapter.adapt(base.probabilities, base.embeddings)


def _stack(crops: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return np.stack(crops) if crops else np.zeros((0, FACE_SIZE, FACE_SIZE), np.uint8)


def _result(frame: Frame, faces: tuple[Face, ...]) -> FrameResult:
    height, width = frame.pixels.shape[:2]
    return FrameResult(frame.source, width, height, faces, frame.number, frame.time)
