"""The pipeline: an image goes in, a `FrameResult` comes out."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.inference.alignment import Aligner
from mien.inference.attributes import (
    FaceAttribute,
    FaceView,
    Quantity,
    measure_face,
    shipped_attributes,
)
from mien.inference.attributes.base import names_of
from mien.inference.classifier import (
    DEFAULT_MODEL,
    Adapter,
    Classifier,
    Prediction,
    split_prediction,
)
from mien.inference.crop import crop_face, resize_crop, to_gray
from mien.inference.detection.detector import Detection, FaceDetector
from mien.inference.detection.mtcnn import MTCNN
from mien.inference.media.images import Frame, Source, read_frame
from mien.inference.tracking.smoothing import TIME_CONSTANT, Smoother
from mien.inference.tracking.tracker import Tracked, Tracker
from mien.results import Box, Face, FrameResult

StreamSource = str | os.PathLike[str] | int | Iterable[Frame]
"""What moves: a video's path, a folder, a camera's number, a stream's URL, or frames themselves."""

# Of the square root of the frame's area. A video is searched for faces every second, and half the
# size takes four times as long; a face this small has fewer pixels than the classifier takes.
_SMALLEST_IN_VIDEO = 0.04


@dataclass(frozen=True, slots=True, eq=False)
class PendingResult:
    """The faces of one image: detected, cropped and measured, not yet classified.

    Attributes:
        crops: uint8 (N, *card.face.shape) of the model; N may be 0.
        finish: makes the result of their probabilities, float32 (N, L), and the model's further
            outputs, float32 (N, K), its faces in their order. Once only where the image is of a
            moving source, for it goes on smoothing.
        adapter: what the model's answers are adapted by; None leaves them as they are.
    """

    crops: NDArray[np.uint8]
    finish: Callable[[NDArray[np.float32], NDArray[np.float32]], FrameResult]
    adapter: Adapter | None = None


class FrameTracker(Protocol):
    """Finds the people of the next frame of one moving source; it remembers those before."""

    def __call__(self, frame: Frame, adapter: Adapter | None = None) -> PendingResult:
        """Returns the people of a frame; where the adapter is another, smoothing starts afresh."""


