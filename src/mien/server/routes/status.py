"""Health, metrics and models of the server."""

from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from mien import __version__
from mien.inference.detection.detectors import installed_detectors
from mien.inference.priors import named_priors
from mien.server.models import ModelChoice, Models
from mien.server.schemas import HealthSchema, ModelsSchema, errors

router = APIRouter()


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


def _describe(models: Models, name: str) -> dict[str, Any]:
    card = models.get(ModelChoice(name)).classifier.card
    return {
        "name": name,
        "version": card.version,
        "default": name == models.default,
        "labels": list(card.labels),
        "emotions": list(card.labels),
        "priors": list(named_priors(card)),
        "figures": dict(card.figures),
    }
