"""The people of a session, and its marked moments."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from mien.server.routes.fields import MOST, Id, Name, PersonNumber, Seconds, StoreOf
from mien.server.schemas import errors
from mien.server.store.sessions import Mark, Person

router = APIRouter()

Note = Annotated[str, Field(max_length=2000)]


class PersonChange(BaseModel):
    """A person's name."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Ada"}]})

    name: Name


class Merge(BaseModel):
    """Who somebody is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"into": 1}]})

    into: int = Field(ge=0, le=MOST)


class NewMark(BaseModel):
    """A moment to mark."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"time": 12.5, "note": "laughs"}]}
    )

    time: Seconds
    note: Note = ""


class MarkChange(BaseModel):
    """What to change of a mark; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"note": "smiles"}]})

    time: Seconds | None = None
    note: Note | None = None


@router.patch(
    "/v1/sessions/{session}/people/{number}",
    response_model=list[Person],
    responses=errors(400, 404, 422, 507),
)
def rename_person(
    store: StoreOf, session: Id, number: PersonNumber, change: PersonChange
) -> list[Person]:
    """Names a person; an empty name takes it away. Returns all people of the session."""
    store.people.rename(session, number, change.name)
    return store.people.list(session)


@router.put(
    "/v1/sessions/{session}/people/{number}/merge",
    response_model=list[Person],
    responses=errors(400, 404, 409, 422, 507),
)
def merge_person(store: StoreOf, session: Id, number: PersonNumber, merge: Merge) -> list[Person]:
    """Says that a person is another one of the session; all that is read from then on says so."""
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
    response_model=Mark,
    responses=errors(400, 404, 422, 507),
)
def add_mark(store: StoreOf, session: Id, new: NewMark) -> Mark:
    """Marks a moment."""
    store.sessions.get(session)
    return store.marks.add(session, new.time, new.note)


@router.patch(
    "/v1/sessions/{session}/marks/{mark}",
    response_model=Mark,
    responses=errors(400, 404, 422, 507),
)
def change_mark(store: StoreOf, session: Id, mark: Id, change: MarkChange) -> Mark:
    """Moves a mark, or changes its note."""
    return store.marks.change(session, mark, change.time, change.note)


@router.delete(
    "/v1/sessions/{session}/marks/{mark}", status_code=204, responses=errors(404, 422, 507)
)
def delete_mark(store: StoreOf, session: Id, mark: Id) -> None:
    """Removes a mark."""
    store.marks.delete(session, mark)
