"""The pipeline from an image to a `FrameResult`: detect, crop, measure, classify."""

import os
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from copy import copy
from dataclasses import replace
from functools import cache, partial
from itertools import count, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import MienError
from mien.inference.advice import find_warnings
from mien.inference.alignment import Aligner
from mien.inference.attributes import FaceAttribute, shipped_attributes
from mien.inference.classifier import (
    DEFAULT_MODEL,
    Adapter,
    Classifier,
    Prediction,
    split_prediction,
)
from mien.inference.crop import resize_crop
from mien.inference.cropping import ENOUGH_PIXELS, crop_faces
from mien.inference.detection.detector import FaceDetector
from mien.inference.detection.detectors import (
    DEFAULT_DETECTOR,
    check_detector,
    open_detector,
)
from mien.inference.media.arrays import ARRAY, Order
from mien.inference.media.frames import MemoryFrame, refuse_one_image, to_frame, to_frames
from mien.inference.media.images import Frame, Pixels, Source, find_images, read_frame
from mien.inference.pending import (
    Floats,
    FrameTracker,
    PendingResult,
    ResultBuilder,
    with_embeddings,
)
from mien.inference.priors import Prior
from mien.inference.records.layout import Layout
from mien.inference.tracking.smoothing import TIME_CONSTANT, LabelHold, Smoother
from mien.inference.tracking.tracker import Tracked, Tracker
from mien.results import FrameResult, Probabilities

StreamSource = str | os.PathLike[str] | int | Iterable[MemoryFrame]
"""A moving source: the path of a video or folder, a camera's number, a stream's URL, or frames."""


