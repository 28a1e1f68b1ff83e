"""Mien labels the expression visible on a face: visible expressions, not feelings.

The names below are loaded when they are first used, so that `import mien` takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

    from mien.emotions import EMOTIONS
    from mien.errors import MienError
    from mien.inference.analyzer import Analyzer
    from mien.inference.media.arrays import Order
    from mien.inference.media.images import Source
    from mien.results import Box, Face, FrameResult, Probabilities

__version__ = "0.1.0"
__all__ = [
    "EMOTIONS",
    "Analyzer",
    "Box",
    "Face",
    "FrameResult",
    "MienError",
    "Probabilities",
    "__version__",
    "predict",
]

_MODULES = {
    "EMOTIONS": "mien.emotions",
    "Analyzer": "mien.inference.analyzer",
    "Box": "mien.results",
    "Face": "mien.results",
    "FrameResult": "mien.results",
    "MienError": "mien.errors",
    "Probabilities": "mien.results",
}


def predict(
    source: "Source",
    *,
    model: "str | os.PathLike[str]" = "default",
    order: "Order" = "rgb",
    embeddings: bool = False,
) -> "FrameResult":
    """Labels the expression of every face in one image.

    Models stay loaded for the next call. `Analyzer` has more to choose, and videos and cameras.

    Args:
        source: a path or address, an image's bytes or file, a Pillow image, or an array; as for
            `Analyzer.analyze`.
        model: the name of a shipped model, or a model file.
        order: of an array's channels: "bgr" for OpenCV's.
        embeddings: whether each face keeps its embedding.

    Raises:
        MienError: the image or the model cannot be read.

    Example:
        >>> import mien
        >>> mien.predict("photo.jpg").faces[0].emotion
        'happy'
    """
    from mien.inference.analyzer import shared_analyzer  # noqa: PLC0415 - the networks take a while

    return shared_analyzer(str(model)).analyze(source, order=order, embeddings=embeddings)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'mien' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
