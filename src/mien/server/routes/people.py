"""The people of a session, and its markers."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from mien.server.routes.entries import PersonEntry, list_people
from mien.server.routes.fields import MOST, Id, Name, PersonNumber, Seconds, StoreOf
from mien.server.schemas import errors
from mien.server.store import Store
from mien.server.store.markers import Marker, NewMarker
from mien.server.store.splitting import split_person
from mien.server.upkeep import note_life
from mien.storage.errors import UnknownItemError
from mien.study.events.event import LONGEST_TEXT

router = APIRouter()

Note = Annotated[str, Field(max_length=LONGEST_TEXT)]
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
OfPerson = Annotated[int, Field(ge=0, le=MOST)] | None


class PersonChange(BaseModel):
    """A person's name."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Ada"}]})

    name: Name


class Merge(BaseModel):
    """The person to merge into."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"into": 1}]})

    into: int = Field(ge=0, le=MOST)


class Split(BaseModel):
    """The stretch of time whose faces become a new person's."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"start": 12.5, "end": 20}]}
    )

    start: Seconds
    end: Seconds


class NewPerson(BaseModel):
    """The person who was split off."""

    person: int


class PostedMarker(BaseModel):
    """A marker to add; with a duration it is an interval."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"time": 12.5, "duration": 3, "name": "stimulus 1"}]},
    )

    time: Seconds = Field(description="Seconds from the session's start.")
    duration: Seconds = Field(0.0, description="In seconds; 0 is a moment.")
    person: OfPerson = Field(None, description="A person id of the session; null for everybody.")
    name: Text = ""
    condition: Text = Field("", description="The condition that holds during the interval.")
    code: Text = Field("", description="A label that a human coder gave.")
    note: Note = ""
    author: Text = ""
    excluded: bool = Field(False, description="Whether summaries leave out what lies within.")


class MarkerChange(BaseModel):
    """Changes of a marker; absent fields stay as they are."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"note": "smiles"}]})

    time: Seconds | None = None
    duration: Seconds | None = None
    person: OfPerson = Field(None, description="A person id; null for everybody.")
    name: Text | None = None
    condition: Text | None = None
    code: Text | None = None
    note: Note | None = None
    author: Text | None = None
    excluded: bool | None = None

    def to_changes(self) -> dict[str, Any]:
        """Returns the fields that change; null means everybody for `person`, else no change."""
        given = self.model_dump(exclude_unset=True)
        return {
            name: value for name, value in given.items() if value is not None or name == "person"
        }


@router.patch(
    "/v1/sessions/{session}/people/{number}",
    response_model=list[PersonEntry],
    responses=errors(400, 404, 413, 422, 507),
)
def rename_person(
    store: StoreOf, session: Id, number: PersonNumber, change: PersonChange
) -> list[PersonEntry]:
    """Names a person; an empty name removes the name. Returns all people of the session."""
    store.people.rename(session, number, change.name)
    return list_people(store, session)


@router.put(
    "/v1/sessions/{session}/people/{number}/merge",
    response_model=list[PersonEntry],
    responses=errors(400, 404, 409, 413, 422, 507),
)
def merge_person(
    store: StoreOf, session: Id, number: PersonNumber, merge: Merge
) -> list[PersonEntry]:
    """Merges a person into another one of the session, in every later answer."""
    store.people.merge(session, number, merge.into)
    return list_people(store, session)


@router.delete(
    "/v1/sessions/{session}/people/{number}/merge",
    response_model=list[PersonEntry],
    responses=errors(404, 422, 507),
)
def unmerge_person(store: StoreOf, session: Id, number: PersonNumber) -> list[PersonEntry]:
    """Undoes a merge."""
    store.people.merge(session, number, None)
    return list_people(store, session)


@router.post(
    "/v1/sessions/{session}/people/{number}/split",
    response_model=NewPerson,
    responses=errors(400, 404, 409, 413, 422, 507),
)
def split(store: StoreOf, session: Id, number: PersonNumber, part: Split) -> NewPerson:
    """Moves a person's faces in a stretch of time to a new person; a merge undoes it."""
    new = split_person(
        *(store.database, store.people, store.series, store.sessions.get(session)),
        *(number, part.start, part.end),
    )
    return NewPerson(person=new)


@router.post(
    "/v1/sessions/{session}/marks",
    status_code=201,
    response_model=Marker,
    responses=errors(400, 404, 413, 422, 507),
)
def add_marker(store: StoreOf, session: Id, new: PostedMarker) -> Marker:
    """Adds a marker, or an interval."""
    found = store.sessions.get(session)
    _demand_person(store, session, new.person)
    if found.status == "recording":
        note_life(store, found)
    return store.markers.add(session, NewMarker(**new.model_dump()))


@router.patch(
    "/v1/sessions/{session}/marks/{mark}",
    response_model=Marker,
    responses=errors(400, 404, 413, 422, 507),
)
def change_marker(store: StoreOf, session: Id, mark: Id, change: MarkerChange) -> Marker:
    """Moves a marker, or changes what it says."""
    _demand_person(store, session, change.person)
    return store.markers.change(session, mark, change.to_changes())


@router.delete(
    "/v1/sessions/{session}/marks/{mark}", status_code=204, responses=errors(404, 422, 507)
)
def delete_marker(store: StoreOf, session: Id, mark: Id) -> None:
    """Deletes a marker."""
    store.markers.delete(session, mark)


def _demand_person(store: Store, session: int, person: int | None) -> None:
    """Refuses a marker about a person who is not in the session."""
    known = {found.number for found in store.people.list(session)}
    if person is not None and person not in known:
        raise UnknownItemError(
            f"session {session} has no person {person}", remedy="get the session for its people"
        )
