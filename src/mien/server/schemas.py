"""Schemas of requests and responses, for OpenAPI and for the messages of `/v1/live`."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from mien.inference.tracking.smoothing import TIME_CONSTANT

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
    "attributes": {"yaw": -8.2197, "side": 221.0508, "sharpness": 0.8447, "usable": 1.0},
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


ProbabilityByLabel = Annotated[
    dict[str, Probability],
    Field(description="Calibrated, one for each label of the model; they sum to 1."),
]
AttributeName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Attributes = Annotated[
    dict[AttributeName, Annotated[float, Field(allow_inf_nan=False)]],
    Field(
        description="Further measures of the face, by name.",
        max_length=200,
        json_schema_extra={"additionalProperties": False},
    ),
]


class FaceSchema(BaseModel):
    """One face; coordinates are pixels of the upright image."""

    box: list[float] = Field(description="x, y, width, height", min_length=4, max_length=4)
    score: float | None = Field(description="The detector's; null for a cropped face.")
    landmarks: list[list[float]] = Field(description="Eyes, nose, mouth corners: x, y.")
    emotion: str = Field(description="The most probable label, or 'unsure'.")
    confidence: Probability
    probabilities: ProbabilityByLabel
    turned: int | None = Field(
        None, description="Degrees by which the image was turned to find the face, if any."
    )
    attributes: Attributes | None = None
    embedding: list[float] | None = Field(
        None, description="If asked for: what the model's last layer reads, float32."
    )
    face_id: str | None = Field(None, description="If asked for: the face's id, for feedback.")


class ResultSchema(BaseModel):
    """The object that `mien predict --json` prints."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RESULT]})

    source: str = Field(description="The file's name, if the client gave one.")
    frame: int
    time: float
    width: int
    height: int
    prior: str | None = Field(None, description="The base rates, if not the model's own.")
    detector: str | None = Field(None, description="What found the faces; absent for a crop.")
    clock: str | None = Field(None, description="When it was taken, UTC; absent where unknown.")
    warnings: list[str] | None = Field(
        None, description="Signs that the image is not what it should be; absent without any."
    )
    faces: list[FaceSchema] = Field(description="From the largest to the smallest.")


class ModelSchema(BaseModel):
    """A model's card."""

    name: str
    version: str
    default: bool = Field(description="Whether requests without a model use it.")
    labels: list[str] = Field(description="In the order of its probabilities.")
    emotions: list[str] = Field(description="The same; the deprecated name.")
    priors: list[str] = Field(description="The base rates that a request may name.")
    base_rates: dict[str, Probability] | None = Field(
        description="How common each label is taken to be where a request names no base rates; "
        "null for what the model learned."
    )
    figures: dict[str, Any] = Field(description="Its accuracy on a split, with n.")


class ModelsSchema(BaseModel):
    """The models that a request may name."""

    models: list[ModelSchema]
    detectors: list[str] = Field(description="The detectors that a request may name.")
    detector: str = Field(description="That of requests that name none.")


class SourceSchema(BaseModel):
    """A data set that a model learned from."""

    name: str
    faces: int = Field(description="How many it learned from.")
    base_rates: dict[str, Probability] = Field(description="How common each label was taken to be.")
    terms: str = Field(description="What it is, and on what terms it may be used.")


class OutputSchema(BaseModel):
    """A further output of a model, an attribute of the face."""

    name: str
    unit: str
    description: str


class CardSchema(ModelSchema):
    """A model's whole card."""

    recipe: str = Field(description="The TOML recipe that trained it.")
    data_fingerprint: str = Field(description="Of the data set that trained it.")
    temperature: float = Field(description="The divisor of its logits.")
    alignment: str = Field(description="How the faces that trained it were aligned.")
    face: dict[str, Any] = Field(description="Its input: side in pixels, and color.")
    outputs: list[OutputSchema] = Field(description="Its attributes of a face.")
    sources: list[SourceSchema] = Field(description="What it learned from.")
    limits: list[str] = Field(description="What its labels can and cannot tell.")


class LicenceSchema(BaseModel):
    """A part of Mien, and the licence on which it may be used."""

    name: str
    version: str | None = Field(description="Null if it has none of its own.")
    licence: str = Field(examples=["Apache-2.0"])


class AboutSchema(BaseModel):
    """What the server says of itself."""

    version: str
    addresses: list[str] = Field(
        description="That another machine can open, the likeliest first, without the token; if none"
        " can, this machine's own.",
        examples=[["https://192.168.1.7:8000"]],
    )
    secure: bool = Field(description="Whether the first address is HTTPS.")
    reachable: bool = Field(description="Whether other machines can open it.")
    folder: str = Field(description="Of sessions and profiles.")
    keep_days: float | None = Field(description="Until a session is deleted; null for never.")
    token: bool = Field(description="Whether a token is needed.")
    fingerprint: str | None = Field(
        description="SHA-256 of the self-signed certificate, which browsers warn of; null if there"
        " is none."
    )
    model: str = Field(description="That of requests that name none.")
    detector: str = Field(description="That of requests that name none.")
    licences: list[LicenceSchema]


class HealthSchema(BaseModel):
    """The server is up."""

    status: str = Field(examples=["ok"])
    version: str


class ErrorBody(BaseModel):
    """What is wrong, and the remedy."""

    code: str = Field(examples=["unreadable"])
    message: str = Field(examples=["not an image; send a JPEG, PNG, WebP or HEIC file."])


class ErrorSchema(BaseModel):
    """Every response that is an error."""

    error: ErrorBody


class LiveSettings(BaseModel):
    """Settings of a live client, in a text message; absent fields stay as they are."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: str | None = None
    prior: str | None = None
    detector: str | None = None
    unsure_below: UnsureBelow = 0.0
    smoothing: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = TIME_CONSTANT
    face_ids: bool = False
    profile: str | None = None


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Returns the documentation of a route's errors.

    Args:
        statuses: of the route; those of every route are added.
    """
    return {status: {"model": ErrorSchema} for status in (401, 403, 429, *statuses)}


def first_problem(problems: Sequence[Any]) -> str:
    """Formats the first of pydantic's problems: the field's name and what is wrong with it."""
    first = problems[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
