"""The pipeline: a picture goes in, a `FrameResult` comes out."""

from pathlib import Path

import numpy as np

from mien.inference.classifier import DEFAULT_MODEL, Classifier
from mien.inference.crop import crop_face, resize_crop, to_gray
from mien.inference.detector import Detector
from mien.inference.media import Frame, Source, read_frame
from mien.results import Box, Face, FrameResult


class Analyzer:
    """Finds the faces in pictures and names the expression visible on each.

    The networks are loaded once; one analyzer serves any number of pictures.

    Args:
        model: the name of a shipped model, or the path of an ONNX file from `mien export`.
        detector: what finds the faces; `Detector()` with its defaults where none is given.

    Raises:
        ModelError: the model is missing, or is not one of Mien's.

    Example:
        >>> from mien import Analyzer
        >>> result = Analyzer().analyze("photo.jpg")
        >>> [(face.emotion, round(face.confidence, 2)) for face in result.faces]
        [('happy', 0.98)]
    """

    def __init__(self, model: str | Path = DEFAULT_MODEL, detector: Detector | None = None) -> None:
        self.classifier = Classifier(model)
        self._detector = detector

    @property
    def detector(self) -> Detector:
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
        frame = read_frame(source)
        found = self.detector.detect(frame.pixels)
        if not found:
            return _result(frame, ())
        gray = to_gray(frame.pixels)
        crops = np.stack([crop_face(gray, face.landmarks) for face in found])
        rows = self.classifier.predict(crops).probabilities.tolist()
        return _result(
            frame,
            tuple(
                Face(face.box, tuple(row), face.score, face.landmarks)
                for face, row in zip(found, rows, strict=True)
            ),
        )

    def analyze_crop(self, source: Source) -> FrameResult:
        """Analyses a picture that already is one cropped face, as FER2013's are.

        Args:
            source: as in `analyze`.

        Returns:
            One face: its box is the whole picture, it has no score and no landmarks.

        Raises:
            MediaError: the picture cannot be read.
        """
        frame = read_frame(source)
        (row,) = self.classifier.predict(resize_crop(frame.pixels)[None]).probabilities.tolist()
        height, width = frame.pixels.shape[:2]
        return _result(frame, (Face(Box(0.0, 0.0, float(width), float(height)), tuple(row)),))


def _result(frame: Frame, faces: tuple[Face, ...]) -> FrameResult:
    height, width = frame.pixels.shape[:2]
    return FrameResult(frame.source, width, height, faces, frame.number, frame.time)
