"""Sessions: to list, start, change and delete."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from mien.server.models import ModelChoice
from mien.server.portraits import forget_portraits
from mien.server.routes import baselines, downloads, exports, faces, frames, people, storage
from mien.server.routes.entries import PersonEntry, SessionEntry, list_people, make_entries
from mien.server.routes.fields import MOST, Before, Id, Limit, Name, Notes, StoreOf
from mien.server.schemas import errors
from mien.server.store.markers import Marker
from mien.server.store.sessions import Kind, Session, Status
from mien.server.upkeep import note_life

router = APIRouter(tags=["sessions"])


Clock = Annotated[
    float,
    Field(
        ge=0,
        le=1e11,
        allow_inf_nan=False,
        description="The wall-clock time of time 0: seconds since 1970, UTC.",
    ),
]


class NewSession(BaseModel):
    """A recording to start."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Monday", "kind": "live"}]}
    )

    name: Annotated[Name, Field(min_length=1)]
    kind: Literal["live", "photo"] = Field(description="A video is sent to /v1/jobs instead.")
    model: str | None = Field(None, description="One of /v1/models.")
    prior: Name | None = Field(None, description="One of the model's `priors`.")
    detector: Name | None = Field(None, description="One of the `detectors` in /v1/models.")
    profile: Name | None = Field(None, description="The profile that is applied.")
    consent: Notes = Field("", description="Who agreed to what, and when.")
    clock: Clock | None = None
    thumbnails: StrictBool = Field(
        False, description="Whether an image of each person may be stored."
    )


class SessionChange(BaseModel):
    """Changes of a session; absent fields stay as they are."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Talk"}]})

    name: Annotated[Name, Field(min_length=1)] | None = None
    notes: Notes | None = None
    consent: Notes | None = None
    dropped: Annotated[int, Field(ge=0, le=MOST)] | None = Field(
        None, description="Frames of the camera that were not analyzed."
    )
    clock: Clock | None = None
    status: Literal["done"] | None = Field(None, description="Ends the recording.")


class SessionPage(BaseModel):
    """Sessions, the newest first."""

    sessions: list[SessionEntry]


class SessionDetail(BaseModel):
    """One session, its people and its markers."""

    session: SessionEntry
    labels: list[str] = Field(description="Of its model, in order.")
    people: list[PersonEntry]
    marks: list[Marker]


@router.get("/v1/sessions", response_model=SessionPage, responses=errors(422))
def list_sessions(
    store: StoreOf,
    text: Annotated[
        str,
        Query(
            max_length=200,
            description="That the name, the notes, a person's name or a marker must contain.",
        ),
    ] = "",
    kind: Kind | None = None,
    status: Status | None = None,
    before: Before = None,
    limit: Limit = 50,
) -> SessionPage:
    """Lists sessions."""
    found = store.sessions.list(text, kind, status, before, limit)
    return SessionPage(sessions=make_entries(store, found))


@router.post(
    "/v1/sessions",
    status_code=201,
    response_model=Session,
    responses=errors(400, 404, 413, 422, 507),
)
def start_session(request: Request, store: StoreOf, new: NewSession) -> Session:
    """Starts a recording. Without this request, nothing is stored."""
    choice = ModelChoice(new.model, new.prior, new.detector)
    analyzer = request.app.state.engine.models.get(choice)
    classifier, card = analyzer.classifier, analyzer.classifier.card
    session = store.sessions.create(
        *(new.name, new.kind, card.name, card.version),
        profile=new.profile,
        model_digest=classifier.digest,
        labels=card.labels,
        prior=classifier.prior,
        detector=analyzer.detector_name,
        consent=new.consent,
        clock=new.clock,
        thumbnails=new.thumbnails,
    )
    note_life(store, session)
    return session


@router.post("/v1/sessions/{session}/alive", status_code=204, responses=errors(404, 409, 422, 507))
def keep_alive(store: StoreOf, session: Id) -> None:
    """Tells that the page which records a session is alive.

    A live recording without a sign of life for 30 seconds, or one of photos for 60, is interrupted;
    this one, and new frames, resume it.
    """
    note_life(store, store.sessions.resume(session))


@router.get("/v1/sessions/{session}", response_model=SessionDetail, responses=errors(404, 422))
def get_session(store: StoreOf, session: Id) -> SessionDetail:
    """Returns a session, its people and its markers."""
    found = store.sessions.get(session)
    (entry,) = make_entries(store, [found])
    return SessionDetail(
        session=entry,
        labels=list(found.labels),
        people=list_people(store, session),
        marks=store.markers.list(session),
    )


@router.patch(
    "/v1/sessions/{session}",
    response_model=Session,
    responses=errors(400, 404, 409, 413, 422, 507),
)
def change_session(store: StoreOf, session: Id, change: SessionChange) -> Session:
    """Renames a session, changes its notes, or ends its recording."""
    noted = change.model_dump(exclude={"status"})
    changed = store.sessions.change(session, **noted)
    if change.status is None:
        return changed
    store.jobs.demand_idle(session)
    ended = store.sessions.end(session, change.status)
    store.liveness.forget(session)
    store.series.store(ended)
    return ended


@router.delete("/v1/sessions/{session}", status_code=204, responses=errors(404, 409, 422, 507))
def delete_session(store: StoreOf, session: Id) -> None:
    """Permanently deletes a session, its frames and its videos."""
    store.sessions.delete(session)
    forget_portraits()


for part in (people, faces, baselines, frames, downloads, exports, storage):
    router.include_router(part.router)
