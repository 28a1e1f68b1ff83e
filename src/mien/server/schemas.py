"""What the API takes and answers, for its OpenAPI document and for the messages of `/v1/live`."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

_NAMED: JsonDict = {
    "angry": 0.002491,
    "disgust": 2.3e-05,
    "fear": 0.002347,
    "happy": 0.922314,
    "sad": 0.00217,
    "surprise": 0.008605,
    "neutral": 0.06205,
}
_FACE: JsonDict = {
    "box": [179.9, 142.2, 195.4, 263.2],
    "score": 0.9977,
    "landmarks": [[233.5, 247.7], [312.6, 244.7], [267.8, 297.8], [234.0, 330.4], [322.2, 325.4]],
    "emotion": "happy",
    "confidence": 0.922314,
    "probabilities": _NAMED,
}
_RESULT: JsonDict = {
    "source": "one_face.jpg",
    "frame": 0,
    "time": 0.0,
    "width": 572,
    "height": 562,
    "faces": [_FACE],
}

Probability = Annotated[float, Field(ge=0, le=1)]
UnsureBelow = Annotated[
    float, Field(ge=0, le=1, description="The confidence below which a face is 'unsure'.")
]


class Probabilities(BaseModel):
    """Calibrated; they sum to 1."""

    angry: Probability
    disgust: Probability
    fear: Probability
    happy: Probability
    sad: Probability
    surprise: Probability
    neutral: Probability


class FaceSchema(BaseModel):
    """One face; coordinates are pixels of the upright image."""

    box: list[float] = Field(description="x, y, width, height", min_length=4, max_length=4)
    score: float | None = Field(description="The detector's; null for a cropped face.")
    landmarks: list[list[float]] = Field(description="Eyes, nose, mouth corners: x, y.")
    emotion: str = Field(description="The most probable emotion, or 'unsure'.")
    confidence: Probability
    probabilities: Probabilities
    face_id: str | None = Field(None, description="Where asked for: names the face in feedback.")


class ResultSchema(BaseModel):
    """The object that `mien predict --json` prints."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RESULT]})

    source: str = Field(description="The file's name, where the client gave one.")
    frame: int
    time: float
    width: int
    height: int
    faces: list[FaceSchema] = Field(description="From the largest to the smallest.")


class ModelSchema(BaseModel):
    """What a model file says about itself."""

    name: str
    version: str
    default: bool = Field(description="Whether it is used where none is asked for.")
    emotions: list[str]
    figures: dict[str, Any] = Field(description="What was measured on which split, with n.")


class ModelsSchema(BaseModel):
    """The models that `model` may name."""

    models: list[ModelSchema]


class HealthSchema(BaseModel):
    """The server answers."""

    status: str = Field(examples=["ok"])
    version: str


class ErrorBody(BaseModel):
    """What was wrong, and the remedy."""

    code: str = Field(examples=["unreadable"])
    message: str = Field(examples=["not an image; send a JPEG, PNG, WebP or HEIC file."])


class ErrorSchema(BaseModel):
    """Every answer that is not a success."""

    error: ErrorBody


class LiveSettings(BaseModel):
    """What a live client may set, in a text message; what it leaves out stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: str | None = None
    unsure_below: UnsureBelow = 0.0
    face_ids: bool = False
    profile: str | None = None


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Returns the part of a route's documentation that tells its errors.

    Args:
        statuses: its own; those that any request may get are added.
    """
    return {status: {"model": ErrorSchema} for status in (401, 403, 429, *statuses)}


def first_problem(problems: Sequence[Any]) -> str:
    """Returns the first of pydantic's problems, as the field's name and what is wrong with it."""
    first = problems[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
