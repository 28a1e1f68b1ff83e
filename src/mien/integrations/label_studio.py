"""A machine-learning backend for Label Studio: faces as rectangles, labels as choices.

It speaks the protocol of Label Studio's ML backends: `GET /health`, `POST /setup`, `/predict` and
`/webhook`. Start it with `uvicorn --factory mien.integrations.label_studio:create_app --port 9090`.
"""

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from mien import __version__
from mien.errors import MediaError, MienError
from mien.inference.analyzer import Analyzer
from mien.inference.media.download import download
from mien.results import Face, FrameResult

URL, KEY, MODEL = "LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY", "MIEN_MODEL"
"""Environment variables: where Label Studio is, its access token, and the model to use."""


class Task(BaseModel):
    """One image to label."""

    model_config = ConfigDict(extra="ignore")

    id: int | None = None
    data: dict[str, Any]


class PredictRequest(BaseModel):
    """What Label Studio asks; fields that are of no use here are ignored, as its protocol grows."""

    model_config = ConfigDict(extra="ignore")

    tasks: list[Task] = Field(max_length=1000)
    label_config: str = ""


@dataclass(frozen=True)
class Control:
    """The tag of a labelling configuration that predictions fill.

    Attributes:
        name: of the tag.
        image: the name of the image's tag.
        key: of the image's address in a task's data.
        kind: "rectanglelabels" or "choices".
        labels: that the tag offers.
    """

    name: str
    image: str
    key: str
    kind: str
    labels: tuple[str, ...]


def find_control(config: str) -> Control:
    """Finds the first `RectangleLabels`, else the first `Choices`, that belongs to an `Image`.

    Raises:
        MienError: the configuration is no XML, or has no such tag.
    """
    try:
        root = fromstring(config)
    except (ParseError, ValueError) as error:
        raise MienError(f"the labelling configuration is no XML ({error})") from None
    images = {it.get("name", ""): it.get("value", "").lstrip("$") for it in root.iter("Image")}
    for tag, child in (("RectangleLabels", "Label"), ("Choices", "Choice")):
        for found in root.iter(tag):
            image = found.get("toName", "")
            if image in images:
                return Control(
                    found.get("name", ""), image, images[image], tag.lower(), _values(found, child)
                )
    raise MienError(
        "the labelling configuration has no RectangleLabels or Choices of an Image",
        remedy="add one, with Mien's labels",
    )


def predict_task(result: FrameResult, control: Control, version: str) -> dict[str, Any]:
    """Returns a prediction as Label Studio takes it.

    Args:
        result: of the task's image.
        control: that is filled; labels that it does not offer are left out.
        version: of the model.
    """
    offered = [face for face in result.faces if face.emotion in control.labels]
    if control.kind == "choices":
        offered = offered[:1]  # a choice is one for the image: that of the largest face
    regions = [_region(face, result, control) for face in offered]
    score = min((face.confidence for face in offered), default=0.0)
    return {"result": regions, "score": score, "model_version": version}


def create_app() -> FastAPI:
    """Returns the backend, set up by the environment.

    Raises:
        ModelError: there is no such model.
    """
    app = FastAPI(title="Mien for Label Studio", docs_url=None, redoc_url=None, openapi_url=None)
    analyzer = Analyzer(os.environ.get(MODEL, "default"))
    card = analyzer.classifier.card
    version = f"mien-{__version__}-{card.name}"

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "UP", "model_class": "Mien"}

    @app.post("/setup")
    def setup() -> dict[str, str]:
        return {"model_version": version}

    @app.post("/webhook")
    def webhook() -> dict[str, str]:
        return {}

    @app.post("/predict")
    def predict(request: PredictRequest) -> dict[str, Any]:
        try:
            control = find_control(request.label_config)
        except MienError as error:
            return {"results": [_failure(error, version) for _ in request.tasks]}
        return {"results": [_predict(analyzer, task, control, version) for task in request.tasks]}

    return app


def _predict(analyzer: Analyzer, task: Task, control: Control, version: str) -> dict[str, Any]:
    """Predicts one task; an image that cannot be read has no result, and says why."""
    try:
        image = fetch(str(task.data.get(control.key, "")))
        return predict_task(analyzer.analyze(image), control, version)
    except MienError as error:
        return _failure(error, version)


def _failure(error: MienError, version: str) -> dict[str, Any]:
    return {"result": [], "score": 0.0, "model_version": version, "error": str(error)}


def fetch(address: str) -> bytes:
    """Fetches a task's image from Label Studio, and from nowhere else.

    Args:
        address: as the task has it: a path on Label Studio's server, or a whole address there.

    Raises:
        MediaError: it is elsewhere, Label Studio's own address is not set, or nothing is there.
    """
    base = os.environ.get(URL, "")
    if not base:
        raise MediaError(
            "Label Studio's address is not known",
            remedy=f"set {URL}, such as http://localhost:8080",
        )
    whole = urljoin(base, address)
    if not address or urlsplit(whole)[:2] != urlsplit(base)[:2]:
        raise MediaError(
            "not an image of this Label Studio",
            subject=address[:80],
            remedy="import the image into Label Studio",
        )
    key = os.environ.get(KEY, "")
    return download(whole, headers={"Authorization": f"Token {key}"} if key else None)


def _values(tag: Element, child: str) -> tuple[str, ...]:
    return tuple(it.get("alias") or it.get("value") or "" for it in tag.iter(child))


def _region(face: Face, result: FrameResult, control: Control) -> dict[str, Any]:
    region: dict[str, Any] = {
        "from_name": control.name,
        "to_name": control.image,
        "type": control.kind,
        "score": face.confidence,
        "value": {control.kind: [face.emotion]},
    }
    if control.kind == "rectanglelabels":
        box, across, down = face.box, 100 / result.width, 100 / result.height
        region |= {"original_width": result.width, "original_height": result.height}
        region["value"] |= {
            "x": box.x * across,
            "y": box.y * down,
            "width": box.width * across,
            "height": box.height * down,
            "rotation": 0,
        }
    return region
