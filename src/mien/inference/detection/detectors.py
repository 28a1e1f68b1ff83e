"""The detectors by name. To add one, write its file beside this one and a line to `DETECTORS`."""

from collections.abc import Callable
from functools import cache

from mien.errors import ModelError
from mien.inference.detection.centerface import CenterFaceDetector
from mien.inference.detection.detector import FaceDetector
from mien.inference.detection.mtcnn import MTCNN
from mien.inference.detection.yunet import YuNet

DEFAULT_DETECTOR = "yunet"
"""The name of the detector that runs unless another one is named."""

_SMALLEST_IN_VIDEO = 0.04  # of the frame; half of that takes MTCNN four times as long

DETECTORS: dict[str, Callable[[bool], FaceDetector]] = {
    "yunet": lambda moving: YuNet(turns=not moving),
    "mtcnn": lambda moving: MTCNN(min_face_fraction=_SMALLEST_IN_VIDEO if moving else 0.02),
    "centerface": lambda _: CenterFaceDetector(),
}
"""What opens each detector, for a moving source or for photos."""


def check_detector(name: str) -> str:
    """Returns the name of a detector as it is.

    Raises:
        ModelError: there is no such detector.
    """
    if name not in DETECTORS:
        raise ModelError(
            "no such face detector", subject=name, remedy=f"choose from {', '.join(DETECTORS)}"
        )
    return name


@cache
def installed_detectors() -> tuple[str, ...]:
    """Returns the names of the detectors that can be opened here."""
    return tuple(name for name in DETECTORS if _opens(name))


def _opens(name: str) -> bool:
    try:
        open_detector(name)
    except ModelError:
        return False
    return True


def open_detector(name: str = DEFAULT_DETECTOR, moving: bool = False) -> FaceDetector:
    """Opens a detector.

    Args:
        name: one of `DETECTORS`.
        moving: whether it is to search the frames of a moving source, where faces that fill less of
            the frame or are turned on their side are not worth their time.

    Raises:
        ModelError: there is no such detector, or it is not installed.

    Example:
        >>> type(open_detector("mtcnn")).__name__
        'MTCNN'
    """
    return DETECTORS[check_detector(name)](moving)
