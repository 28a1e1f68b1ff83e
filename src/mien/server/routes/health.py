"""Whether the server answers, and what it has counted."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from mien import __version__
from mien.server.schemas import HealthSchema, errors

router = APIRouter(tags=["server"])


@router.get("/healthz", response_model=HealthSchema, responses=errors())
async def health() -> dict[str, str]:
    """Tells that the server answers. Needs no token."""
    return {"status": "ok", "version": __version__}


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **errors()},
)
async def metrics(request: Request) -> Response:
    """Gives what the server has counted, in Prometheus' text format."""
    return Response(request.app.state.metrics.to_text(), media_type=CONTENT_TYPE_LATEST)
