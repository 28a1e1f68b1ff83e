"""Faces between detection and classification, and the results made of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.errors import ModelError
from mien.inference.attributes import FaceAttribute, FaceView, Quantity, measure_face
from mien.inference.attributes.base import names_of
from mien.inference.classifier import Adapter, Classifier
from mien.inference.detection.detector import Detection
from mien.inference.media.images import Frame, Pixels
from mien.results import Box, Face, FrameResult, Probabilities

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PendingResult:
    """The faces of one image: detected, cropped and measured, not yet classified.

    Attributes:
        crops: uint8 (N, *card.face.shape) of the model; N may be 0.
        finish: makes the result from the probabilities, float32 (N, L), and the model's further
            outputs, float32 (N, K), in the order of `crops`. For a frame of a moving source, call
            it once only: each call updates the smoothing.
        adapter: adapts the model's probabilities; None leaves them unchanged.
    """

    crops: Pixels
    finish: Callable[[Floats, Floats], FrameResult]
    adapter: Adapter | None = None


class FrameTracker(Protocol):
    """Detects the persons in the frames of one moving source, in their order."""

    def __call__(
        self, frame: Frame, adapter: Adapter | None = None, smoothing: float | None = None
    ) -> PendingResult:
        """Returns the faces of the next frame.

        Another adapter, or another smoothing, restarts the smoothing; people keep their ids.

        Args:
            frame: the next one.
            adapter: adapts the probabilities.
            smoothing: its time constant in seconds; None takes that of `Analyzer.track`.
        """


class ResultBuilder:
    """Measures faces, and makes the results of one model.

    Args:
        classifier: the model; its labels and further outputs are part of each result.
        attributes: measured of each face, in this order.
        unsure_below: the confidence below which a face is labelled `unsure`.

    Attributes:
        labels: of the model, in the order of the probabilities.
        quantities: everything measured of a face: the attributes', then the model's outputs.
        names: of the quantities.

    Raises:
        ModelError: an output of the model has the name of an attribute.
        ValueError: two attributes have the same name.
    """

    def __init__(
        self, classifier: Classifier, attributes: Sequence[FaceAttribute], unsure_below: float
    ) -> None:
        self._attributes = attributes
        self._unsure_below = unsure_below
        self._outputs = classifier.card.outputs
        self._prior = classifier.prior
        self.labels = classifier.card.labels
        measured = [quantity for attribute in attributes for quantity in attribute.quantities]
        _check_outputs(classifier, names_of(measured))
        self.quantities = (
            *measured,
            *(Quantity(output.name, output.unit, output.description) for output in self._outputs),
        )
        self.names = names_of(self.quantities)

    def measure(
        self, frame: Frame, faces: Iterable[tuple[Detection | None, Pixels]]
    ) -> list[dict[str, float]]:
        """Measures the attributes of each face.

        Args:
            frame: the whole image.
            faces: the detection and the crop of each; None where the image is a cropped face.

        Raises:
            AttributeFailedError: an attribute raises, or returns NaN or another number of values.
        """
        return [
            measure_face(
                self._attributes, FaceView(frame.pixels, detection, crop, scale=frame.scale[0])
            )
            for detection, crop in faces
        ]

    def face(
        self, detection: Detection, probabilities: Sequence[float], attributes: dict[str, float]
    ) -> Face:
        """Makes the face of a detection."""
        return Face(
            box=detection.box,
            probabilities=Probabilities(probabilities, self.labels),
            labels=self.labels,
            score=detection.score,
            landmarks=detection.landmarks,
            turned=detection.turned,
            unsure_below=self._unsure_below,
            attributes=attributes,
        )

    def cropped_face(
        self, frame: Frame, probabilities: Sequence[float], attributes: dict[str, float]
    ) -> Face:
        """Makes the face of an image that is a cropped face: its box is the whole image."""
        height, width = frame.pixels.shape[:2]
        return Face(
            box=Box(0.0, 0.0, float(width), float(height)),
            probabilities=Probabilities(probabilities, self.labels),
            labels=self.labels,
            unsure_below=self._unsure_below,
            attributes=attributes,
        )

    def result(
        self,
        frame: Frame,
        faces: Iterable[Face],
        detector: str = "",
        warnings: tuple[str, ...] = (),
    ) -> FrameResult:
        """Makes the result of a frame.

        Args:
            frame: the whole image.
            faces: from the largest to the smallest.
            detector: the name of what found them; empty for a cropped face.
            warnings: of the image.
        """
        width, height = frame.size
        return FrameResult(
            source=frame.source,
            width=width,
            height=height,
            faces=tuple(faces),
            frame=frame.number,
            time=frame.time,
            labels=self.labels,
            attributes=self.names,
            prior=self._prior,
            detector=detector,
            clock=frame.clock,
            warnings=warnings,
        )

    def with_outputs(
        self, measured: list[dict[str, float]], outputs: Floats
    ) -> list[dict[str, float]]:
        """Adds the model's further outputs to the attributes of each face; NaN is absent."""
        names = [output.name for output in self._outputs]
        return [
            values | {name: x for name, x in zip(names, row, strict=True) if isfinite(x)}
            for values, row in zip(measured, outputs.tolist(), strict=True)
        ]


def with_embeddings(result: FrameResult, embeddings: Floats) -> FrameResult:
    """Returns a result whose faces keep their embeddings.

    Args:
        result: of N faces.
        embeddings: float32 (N, D), in the order of the faces.
    """
    faces = zip(result.faces, embeddings.tolist(), strict=True)
    return replace(result, faces=tuple(replace(face, embedding=tuple(row)) for face, row in faces))


def _check_outputs(classifier: Classifier, attributes: Sequence[str]) -> None:
    for output in classifier.card.outputs:
        if output.name in attributes:
            raise ModelError(
                f"its output '{output.name}' has the name of an attribute",
                subject=classifier.path,
                remedy="rename the output, or leave out the attribute with attributes=()",
            )
