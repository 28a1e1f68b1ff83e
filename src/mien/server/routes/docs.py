"""The API's documentation: Swagger UI, from this server alone.

A Python package bundles Swagger UI's files. Its own page would need inline scripts, which the
content security policy refuses, so Studio has a page of its own that starts it.
"""

from fastapi import APIRouter, Request, Response
from starlette.staticfiles import StaticFiles

from mien.server.routes.page import part

router = APIRouter(include_in_schema=False)
router.mount("/docs/assets", StaticFiles(packages=[("fastapi_offline", "static")]))


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Opens the documentation."""
    return await part(request, "docs.html")
