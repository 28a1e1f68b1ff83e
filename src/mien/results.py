"""The results of an analysis, as frozen dataclasses.

Coordinates are pixels of the upright image, x to the right and y down, origin at the top left.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from mien.clocks import format_clock
from mien.emotions import EMOTIONS, UNSURE
from mien.errors import UnknownLabelError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import supervision as sv
    from numpy.typing import NDArray
    from PIL import Image

Point = tuple[float, float]

ATTRIBUTE_DECIMALS = 4
"""Decimals of an attribute wherever it is written."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle: its top left corner and its size, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x coordinate of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y coordinate of the bottom edge."""
        return self.y + self.height


class Probabilities(tuple[float, ...]):
    """One probability for each label: a tuple that also knows its labels.

    Args:
        values: in the order of the labels.
        labels: their names.

    Raises:
        UnknownLabelError: there is no label of the name by which a probability is asked for.

    Example:
        >>> shares = Probabilities((0.7, 0.3), ("pain", "no pain"))
        >>> shares["pain"], shares[0], max(shares), dict(shares)
        (0.7, 0.7, 0.7, {'pain': 0.7, 'no pain': 0.3})
    """

    labels: tuple[str, ...]

    def __new__(  # noqa: D102 - the class says it
        cls, values: Iterable[float], labels: Iterable[str] = ()
    ) -> "Probabilities":
        made = super().__new__(cls, values)
        made.labels = tuple(labels)
        return made

    def __getnewargs__(self) -> tuple[tuple[float, ...], tuple[str, ...]]:
        return tuple(self), self.labels

    @overload
    def __getitem__(self, key: str | SupportsIndex) -> float: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[float, ...]: ...
    def __getitem__(self, key: str | SupportsIndex | slice) -> float | tuple[float, ...]:
        if not isinstance(key, str):
            return super().__getitem__(key)
        if key not in self.labels:
            raise UnknownLabelError(
                "no such label", subject=key, remedy=f"choose from {', '.join(self.labels)}"
            )
        return super().__getitem__(self.labels.index(key))

    def __contains__(self, key: object) -> bool:
        return key in self.labels if isinstance(key, str) else super().__contains__(key)

    def keys(self) -> tuple[str, ...]:
        """The labels, as a mapping names them: `dict(probabilities)` works."""
        return self.labels

    def items(self) -> tuple[tuple[str, float], ...]:
        """Pairs of a label and its probability."""
        return tuple(zip(self.labels, self, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One face and the expression visible on it.

    Attributes:
        box: where the face is.
        probabilities: calibrated, one for each of `labels`, summing to 1; by index or by name:
            `face.probabilities["happy"]`.
        labels: of the model, in the order of its card.
        score: of the detector, 0 to 1; None where the image was passed as a cropped face.
        landmarks: left eye, right eye, nose, left and right mouth corner, as the viewer sees
            them; empty where the image was passed as a cropped face.
        person: in a moving source, the person id that the same person keeps; None in a photo.
        smoothed: in a moving source, the probabilities smoothed over time; None in a photo.
        held: in a moving source, the label that is displayed still, although another is the most
            probable now; None where the most probable one is displayed.
        turned: by how many degrees the image had to be turned, counter-clockwise, to find the face
            in it: 0, 90, 180 or 270.
        unsure_below: the confidence below which the face is labelled `UNSURE`.
        attributes: further measures of the face by name, such as `yaw`; see
            `mien.inference.attributes`. One that cannot be measured on this face is absent.
        embedding: the whitened features that the model's last layer reads; None unless asked for.

    Raises:
        ValueError: `probabilities` or `smoothed` has another length than `labels`, or `held` is
            none of them.
    """

    box: Box
    probabilities: Probabilities
    labels: tuple[str, ...] = EMOTIONS
    score: float | None = None
    landmarks: tuple[Point, ...] = ()
    person: int | None = None
    smoothed: Probabilities | None = None
    held: str | None = None
    turned: int = 0
    unsure_below: float = 0.0
    attributes: Mapping[str, float] = field(default_factory=dict, hash=False)
    embedding: tuple[float, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("probabilities", "smoothed"):
            values = getattr(self, name)
            if values is None:
                continue
            if len(values) != len(self.labels):
                raise ValueError(f"a face has {len(self.labels)} probabilities, got {values}")
            if getattr(values, "labels", None) != self.labels:
                object.__setattr__(self, name, Probabilities(values, self.labels))
        if self.held is not None and self.held not in self.labels:
            raise ValueError(f"held must be one of {', '.join(self.labels)}, got {self.held}")

    @property
    def displayed(self) -> Probabilities:
        """The probabilities to display: smoothed where the source moves, else as they are."""
        return self.probabilities if self.smoothed is None else self.smoothed

    @property
    def confidence(self) -> float:
        """The displayed probability of the label."""
        if self.held is not None:
            return self.displayed[self.labels.index(self.held)]
        return max(self.displayed)

    @property
    def emotion(self) -> str:
        """The held label or the most probable one; `UNSURE` where it is not probable enough."""
        if self.confidence < self.unsure_below:
            return UNSURE
        if self.held is not None:
            return self.held
        return self.labels[self.displayed.index(self.confidence)]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain lists, strings and floats, ready for JSON.

        `person` and `smoothed` are there only for a face in a moving source, `turned` only for a
        face found in the turned image, `attributes` only where any was measured, `embedding` only
        where it was asked for.
        """
        box = (self.box.x, self.box.y, self.box.width, self.box.height)
        optional: dict[str, Any] = {} if self.person is None else {"person": self.person}
        if self.turned:
            optional["turned"] = self.turned
        if self.smoothed is not None:
            optional["smoothed"] = _rounded(self.smoothed)
        if self.attributes:
            optional["attributes"] = {
                name: round(value, ATTRIBUTE_DECIMALS) for name, value in self.attributes.items()
            }
        if self.embedding is not None:
            optional["embedding"] = list(self.embedding)
        return {
            "box": [round(value, 1) for value in box],
            "score": None if self.score is None else round(self.score, 4),
            "landmarks": [[round(x, 1), round(y, 1)] for x, y in self.landmarks],
            "emotion": self.emotion,
            "confidence": round(self.confidence, 6),
            "probabilities": _rounded(self.probabilities),
            **optional,
        }


def _rounded(probabilities: Probabilities) -> dict[str, float]:
    return {name: round(value, 6) for name, value in probabilities.items()}


@dataclass(frozen=True, slots=True)
class FrameResult:
    """The faces of one image, or of one frame of a moving source.

    Attributes:
        source: what the caller named: a path, usually.
        width: of the upright image, in pixels.
        height: of the upright image, in pixels.
        faces: from the largest to the smallest.
        frame: the frame's number, from 0.
        time: the frame's time in seconds, from 0.
        labels: of the model, also where there is no face.
        attributes: the names of the attributes, also where there is no face.
        prior: the name of the base rates that the probabilities assume; empty for the model's own.
        detector: the name of the detector; empty where faces came cropped, or where it is unknown.
        clock: when the frame was taken, in seconds since 1970, UTC; None where that is unknown.
        warnings: a sentence for each sign that the image is not what it should be: swapped
            colours, an image on its side, a face cut too tight; see `mien.inference.advice`.
        reread: returns the image, uint8 (H, W, 3), RGB, for `plot`; None where it is not at hand.
    """

    source: str
    width: int
    height: int
    faces: tuple[Face, ...]
    frame: int = 0
    time: float = 0.0
    labels: tuple[str, ...] = EMOTIONS
    attributes: tuple[str, ...] = ()
    prior: str = ""
    detector: str = ""
    clock: float | None = None
    warnings: tuple[str, ...] = ()
    reread: Callable[[], "NDArray[np.uint8]"] | None = field(
        default=None, repr=False, compare=False
    )

    def __getstate__(self) -> list[Any]:
        """Pickles all but the image, which may be large or of this process alone."""
        return [None if it.name == "reread" else getattr(self, it.name) for it in fields(self)]

    def to_dict(self) -> dict[str, Any]:
        """Returns the object that `mien predict --json` prints, one an image.

        `prior` is there only where it is not the model's own, `detector` only where one ran,
        `clock`, as ISO 8601 text in UTC, only where it is known, and `warnings` only where there
        are any.
        """
        clock = "" if self.clock is None else format_clock(self.clock)
        named = {"clock": clock, "prior": self.prior, "detector": self.detector}
        optional: dict[str, Any] = {name: value for name, value in named.items() if value}
        if self.warnings:
            optional["warnings"] = list(self.warnings)
        return {
            "source": self.source,
            "frame": self.frame,
            "time": self.time,
            "width": self.width,
            "height": self.height,
            **optional,
            "faces": [face.to_dict() for face in self.faces],
        }

    def to_pandas(self) -> "pd.DataFrame":
        """Returns one row a face, or one without a face, with the columns of the records.

        Several results make one table by `pandas.concat(map(FrameResult.to_pandas, results))`.

        Raises:
            MienError: pandas is not installed.
        """
        from mien.inference.presentation import to_pandas  # noqa: PLC0415 - shown when asked for

        return to_pandas(self)

    def to_detections(self) -> "sv.Detections":
        """Returns the faces as `supervision.Detections`; see `mien.integrations.supervision`.

        Raises:
            MienError: supervision is not installed.
        """
        from mien.integrations.supervision import to_detections  # noqa: PLC0415

        return to_detections(self)

    def plot(self, image: "NDArray[np.uint8] | None" = None) -> "Image.Image":
        """Returns the image with a box, a label and bars for each face; a notebook displays it.

        Args:
            image: the analyzed one, uint8 (H, W, 3), RGB, upright. None to take it from where it
                came from: a file, an address, or the memory that was passed to `Analyzer.analyze`.

        Raises:
            MienError: the image is not at hand, as of a stream, or its file is gone.
        """
        from mien.inference.presentation import plot  # noqa: PLC0415

        return plot(self, image)

    def _repr_html_(self) -> str:
        """Returns what a notebook displays: the image, where it is at hand, and a table."""
        from mien.inference.presentation import to_html  # noqa: PLC0415

        return to_html(self)
