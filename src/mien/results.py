"""The results of an analysis, as frozen dataclasses.

Coordinates are pixels of the upright image, x to the right and y down, origin at the top left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mien.clocks import format_clock
from mien.emotions import EMOTIONS, UNSURE

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One face and the expression visible on it.

    Attributes:
        box: where the face is.
        probabilities: calibrated, one for each of `labels`, summing to 1.
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

    Raises:
        ValueError: `probabilities` or `smoothed` has another length than `labels`, or `held` is
            none of them.
    """

    box: Box
    probabilities: tuple[float, ...]
    labels: tuple[str, ...] = EMOTIONS
    score: float | None = None
    landmarks: tuple[Point, ...] = ()
    person: int | None = None
    smoothed: tuple[float, ...] | None = None
    held: str | None = None
    turned: int = 0
    unsure_below: float = 0.0
    attributes: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for values in (self.probabilities, self.smoothed):
            if values is not None and len(values) != len(self.labels):
                raise ValueError(f"a face has {len(self.labels)} probabilities, got {values}")
        if self.held is not None and self.held not in self.labels:
            raise ValueError(f"held must be one of {', '.join(self.labels)}, got {self.held}")

    @property
    def displayed(self) -> tuple[float, ...]:
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
        face found in the turned image, `attributes` only where any was measured.
        """
        box = (self.box.x, self.box.y, self.box.width, self.box.height)
        optional: dict[str, Any] = {} if self.person is None else {"person": self.person}
        if self.turned:
            optional["turned"] = self.turned
        if self.smoothed is not None:
            optional["smoothed"] = self._named(self.smoothed)
        if self.attributes:
            optional["attributes"] = {
                name: round(value, ATTRIBUTE_DECIMALS) for name, value in self.attributes.items()
            }
        return {
            "box": [round(value, 1) for value in box],
            "score": None if self.score is None else round(self.score, 4),
            "landmarks": [[round(x, 1), round(y, 1)] for x, y in self.landmarks],
            "emotion": self.emotion,
            "confidence": round(self.confidence, 6),
            "probabilities": self._named(self.probabilities),
            **optional,
        }

    def _named(self, probabilities: tuple[float, ...]) -> dict[str, float]:
        pairs = zip(self.labels, probabilities, strict=True)
        return {name: round(value, 6) for name, value in pairs}


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

    def to_dict(self) -> dict[str, Any]:
        """Returns the object that `mien predict --json` prints, one an image.

        `prior` is there only where it is not the model's own, `detector` only where one ran, and
        `clock`, as ISO 8601 text in UTC, only where it is known.
        """
        clock = "" if self.clock is None else format_clock(self.clock)
        named = {"clock": clock, "prior": self.prior, "detector": self.detector}
        optional = {name: value for name, value in named.items() if value}
        return {
            "source": self.source,
            "frame": self.frame,
            "time": self.time,
            "width": self.width,
            "height": self.height,
            **optional,
            "faces": [face.to_dict() for face in self.faces],
        }
