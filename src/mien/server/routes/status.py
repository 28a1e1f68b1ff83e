"""Health, metrics and models of the server."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from mien import __version__
from mien.inference.detection.detectors import installed_detectors
from mien.inference.model_card import ModelCard
from mien.inference.priors import named_priors
from mien.server.models import ModelChoice, Models
from mien.server.schemas import CardSchema, HealthSchema, ModelsSchema, errors

router = APIRouter()

_LIMITS = (
    "A label is the expression that people saw on similar faces. It is not what a person feels, "
    "and it does not tell the cause.",
    "People agree with the labels of FER2013 only two times in three, and least on fear and "
    "disgust.",
    "Accuracy on other faces, ages or cameras is unknown until it is measured; 'mien evaluate' "
    "measures it on yours.",
    "In the European Union, inferring emotions at work and in education is prohibited since "
    "February 2025 (AI Act, article 5(1)(f)).",
)


@router.get("/healthz", tags=["server"], response_model=HealthSchema, responses=errors())
async def health() -> dict[str, str]:
    """Returns that the server is up. Needs no token."""
    return {"status": "ok", "version": __version__}


@router.get(
    "/metrics",
    tags=["server"],
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **errors()},
)
async def metrics(request: Request) -> Response:
    """Returns metrics in Prometheus' text format."""
    return Response(request.app.state.metrics.to_text(), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/models", tags=["models"], response_model=ModelsSchema, responses=errors())
def models(request: Request) -> dict[str, Any]:
    """Lists the models and detectors that a request may name."""
    known: Models = request.app.state.engine.models
    return {
        "models": [_describe(known, name) for name in known.names()],
        "detectors": list(installed_detectors()),
        "detector": known.detector,
    }


@router.get(
    "/v1/models/{name:path}", tags=["models"], response_model=CardSchema, responses=errors(404)
)
def model(request: Request, name: str) -> dict[str, Any]:
    """Returns a model's whole card: its figures, what it learned from, and its limits."""
    known: Models = request.app.state.engine.models
    card = known.get(ModelChoice(name)).classifier.card
    return {
        **_describe(known, name),
        "recipe": card.recipe,
        "data_fingerprint": card.data_fingerprint,
        "temperature": card.temperature,
        "alignment": card.alignment,
        "face": asdict(card.face),
        "outputs": [asdict(output) for output in card.outputs],
        "sources": _sources(card),
        "limits": list(_LIMITS),
    }


def _describe(models: Models, name: str) -> dict[str, Any]:
    card = models.get(ModelChoice(name)).classifier.card
    return {
        "name": name,
        "version": card.version,
        "default": name == models.default,
        "labels": list(card.labels),
        "emotions": list(card.labels),
        "priors": list(named_priors(card)),
        "base_rates": models.base_rates if name == models.default else None,
        "figures": dict(card.figures),
    }


def _sources(card: ModelCard) -> list[dict[str, Any]]:
    return [
        {
            **asdict(source),
            "base_rates": dict(zip(card.labels, source.base_rates, strict=True)),
        }
        for source in card.sources
    ]
