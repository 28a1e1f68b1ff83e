"""From a photo to the crops of its faces: one definition for prediction and for data sets."""

from typing import NamedTuple

from mien.inference.crop import crop_face, face_square
from mien.inference.detection.detector import Detection, FaceDetector
from mien.inference.media.images import Frame, Pixels
from mien.inference.model_card import FaceFormat

ENOUGH_PIXELS = 600_000
"""Pixels to which a large JPEG is decoded first: detectors shrink it further."""

_PIXELS_A_SIDE = 1.75
"""How many of its pixels a face needs for each of a crop's, or more of the JPEG is decoded."""


class CroppedFaces(NamedTuple):
    """The faces of one photo.

    Attributes:
        frame: the photo as it was decoded last: with more pixels where its faces are small.
        detections: in pixels of the frame, from the largest to the smallest.
        crops: uint8 of the face format's shape, one for each.
    """

    frame: Frame
    detections: list[Detection]
    crops: list[Pixels]


def crop_faces(
    frame: Frame, detector: FaceDetector, face_format: FaceFormat, min_side: float = 0.0
) -> CroppedFaces:
    """Detects the faces of a photo and crops them.

    Args:
        frame: the photo, decoded to `ENOUGH_PIXELS` or more.
        detector: detects the faces.
        face_format: of the crops.
        min_side: the longer side of the smallest box that counts, in pixels of the whole photo.

    Raises:
        MediaError: more of the photo is needed, and cannot be read.
    """
    across, down = frame.scale
    detections = [
        face
        for face in detector.detect(frame.pixels)
        if max(across * face.box.width, down * face.box.height) >= min_side
    ]
    frame, detections = _look_closer(frame, detections, face_format)
    crops = [crop_face(frame.pixels, face.landmarks, face_format) for face in detections]
    return CroppedFaces(frame, detections, crops)


def _look_closer(
    frame: Frame, detections: list[Detection], face_format: FaceFormat
) -> tuple[Frame, list[Detection]]:
    """Decodes more of a photo whose smallest face would have fewer pixels than a crop takes."""
    if frame.reread is None or not detections:
        return frame, detections
    smallest = min(face_square(face.landmarks)[1] for face in detections)
    wanted = _PIXELS_A_SIDE * face_format.side
    fraction = 1 / max(frame.scale)
    if smallest >= wanted:
        return frame, detections
    larger = next(
        part for part in (1 / 4, 1 / 2, 1) if smallest * part / fraction >= wanted or part == 1
    )
    closer = frame.reread(larger)
    grown = frame.scale[0] / closer.scale[0], frame.scale[1] / closer.scale[1]
    return closer, [face.moved(grown) for face in detections]
