"""The application: shared state, middleware and routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from mien import __version__
from mien.errors import MienError
from mien.server.engine import Engine
from mien.server.errors import ErrorAnswer, HttpError
from mien.server.jobs import Jobs
from mien.server.limits import BodyLimit, Measured, Metrics, RateLimit
from mien.server.routes import (
    about,
    analyze,
    browser,
    coding,
    docs,
    explain,
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
from mien.server.strict import refuse_unknown
from mien.server.upkeep import Upkeep

_ROUTES = (
    *(about, analyze, browser, docs, explain, feedback, jobs, live, page, profiles, sessions),
    status,
)
_ABOUT = (
    "Labels the expression visible on a face, on this machine. Mien labels visible expressions, "
    "not feelings. Live images go through the WebSocket `/v1/live`."
)


def create_app(settings: Settings) -> FastAPI:
    """Builds the server's application.

    Args:
        settings: its model, its limits and its folder.

    Returns:
        An application that opens its model and its folder at startup. If that fails, the
        MienError is `app.state.failure`.
    """
    app = FastAPI(
        title="Mien",
        version=__version__,
        description=_ABOUT,
        lifespan=_lifespan,
        docs_url=None,  # it would load scripts from another host; routes/docs.py does not
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.metrics = metrics = Metrics()
    app.state.failure = None
    app.state.certificate = None
    for module in _ROUTES:
        strict = [] if module is live else [Depends(refuse_unknown)]
        app.include_router(module.router, dependencies=strict)
    if settings.study is not None:
        app.include_router(coding.router, dependencies=[Depends(refuse_unknown)])
    app.add_exception_handler(MienError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, settings=settings)
    app.add_middleware(RateLimit, settings=settings)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Shield)
    app.add_middleware(Measured, metrics=metrics)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    try:
        if state.settings.study is not None:
            state.coding = coding.Coding(state.settings)
        state.engine = Engine(state.settings, state.metrics)
        state.store = Store.open(state.settings.folder)
    except MienError as error:
        state.failure = error
        raise
    state.jobs = Jobs(state.store, state.settings, state.engine.models)
    state.upkeep = Upkeep(state.store, state.settings)
    state.live = live.LiveClients()
    state.metrics.live.set_function(lambda: len(state.live))
    state.engine.start()
    yield
    state.engine.close()
    state.jobs.close()
    state.upkeep.close()
    state.store.close()


async def _answer_error(_: Request, error: Exception) -> Response:
    return ErrorAnswer.logged(error).response


async def _answer_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for no other
    return ErrorAnswer.of(HttpError(422, first_problem(error.errors()))).response


async def _answer_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for no other
    response = ErrorAnswer.of(HttpError(error.status_code, str(error.detail))).response
    response.headers.update(error.headers or {})
    return response
