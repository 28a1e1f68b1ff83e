"""The application: what is shared, what stands before the routes, and the routes."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from mien import __version__
from mien.errors import MienError
from mien.server.engine import Engine
from mien.server.errors import HttpError, as_server_error, error_response
from mien.server.jobs import Jobs
from mien.server.limits import BodyLimit, Measured, Metrics, RateLimit
from mien.server.profiles import open_profiles
from mien.server.routes import (
    analyze,
    feedback,
    jobs,
    live,
    page,
    profiles,
    sessions,
    status,
)
from mien.server.schemas import first_problem
from mien.server.security import Guard, Shield
from mien.server.settings import Settings
from mien.server.store import Store

_log = logging.getLogger(__name__)
_ABOUT = (
    "Names the expression visible on a face, on this machine. It names what can be seen, never "
    "what a person feels. Live images go through the WebSocket `/v1/live`."
)


def create_app(settings: Settings) -> FastAPI:
    """Builds the server's application.

    Args:
        settings: its model, its limits and its folder.

    Returns:
        An application that opens what it needs when it is started; what a start can fail by is
        then `app.state.failure`, a MienError.
    """
    app = FastAPI(
        title="Mien",
        version=__version__,
        description=_ABOUT,
        lifespan=_lifespan,
        docs_url=None,  # its page is loaded from elsewhere
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.metrics = metrics = Metrics()
    app.state.failure = None
    for module in (analyze, live, jobs, sessions, feedback, profiles, status, page):
        app.include_router(module.router)
    app.add_exception_handler(MienError, _tell)
    app.add_exception_handler(RequestValidationError, _tell_invalid)
    app.add_exception_handler(HTTPException, _tell_http)
    # The last added stands outermost.
    app.add_middleware(BodyLimit, settings=settings)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(RateLimit, settings=settings)
    app.add_middleware(Shield)
    app.add_middleware(Measured, metrics=metrics)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    try:
        state.engine = Engine(state.settings, state.metrics)
        state.store = Store.open(state.settings.folder)
        state.profiles = open_profiles(state.settings)
    except MienError as error:
        state.failure = error
        raise
    state.jobs = Jobs(state.store, state.settings, state.engine.models)
    state.live = set[Any]()
    state.metrics.live.set_function(lambda: len(state.live))
    state.engine.start()
    yield
    state.engine.close()
    state.jobs.close()
    state.store.close()
    state.profiles.close()


async def _tell(_: Request, error: Exception) -> Response:
    known = as_server_error(error)
    if known.status == 500:
        _log.error("a request failed", exc_info=error)
    return error_response(known)


async def _tell_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for no other
    return error_response(HttpError(422, first_problem(error.errors())))


async def _tell_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for no other
    response = error_response(HttpError(error.status_code, str(error.detail)))
    response.headers.update(error.headers or {})
    return response
