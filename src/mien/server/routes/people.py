"""The people of a session, and its markers."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from mien.server.routes.fields import MOST, Id, Name, PersonNumber, Seconds, StoreOf
from mien.server.schemas import errors
from mien.server.store.sessions import Marker, Person

router = APIRouter()

Note = Annotated[str, Field(max_length=2000)]


class PersonChange(BaseModel):
    """A person's name."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Ada"}]})

    name: Name


class Merge(BaseModel):
    """The person to merge into."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"into": 1}]})

    into: int = Field(ge=0, le=MOST)


class NewMarker(BaseModel):
    """A marker to add."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"time": 12.5, "note": "laughs"}]}
    )

    time: Seconds
    note: Note = ""


class MarkerChange(BaseModel):
    """Changes of a marker; absent fields stay as they are."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"note": "smiles"}]})

    time: Seconds | None = None
    note: Note | None = None


@router.patch(
    "/v1/sessions/{session}/people/{number}",
    response_model=list[Person],
    responses=errors(400, 404, 413, 422, 507),
)
def rename_person(
    store: StoreOf, session: Id, number: PersonNumber, change: PersonChange
) -> list[Person]:
    """Names a person; an empty name removes the name. Returns all people of the session."""
    store.people.rename(session, number, change.name)
    return store.people.list(session)


@router.put(
    "/v1/sessions/{session}/people/{number}/merge",
    response_model=list[Person],
    responses=errors(400, 404, 409, 413, 422, 507),
)
def merge_person(store: StoreOf, session: Id, number: PersonNumber, merge: Merge) -> list[Person]:
    """Merges a person into another one of the session, in every later answer."""
    store.people.merge(session, number, merge.into)
    return store.people.list(session)


@router.delete(
    "/v1/sessions/{session}/people/{number}/merge",
    response_model=list[Person],
    responses=errors(404, 422, 507),
)
def unmerge_person(store: StoreOf, session: Id, number: PersonNumber) -> list[Person]:
    """Undoes a merge."""
    store.people.merge(session, number, None)
    return store.people.list(session)


@router.post(
    "/v1/sessions/{session}/marks",
    status_code=201,
    response_model=Marker,
    responses=errors(400, 404, 413, 422, 507),
)
def add_marker(store: StoreOf, session: Id, new: NewMarker) -> Marker:
    """Adds a marker."""
    store.sessions.get(session)
    return store.markers.add(session, new.time, new.note)


@router.patch(
    "/v1/sessions/{session}/marks/{mark}",
    response_model=Marker,
    responses=errors(400, 404, 413, 422, 507),
)
def change_marker(store: StoreOf, session: Id, mark: Id, change: MarkerChange) -> Marker:
    """Moves a marker, or changes its note."""
    return store.markers.change(session, mark, change.time, change.note)


@router.delete(
    "/v1/sessions/{session}/marks/{mark}", status_code=204, responses=errors(404, 422, 507)
)
def delete_marker(store: StoreOf, session: Id, mark: Id) -> None:
    """Deletes a marker."""
    store.markers.delete(session, mark)
