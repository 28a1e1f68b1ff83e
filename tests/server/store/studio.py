"""A server of what is stored alone: the routes of sessions, jobs and feedback."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.testclient import TestClient

from mien.errors import MienError
from mien.server.errors import ErrorAnswer, HttpError
from mien.server.jobs import Jobs
from mien.server.models import Models
from mien.server.routes import feedback, jobs, sessions
from mien.server.schemas import first_problem
from mien.server.settings import Settings
from mien.server.store import Store
from tests.waiting import wait_until


@cache
def models(model: Path) -> Models:
    return Models(str(model))


@contextmanager
def open_studio(folder: Path, model: Path, **limits: Any) -> Iterator[TestClient]:
    """A client of such a server; `client.app.state` has the store and the jobs."""
    app = FastAPI()
    for module in (sessions, jobs, feedback):
        app.include_router(module.router)
    app.add_exception_handler(MienError, _tell)
    app.add_exception_handler(RequestValidationError, _tell)
    state = app.state
    state.settings = Settings(folder=folder, model=str(model), **limits)
    state.engine = SimpleNamespace(models=models(model))
    state.store = Store.open(folder)
    state.jobs = Jobs(state.store, state.settings, state.engine.models)
    try:
        with TestClient(app) as client:
            yield client
    finally:
        state.jobs.close()
        state.store.close()


async def _tell(_: Request, error: Exception) -> Response:
    if isinstance(error, RequestValidationError):
        error = HttpError(422, first_problem(error.errors()))
    return ErrorAnswer.of(error).response


def refusal(answer: Any, status: int) -> str:
    """The message of an answer that refuses, which names nothing of the server."""
    assert answer.status_code == status, answer.text
    message = str(answer.json()["error"]["message"])
    assert "/" not in message.replace("/v1/", "")
    assert "\n" not in message
    return message


def send_video(client: TestClient, video: Path | bytes, **query: Any) -> Any:
    """Sends a video and returns the answer."""
    content = video if isinstance(video, bytes) else video.read_bytes()
    return client.post("/v1/jobs", params={"name": "talk.mp4", **query}, content=content)


def wait_for(client: TestClient, job: int) -> dict[str, Any]:
    """Waits until a job is over, and returns it."""
    wait_until(lambda: client.get(f"/v1/jobs/{job}").json()["ended"] is not None, 60)
    found: dict[str, Any] = client.get(f"/v1/jobs/{job}").json()
    return found