class Analyzer:
    """Finds the faces in images and names the expression visible on each.

    The networks are loaded once; one analyzer serves any number of images.

    Args:
        model: the name of a shipped model, or the path of an ONNX file from `mien export`.
        detector: what finds the faces. Where none is given, `MTCNN()` with its defaults for
            images, and one that leaves out faces under 4 % of the frame for moving sources.
        unsure_below: the confidence, 0 to 1, below which a face is labelled `unsure`. It is
            calibrated: of the faces at 0.5 about half are named rightly. The default, 0, always
            gives the most probable emotion.
        adapter: what has learned a user, such as a profile of `mien.personalization`; of the same
            model. None leaves the model's answers as they are.
        attributes: what is measured of each face besides its expression, in this order; `()` for
            nothing, None for `mien.inference.attributes.shipped_attributes()`.

    Attributes:
        labels: what the model can answer, in the order of the probabilities.
        quantities: all that is measured of a face: the attributes', then the model's outputs.
        attribute_names: their names.

    Raises:
        ModelError: the model is missing, or is not one of Mien's.
        ValueError: `unsure_below` is not between 0 and 1, or two attributes have the same name.

    Example:
        >>> from mien import Analyzer
        >>> result = Analyzer().analyze("photo.jpg")
        >>> [(face.emotion, round(face.confidence, 2)) for face in result.faces]
        [('happy', 0.98)]
    """

    def __init__(
        self,
        model: str | Path = DEFAULT_MODEL,
        detector: FaceDetector | None = None,
        unsure_below: float = 0.0,
        adapter: Adapter | None = None,
        attributes: Sequence[FaceAttribute] | None = None,
    ) -> None:
        if not 0 <= unsure_below <= 1:
            raise ValueError(f"unsure_below must be between 0 and 1, got {unsure_below}")
        self.classifier = Classifier(model)
        self.unsure_below = unsure_below
        self.adapter = adapter
        self.attributes = shipped_attributes() if attributes is None else tuple(attributes)
        card = self.classifier.card
        self.labels = card.labels
        self.quantities = (
            *(quantity for attribute in self.attributes for quantity in attribute.quantities),
            *(Quantity(output.name, output.unit, output.description) for output in card.outputs),
        )
        self.attribute_names = names_of(self.quantities)
        self._aligner = Aligner() if card.alignment == "landmarks" else None
        self._detector = detector
        self._video_detector = detector

    @property
    def detector(self) -> FaceDetector:
        """What finds the faces. Loaded when first asked for: cropped faces need none."""
        if self._detector is None:
            self._detector = MTCNN()
        return self._detector

    def analyze(self, source: Source) -> FrameResult:
        """Analyses every face of one image.

        Args:
            source: a path, a Pillow image, an RGB array, uint8 (H, W, 3), or a `Frame`.

        Returns:
            The faces, from the largest to the smallest, classified in one batch; none where no
            face is found.

        Raises:
            MediaError: the image cannot be read.
        """
        (result,), _ = self.classify([self.detect(source, self.adapter)])
        return result

    def analyze_crop(self, source: Source) -> FrameResult:
        """Analyses an image that already is one cropped face, as FER2013's are.

        Where the model was trained on aligned faces, this one is aligned first; a face without
        sound landmarks stays as it is. `analyze` and `stream` align every face as they crop it,
        whatever the model.

        Args:
            source: as in `analyze`.

        Returns:
            One face: its box is the whole image, it has no score and no landmarks.

        Raises:
            MediaError: the image cannot be read.
        """
        (result,), _ = self.classify([self.detect_crop(source, self.adapter)])
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
            yield from self._track_all(source, time_constant)
            return
        from mien.inference.media.sources import open_stream  # noqa: PLC0415 - PyAV takes a while

        with open_stream(source) as frames:
            yield from self._track_all(frames, time_constant)

    def detect(self, source: Source, adapter: Adapter | None = None) -> PendingResult:
        """Does the first half of `analyze`, so that several images can be classified in one batch.

        Args:
            source: as in `analyze`.
            adapter: for this image, in place of the analyzer's.
        """
        frame = read_frame(source)
        detections = self.detector.detect(frame.pixels)
        gray_wanted = self.classifier.card.face.color == "gray" and detections
        pixels = to_gray(frame.pixels) if gray_wanted else frame.pixels
        crops = [self._crop(pixels, detection) for detection in detections]
        views = [FaceView(frame.pixels, *face) for face in zip(detections, crops, strict=True)]
        measured = [measure_face(self.attributes, view) for view in views]

        def finish(rows: NDArray[np.float32], outputs: NDArray[np.float32]) -> FrameResult:
            faces = [
                self._face(detection, row, values)
                for detection, row, values in zip(
                    detections, rows.tolist(), self._with_outputs(measured, outputs), strict=True
                )
            ]
            return self._result(frame, faces)

        return PendingResult(self._stack(crops), finish, adapter)

    def detect_crop(self, source: Source, adapter: Adapter | None = None) -> PendingResult:
        """Does the first half of `analyze_crop`; the arguments are those of `detect`."""
        frame = read_frame(source)
        crops = resize_crop(frame.pixels, self.classifier.card.face)[None]
        if self._aligner is not None:
            crops, _ = self._aligner.align(crops)
        height, width = frame.pixels.shape[:2]
        box = Box(0.0, 0.0, float(width), float(height))
        measured = [measure_face(self.attributes, FaceView(frame.pixels, None, crops[0]))]

        def finish(rows: NDArray[np.float32], outputs: NDArray[np.float32]) -> FrameResult:
            face = Face(
                box=box,
                probabilities=tuple(rows[0].tolist()),
                labels=self.labels,
                unsure_below=self.unsure_below,
                attributes=self._with_outputs(measured, outputs)[0],
            )
            return self._result(frame, [face])

        return PendingResult(crops, finish, adapter)

    def track(self, time_constant: float = TIME_CONSTANT) -> FrameTracker:
        """Returns a function that does the first half of `stream`, one frame a call.

        Args:
            time_constant: of the smoothing, in seconds; 0 smooths nothing.
        """
        if self._video_detector is None:
            self._video_detector = MTCNN(min_face_fraction=_SMALLEST_IN_VIDEO)
        face_format = self.classifier.card.face
        tracker = Tracker(self._video_detector, face_format=face_format)
        smoother, previous = Smoother(time_constant), None

        def follow(frame: Frame, adapter: Adapter | None = None) -> PendingResult:
            nonlocal smoother, previous
            if adapter is not previous:
                smoother, previous = Smoother(time_constant), adapter
            people, means = _by_size(tracker.update(frame)), smoother
            views = [FaceView(frame.pixels, person.face, person.crop) for person in people]
            measured = [measure_face(self.attributes, view) for view in views]

            def finish(rows: NDArray[np.float32], outputs: NDArray[np.float32]) -> FrameResult:
                values = self._with_outputs(measured, outputs)
                return self._result_of(frame, people, rows, values, means)

            return PendingResult(self._stack([person.crop for person in people]), finish, adapter)

        return follow

    def classify(self, images: Sequence[PendingResult]) -> tuple[list[FrameResult], Prediction]:
        """Classifies the faces of several images in one batch: the second half of `analyze`.

        Args:
            images: from `detect`, `detect_crop` and `track`, one at least; those of one moving
                source in their order.

        Returns:
            A result an image, and what the model itself answered, before any adapter: a row a
            face, in the order of the results and of their faces.
        """
        answer = self.classifier.predict(np.concatenate([image.crops for image in images]))
        parts = split_prediction(answer, [len(image.crops) for image in images])
        results = [
            image.finish(_adapted(part, image.adapter), part.outputs)
            for image, part in zip(images, parts, strict=True)
        ]
        return results, answer

    def _track_all(self, frames: Iterable[Frame], time_constant: float) -> Iterator[FrameResult]:
        follow = self.track(time_constant)
        for frame in frames:
            (result,), _ = self.classify([follow(frame, self.adapter)])
            yield result

    def _result_of(
        self,
        frame: Frame,
        people: list[Tracked],
        rows: NDArray[np.float32],
        values: list[dict[str, float]],
        smoother: Smoother,
    ) -> FrameResult:
        if not people:
            return self._result(frame, [])
        means = smoother.update([person.person for person in people], rows, frame.time)
        faces = [
            replace(
                self._face(person.face, row, measured), person=person.person, smoothed=tuple(mean)
            )
            for person, row, mean, measured in zip(
                people, rows.tolist(), means.tolist(), values, strict=True
            )
        ]
        return self._result(frame, faces)

    def _face(self, detection: Detection, row: list[float], attributes: dict[str, float]) -> Face:
        return Face(
            box=detection.box,
            probabilities=tuple(row),
            labels=self.labels,
            score=detection.score,
            landmarks=detection.landmarks,
            unsure_below=self.unsure_below,
            attributes=attributes,
        )

    def _result(self, frame: Frame, faces: list[Face]) -> FrameResult:
        height, width = frame.pixels.shape[:2]
        return FrameResult(
            frame.source,
            width,
            height,
            tuple(faces),
            frame.number,
            frame.time,
            self.labels,
            self.attribute_names,
        )

    def _with_outputs(
        self, measured: list[dict[str, float]], outputs: NDArray[np.float32]
    ) -> list[dict[str, float]]:
        """Adds the model's further outputs to the attributes of each face; NaN is absent."""
        names = [output.name for output in self.classifier.card.outputs]
        return [
            values | {name: x for name, x in zip(names, row, strict=True) if isfinite(x)}
            for values, row in zip(measured, outputs.tolist(), strict=True)
        ]

    def _crop(self, pixels: NDArray[np.uint8], detection: Detection) -> NDArray[np.uint8]:
        return crop_face(pixels, detection.landmarks, self.classifier.card.face)

    def _stack(self, crops: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        shape = self.classifier.card.face.shape
        return np.stack(crops) if crops else np.zeros((0, *shape), np.uint8)


def _by_size(people: list[Tracked]) -> list[Tracked]:
    def area(person: Tracked) -> float:
        return person.face.box.width * person.face.box.height

    return sorted(people, key=area, reverse=True)


def _adapted(base: Prediction, adapter: Adapter | None) -> NDArray[np.float32]:
    if adapter is None or not len(base.probabilities):
        return base.probabilities
    return adapter.adapt(base.probabilities, base.embeddings)
