"""Faces as `supervision.Detections`, for its annotators, trackers and exports."""

import warnings
from typing import TYPE_CHECKING

import numpy as np

from mien.emotions import UNSURE
from mien.errors import MienError
from mien.results import FrameResult

if TYPE_CHECKING:
    import supervision as sv


def to_detections(result: FrameResult) -> "sv.Detections":
    """Returns the faces of a result.

    Args:
        result: of one image or frame.

    Returns:
        For N faces: `xyxy` in pixels; `confidence` of the label; `class_id`, its index in
        `result.labels`, and one past the last for a face that is unsure; `tracker_id`, the person
        in a moving source; `data["class_name"]` and `data["probabilities"]`, float32 (N, L).

    Raises:
        MienError: supervision is not installed.

    Example:
        >>> annotator = sv.BoxAnnotator()
        >>> annotator.annotate(image, to_detections(result))
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it goes without OpenCV
            import supervision as sv  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MienError(
            f"'{error.name}' is not installed", remedy="pip install 'mien[supervision]'"
        ) from None
    faces, names = result.faces, (*result.labels, UNSURE)
    persons = [face.person for face in faces if face.person is not None]
    shares = [face.displayed for face in faces]
    return sv.Detections(
        xyxy=np.array(
            [(it.box.x, it.box.y, it.box.right, it.box.bottom) for it in faces], np.float32
        ).reshape(-1, 4),
        confidence=np.array([face.confidence for face in faces], np.float32),
        class_id=np.array([names.index(face.emotion) for face in faces], int),
        tracker_id=np.array(persons, int) if persons and len(persons) == len(faces) else None,
        data={
            "class_name": np.array([face.emotion for face in faces], np.str_),
            "probabilities": np.array(shares, np.float32).reshape(-1, len(result.labels)),
        },
    )
