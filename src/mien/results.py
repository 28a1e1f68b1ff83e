"""What an analysis answers: frozen dataclasses that every part speaks.

Coordinates are pixels of the upright picture, x to the right and y down, origin at the top left.
"""

from dataclasses import dataclass
from typing import Any

from mien.emotions import EMOTIONS, UNSURE

Point = tuple[float, float]


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


@dataclass(frozen=True, slots=True)
class Face:
    """One face and the expression visible on it.

    Attributes:
        box: where the face is.
        probabilities: calibrated, one for each of `EMOTIONS`, summing to 1.
        score: the detector's, 0 to 1; None where the picture was given as a cropped face.
        landmarks: left eye, right eye, nose, left and right mouth corner, as the viewer sees
            them; empty where the picture was given as a cropped face.
        person: in a moving source, the number that the same person keeps; None in a photo.
        smoothed: in a moving source, the probabilities smoothed over time; None in a photo.
        unsure_below: the confidence below which the face is labelled `UNSURE`.
    """

    box: Box
    probabilities: tuple[float, ...]
    score: float | None = None
    landmarks: tuple[Point, ...] = ()
    person: int | None = None
    smoothed: tuple[float, ...] | None = None
    unsure_below: float = 0.0

    def __post_init__(self) -> None:
        if len(self.probabilities) != len(EMOTIONS):
            raise ValueError(f"a face has {len(EMOTIONS)} probabilities, got {self.probabilities}")

    @property
    def shown(self) -> tuple[float, ...]:
        """The probabilities to show: smoothed where the source moves, else as they are."""
        return self.probabilities if self.smoothed is None else self.smoothed

    @property
    def confidence(self) -> float:
        """The probability shown of the most probable emotion."""
        return max(self.shown)

    @property
    def emotion(self) -> str:
        """The name of the most probable emotion, or `UNSURE` where it is not probable enough."""
        if self.confidence < self.unsure_below:
            return UNSURE
        return EMOTIONS[self.shown.index(self.confidence)]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain lists, strings and floats, ready for JSON.

        `person` and `smoothed` are there only for a face in a moving source.
        """
        box = (self.box.x, self.box.y, self.box.width, self.box.height)
        tracked: dict[str, Any] = {} if self.person is None else {"person": self.person}
        if self.smoothed is not None:
            tracked["smoothed"] = _named(self.smoothed)
        return {
            "box": [round(value, 1) for value in box],
            "score": None if self.score is None else round(self.score, 4),
            "landmarks": [[round(x, 1), round(y, 1)] for x, y in self.landmarks],
            "emotion": self.emotion,
            "confidence": round(self.confidence, 6),
            "probabilities": _named(self.probabilities),
            **tracked,
        }


def _named(probabilities: tuple[float, ...]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in zip(EMOTIONS, probabilities, strict=True)}


@dataclass(frozen=True, slots=True)
class FrameResult:
    """What was found in one picture, or in one frame of a moving source.

    Attributes:
        source: what the caller named: a path, usually.
        width: of the upright picture, in pixels.
        height: of the upright picture, in pixels.
        faces: from the largest to the smallest.
        frame: the frame's number, from 0.
        time: the frame's time in seconds, from 0.
    """

    source: str
    width: int
    height: int
    faces: tuple[Face, ...]
    frame: int = 0
    time: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Returns the object that `mien predict --json` prints, one a picture."""
        return {
            "source": self.source,
            "frame": self.frame,
            "time": self.time,
            "width": self.width,
            "height": self.height,
            "faces": [face.to_dict() for face in self.faces],
        }