class Analyzer:
    """Detects the faces in images and classifies the expression visible on each.

    The networks are loaded once; one analyzer serves any number of images, and any number of
    threads at once: a call keeps nothing in it.

    Args:
        model: the name of a shipped model, or the path of an ONNX file from `mien export`.
        detector: detects the faces: a name of `mien.inference.detection.detectors.DETECTORS`, or
            any `FaceDetector`. Moving sources are searched by it too, and faces followed by O-Net
            where it has O-Net, else by itself.
        unsure_below: the confidence, 0 to 1, below which a face is labelled `unsure`. Confidence is
            calibrated: of the faces at 0.5, about half are classified correctly. The default, 0,
            always gives the most probable label.
        adapter: adapts the probabilities to a user, such as a profile of `mien.personalization`
            for the same model. None leaves them unchanged.
        attributes: further measures of each face, in this order; `()` for none, None for
            `mien.inference.attributes.shipped_attributes()`.
        prior: how common each expression is where the faces are from: the name of one of the
            model's sources (`fer2013`, `photos`), `uniform`, a JSON file, or a mapping of label to
            share. None for the base rates that the model learned.
        min_face: the longer side of the smallest box, in pixels of the image, that counts as a
            face; 0 leaves out none.

    Attributes:
        labels: of the model, in the order of the probabilities.
        detector_name: names the detector in results: its own name, or its class's.
        quantities: everything measured of a face: the attributes', then the model's outputs.
        attribute_names: the names of the quantities.

    Raises:
        ModelError: the model is missing, is not a Mien model, or has an output with the name of
            an attribute; or the prior does not fit it; or there is no such detector.
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
        detector: str | FaceDetector = DEFAULT_DETECTOR,
        unsure_below: float = 0.0,
        adapter: Adapter | None = None,
        attributes: Sequence[FaceAttribute] | None = None,
        prior: Prior | None = None,
        min_face: float = 0.0,
    ) -> None:
        if not 0 <= unsure_below <= 1:
            raise ValueError(f"unsure_below must be between 0 and 1, got {unsure_below}")
        self.classifier = Classifier(model, prior=prior)
        self.unsure_below = unsure_below
        self.adapter = adapter
        self.min_face = min_face
        self.attributes = shipped_attributes() if attributes is None else tuple(attributes)
        self._builder = ResultBuilder(self.classifier, self.attributes, unsure_below)
        self.labels = self._builder.labels
        self.quantities = self._builder.quantities
        self.attribute_names = self._builder.names
        self._aligner = Aligner() if self.classifier.card.alignment == "landmarks" else None
        self._detector: FaceDetector | None = None
        if isinstance(detector, str):
            self.detector_name = check_detector(detector)
        else:
            self.detector_name, self._detector = type(detector).__name__, detector
        self._video_detector = self._detector

    def with_prior(self, prior: Prior | None) -> "Analyzer":
        """Returns an analyzer of other base rates that shares this one's networks.

        Raises:
            ModelError: the prior does not fit the model.
        """
        other = copy(self)
        other.classifier = self.classifier.with_prior(prior)
        other._builder = ResultBuilder(other.classifier, self.attributes, self.unsure_below)
        return other

    def with_detector(self, detector: str) -> "Analyzer":
        """Returns an analyzer with another detector that shares this one's model.

        Raises:
            ModelError: there is no such detector.
        """
        other = copy(self)
        other.detector_name = check_detector(detector)
        other._detector = other._video_detector = None
        return other

    @property
    def layout(self) -> Layout:
        """The columns of the records of its results."""
        return Layout(self.labels, self.attribute_names, bool(self.classifier.prior), detector=True)

    @property
    def detector(self) -> FaceDetector:
        """The face detector, loaded on first use: cropped faces need none."""
        if self._detector is None:
            self._detector = open_detector(self.detector_name)
        return self._detector

    def analyze(
        self, source: Source, *, order: Order = "rgb", embeddings: bool = False
    ) -> FrameResult:
        """Analyzes every face in one image.

        Args:
            source: a path or http(s) address, an encoded image's bytes or binary file, a Pillow
                image, an array of any depth, or a `Frame`; see `mien.inference.media.images`.
            order: of an array's channels: "bgr" for OpenCV's.
            embeddings: whether each face keeps its embedding.

        Returns:
            The faces, from the largest to the smallest, classified in one batch; empty where no
            face is detected. Its `plot` and its view in a notebook show the image.

        Raises:
            MediaError: the image cannot be read.

        Example:
            >>> result = Analyzer().analyze(cv2.imread("photo.jpg"), order="bgr")
            >>> result.faces[0].probabilities["happy"]
            0.98
        """
        frame = read_frame(source, ENOUGH_PIXELS, order)
        (result,) = self._finish([self.detect(frame, self.adapter)], embeddings)
        origin = source if isinstance(source, str | os.PathLike) else frame
        return replace(result, reread=partial(_reread, origin))

    def analyze_crop(
        self, source: Source, *, order: Order = "rgb", embeddings: bool = False
    ) -> FrameResult:
        """Analyzes an image that already is one cropped face, such as FER2013's.

        Where the model was trained on aligned faces, the face is aligned first; one without
        reliable landmarks stays unchanged. `analyze` and `stream` align every face when they crop
        it, whatever the model.

        Args:
            source: as in `analyze`.
            order: as in `analyze`.
            embeddings: as in `analyze`.

        Returns:
            One face: its box is the whole image, it has no score and no landmarks.

        Raises:
            MediaError: the image cannot be read.
        """
        frame = read_frame(source, order=order)
        (result,) = self._finish([self.detect_crop(frame, self.adapter)], embeddings)
        return replace(result, reread=partial(_reread, frame))

    def analyze_many(
        self,
        sources: Iterable[Source] | str | os.PathLike[str],
        *,
        batch: int = 16,
        order: Order = "rgb",
        embeddings: bool = False,
    ) -> Iterator[FrameResult | MienError]:
        """Analyzes images in their order; one that fails is an item, and the rest goes on.

        Args:
            sources: each as in `analyze`, read as they are needed; or a folder, whose images are
                found as `find_images` does.
            batch: how many images are classified at once; bounds memory.
            order: as in `analyze`.
            embeddings: as in `analyze`.

        Yields:
            For each image its result, or the error that says why it has none.

        Raises:
            MediaError: a folder has no images, or one image was passed instead of several.
            ValueError: `batch` is under 1.

        Example:
            >>> for result in Analyzer().analyze_many(["smile.jpg", "notes.txt"]):
            ...     print(result if isinstance(result, MienError) else result.faces[0].emotion)
            happy
            notes.txt: not an image; use JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF.
        """
        if batch < 1:
            raise ValueError(f"batch must be 1 or more, got {batch}")
        refuse_one_image(sources)
        if isinstance(sources, str | os.PathLike):
            sources = find_images(sources)
        return self._analyze_batches(iter(sources), batch, order, embeddings)

    async def aanalyze(
        self, source: Source, *, order: Order = "rgb", embeddings: bool = False
    ) -> FrameResult:
        """Runs `analyze` in a thread, so that an event loop goes on meanwhile."""
        from asyncio import to_thread  # noqa: PLC0415 - takes a while, and most callers have no loop

        return await to_thread(self.analyze, source, order=order, embeddings=embeddings)

    def stream(
        self,
        source: StreamSource,
        time_constant: float = TIME_CONSTANT,
        *,
        fps: float | None = None,
        order: Order = "rgb",
        embeddings: bool = False,
    ) -> Generator[FrameResult, None, None]:
        """Analyzes a moving source frame by frame.

        `Tracker` assigns person ids and `Smoother` smooths their probabilities; each call has its
        own, so streams do not mix. A source that this method opens is closed however the loop ends.
        Each result takes exactly one frame from the source.

        Args:
            source: the path of a video or of a folder, the number of a camera, the URL of a
                stream; or frames, such as those of an open stream, which stays open, arrays, or
                pairs of a time in seconds and an array.
            time_constant: of the smoothing, in seconds; 0 smooths nothing, and holds no label.
            fps: frames a second of arrays that come without times.
            order: of the arrays' channels.
            embeddings: whether each face keeps its embedding.

        Yields:
            One result per frame: the faces from the largest to the smallest, each with its person
            id, its probabilities, and its smoothed probabilities.

        Raises:
            MediaError: the source cannot be opened or read; raised with the first frame.
        """
        if not isinstance(source, (str, os.PathLike, int)):
            yield from self._track_all(to_frames(source, fps, order), time_constant, embeddings)
            return
        from mien.inference.media.sources import open_stream  # noqa: PLC0415 - PyAV takes a while

        with open_stream(source) as frames:
            yield from self._track_all(frames, time_constant, embeddings)

    def astream(
        self,
        source: StreamSource | AsyncIterable[MemoryFrame],
        time_constant: float = TIME_CONSTANT,
        *,
        fps: float | None = None,
        order: Order = "rgb",
        embeddings: bool = False,
    ) -> AsyncGenerator[FrameResult, None]:
        """Runs `stream` in a thread of its own, so that an event loop goes on meanwhile.

        Args:
            source: as in `stream`; or frames that arrive one by one, such as those of a socket.
            time_constant: as in `stream`.
            fps: as in `stream`.
            order: as in `stream`.
            embeddings: as in `stream`.

        Yields:
            As `stream`.

        Raises:
            MediaError: as `stream`.
        """
        from mien.inference.threaded import apply, iterate  # noqa: PLC0415 - as in `aanalyze`

        if not isinstance(source, AsyncIterable):
            return iterate(
                self.stream(source, time_constant, fps=fps, order=order, embeddings=embeddings)
            )
        follow, numbers = self.track(time_constant), count()

        def analyze(item: MemoryFrame) -> FrameResult:
            return self._follow(follow, to_frame(item, next(numbers), fps, order), embeddings)

        return apply(analyze, source)

    def detect(self, source: Source, adapter: Adapter | None = None) -> PendingResult:
        """Runs the first half of `analyze`, so that several images can be classified in one batch.

        Args:
            source: as in `analyze`.
            adapter: for this image, instead of the analyzer's.
        """
        frame, builder = read_frame(source, ENOUGH_PIXELS), self._builder
        frame, detections, crops = crop_faces(
            frame, self.detector, self.classifier.card.face, self.min_face
        )
        measured = builder.measure(frame, zip(detections, crops, strict=True))
        placed = [face.moved(frame.scale) for face in detections]
        warnings = find_warnings(frame.pixels, detections, frame.source == ARRAY)

        def finish(rows: Floats, outputs: Floats) -> FrameResult:
            values = builder.with_outputs(measured, outputs)
            faces = zip(placed, rows.tolist(), values, strict=True)
            return builder.result(
                frame, [builder.face(*face) for face in faces], self.detector_name, warnings
            )

        return PendingResult(self._stack(crops), finish, adapter)

    def detect_crop(self, source: Source, adapter: Adapter | None = None) -> PendingResult:
        """Runs the first half of `analyze_crop`; the arguments are those of `detect`."""
        frame, builder = read_frame(source), self._builder
        crops = resize_crop(frame.pixels, self.classifier.card.face)[None]
        if self._aligner is not None:
            crops, _ = self._aligner.align(crops)
        measured = builder.measure(frame, [(None, crops[0])])

        def finish(rows: Floats, outputs: Floats) -> FrameResult:
            (values,) = builder.with_outputs(measured, outputs)
            return builder.result(frame, [builder.cropped_face(frame, rows[0].tolist(), values)])

        return PendingResult(crops, finish, adapter)

    def track(self, time_constant: float = TIME_CONSTANT) -> FrameTracker:
        """Returns a function that runs the first half of `stream`, one frame per call.

        Args:
            time_constant: of the smoothing, in seconds; 0 smooths nothing.
        """
        if self._video_detector is None:
            self._video_detector = open_detector(self.detector_name, moving=True)
        tracker = Tracker(self._video_detector, face_format=self.classifier.card.face)
        steady, previous, constant = _Steady(time_constant), None, time_constant

        def follow(
            frame: Frame, adapter: Adapter | None = None, smoothing: float | None = None
        ) -> PendingResult:
            nonlocal steady, previous, constant
            smoothing = time_constant if smoothing is None else smoothing
            if adapter is not previous or smoothing != constant:
                steady, previous, constant = _Steady(smoothing), adapter, smoothing
            persons = _by_size(tracker.update(frame), self.min_face)
            return self._detect_tracked(frame, persons, steady, adapter)

        return follow

    def classify(self, images: Sequence[PendingResult]) -> tuple[list[FrameResult], Prediction]:
        """Classifies the faces of several images in one batch: the second half of `analyze`.

        Args:
            images: from `detect`, `detect_crop` and `track`, at least one; the frames of one moving
                source in their order.

        Returns:
            One result per image, and the model's prediction before any adapter: one row per face,
            in the order of the results and of their faces.
        """
        prediction = self.classifier.predict(np.concatenate([image.crops for image in images]))
        parts = split_prediction(prediction, [len(image.crops) for image in images])
        results = [
            image.finish(_adapted(part, image.adapter), part.outputs)
            for image, part in zip(images, parts, strict=True)
        ]
        return results, prediction

    def _finish(self, images: Sequence[PendingResult], embeddings: bool) -> list[FrameResult]:
        results, prediction = self.classify(images)
        if not embeddings:
            return results
        parts = split_prediction(prediction, [len(image.crops) for image in images])
        return [
            with_embeddings(result, part.embeddings)
            for result, part in zip(results, parts, strict=True)
        ]

    def _analyze_batches(
        self, sources: Iterator[Source], batch: int, order: Order, embeddings: bool
    ) -> Iterator[FrameResult | MienError]:
        while items := [self._attempt(source, order) for source in islice(sources, batch)]:
            pending = [item for item in items if isinstance(item, PendingResult)]
            results = iter(self._finish(pending, embeddings) if pending else ())
            for item in items:
                yield item if isinstance(item, MienError) else next(results)

    def _attempt(self, source: Source, order: Order) -> PendingResult | MienError:
        try:
            return self.detect(read_frame(source, ENOUGH_PIXELS, order), self.adapter)
        except MienError as error:
            return error

    def _track_all(
        self, frames: Iterable[Frame], time_constant: float, embeddings: bool
    ) -> Iterator[FrameResult]:
        follow = self.track(time_constant)
        for frame in frames:
            yield self._follow(follow, frame, embeddings)

    def _follow(self, follow: FrameTracker, frame: Frame, embeddings: bool) -> FrameResult:
        (result,) = self._finish([follow(frame, self.adapter)], embeddings)
        return result

    def _detect_tracked(
        self, frame: Frame, persons: list[Tracked], steady: "_Steady", adapter: Adapter | None
    ) -> PendingResult:
        builder, crops = self._builder, [person.crop for person in persons]
        measured = builder.measure(frame, [(person.face, person.crop) for person in persons])

        def finish(rows: Floats, outputs: Floats) -> FrameResult:
            if not persons:
                return builder.result(frame, [], self.detector_name)
            values = builder.with_outputs(measured, outputs)
            ids = [person.person for person in persons]
            means, held = steady.update(ids, rows, frame.time)
            faces = zip(persons, rows.tolist(), means.tolist(), held, values, strict=True)
            return builder.result(
                frame,
                [
                    replace(
                        builder.face(person.face, row, measures),
                        person=person.person,
                        smoothed=Probabilities(mean, self.labels),
                        held=None if label is None else self.labels[label],
                    )
                    for person, row, mean, label, measures in faces
                ],
                self.detector_name,
            )

        return PendingResult(self._stack(crops), finish, adapter)

    def _stack(self, crops: list[Pixels]) -> Pixels:
        shape = self.classifier.card.face.shape
        return np.stack(crops) if crops else np.zeros((0, *shape), np.uint8)


class _Steady:
    """Smooths probabilities and holds labels; a time constant of 0 does neither."""

    def __init__(self, time_constant: float) -> None:
        self._smoother = Smoother(time_constant)
        self._labels = LabelHold() if time_constant else None

    def update(
        self, persons: list[int], rows: Floats, time: float
    ) -> tuple[NDArray[np.float64], list[int | None]]:
        """Returns smoothed probabilities, and the label that each person holds, if any."""
        means = self._smoother.update(persons, rows, time)
        if self._labels is None:
            return means, [None] * len(persons)
        labels = self._labels.update(persons, means, time)
        likeliest = means.argmax(axis=1).tolist()
        pairs = zip(labels, likeliest, strict=True)
        return means, [None if label == most else label for label, most in pairs]


@cache
def shared_analyzer(model: str | Path = DEFAULT_MODEL) -> Analyzer:
    """Returns the one analyzer of a model that `mien.predict` uses in this process."""
    return Analyzer(model)


def _reread(source: str | os.PathLike[str] | Frame) -> Pixels:
    """Returns the whole image of what was analyzed."""
    frame = read_frame(source)
    return frame.pixels if frame.reread is None else frame.reread(1).pixels


def _by_size(persons: list[Tracked], min_side: float) -> list[Tracked]:
    """Returns the persons whose boxes are large enough, from the largest to the smallest."""

    def area(person: Tracked) -> float:
        return person.face.box.width * person.face.box.height

    large = [it for it in persons if max(it.face.box.width, it.face.box.height) >= min_side]
    return sorted(large, key=area, reverse=True)


def _adapted(base: Prediction, adapter: Adapter | None) -> Floats:
    if adapter is None or not len(base.probabilities):
        return base.probabilities
    return adapter.adapt(base.probabilities, base.embeddings)
