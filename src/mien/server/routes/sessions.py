"""Recorded sessions: to list, start, change and delete."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from mien.server.routes import downloads, frames, people
from mien.server.routes.fields import Before, Id, Limit, Name, Notes, StoreOf
from mien.server.schemas import errors
from mien.server.store.marks import Mark
from mien.server.store.people import Person
from mien.server.store.sessions import Kind, Session, Status

router = APIRouter(tags=["sessions"])


class NewSession(BaseModel):
    """A recording to start."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Monday", "kind": "live"}]}
    )

    name: Annotated[Name, Field(min_length=1)]
    kind: Literal["live", "photo"] = Field(description="A film is sent to /v1/jobs instead.")
    model: str | None = Field(None, description="One of /v1/models.")


class SessionChange(BaseModel):
    """What to change of a session; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Talk"}]})

    name: Annotated[Name, Field(min_length=1)] | None = None
    notes: Notes | None = None
    status: Literal["done"] | None = Field(None, description="Ends the recording.")


class SessionPage(BaseModel):
    """Sessions, the newest first."""

    sessions: list[Session]


class SessionDetail(BaseModel):
    """One session, who is in it, and its marked moments."""

    session: Session
    people: list[Person]
    marks: list[Mark]


@router.get("/v1/sessions", response_model=SessionPage, responses=errors(422))
def list_sessions(
    store: StoreOf,
    text: Annotated[
        str, Query(max_length=200, description="What the name or the notes must hold.")
    ] = "",
    kind: Kind | None = None,
    status: Status | None = None,
    before: Before = None,
    limit: Limit = 50,
) -> SessionPage:
    """Lists sessions."""
    return SessionPage(sessions=store.sessions.list(text, kind, status, before, limit))


@router.post(
    "/v1/sessions", status_code=201, response_model=Session, responses=errors(400, 404, 422, 507)
)
def start_session(request: Request, store: StoreOf, new: NewSession) -> Session:
    """Starts a recording. Until this is asked for, nothing is stored."""
    card = request.app.state.engine.models.get(new.model).classifier.card
    return store.sessions.create(new.name, new.kind, card.name, card.version)


@router.get("/v1/sessions/{session}", response_model=SessionDetail, responses=errors(404, 422))
def get_session(store: StoreOf, session: Id) -> SessionDetail:
    """Returns a session, its people and its marks."""
    return SessionDetail(
        session=store.sessions.get(session),
        people=store.people.list(session),
        marks=store.marks.list(session),
    )


@router.patch(
    "/v1/sessions/{session}", response_model=Session, responses=errors(400, 404, 409, 422, 507)
)
def change_session(store: StoreOf, session: Id, change: SessionChange) -> Session:
    """Renames a session, changes its notes, or ends its recording."""
    changed = store.sessions.change(session, change.name, change.notes)
    if change.status is None:
        return changed
    store.jobs.demand_idle(session)
    return store.sessions.end(session, change.status)


@router.delete("/v1/sessions/{session}", status_code=204, responses=errors(404, 409, 422, 507))
def delete_session(store: StoreOf, session: Id) -> None:
    """Deletes a session, all that was seen in it and its films, for good."""
    store.sessions.delete(session)


for part in (people, frames, downloads):
    router.include_router(part.router)
