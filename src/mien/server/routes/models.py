"""The models a client may choose from."""

from typing import Any

from fastapi import APIRouter, Request

from mien.server.models import Models
from mien.server.schemas import ModelsSchema, errors

router = APIRouter(tags=["models"])


@router.get("/v1/models", response_model=ModelsSchema, responses=errors())
def models(request: Request) -> dict[str, Any]:
    """Lists the models that may be asked for by name."""
    known: Models = request.app.state.engine.models
    return {"models": [_describe(known, name) for name in known.names()]}


def _describe(models: Models, name: str) -> dict[str, Any]:
    card = models.get(name).classifier.card
    return {
        "name": name,
        "version": card.version,
        "default": name == models.default,
        "emotions": list(card.emotions),
        "figures": dict(card.figures),
    }
