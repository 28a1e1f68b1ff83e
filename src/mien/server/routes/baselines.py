"""The neutral face of each person of a session, to correct what a page shows."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from mien.server.routes.fields import Id, StoreOf
from mien.server.schemas import errors
from mien.server.store.recordings import to_recordings
from mien.storage.errors import ItemConflictError
from mien.study.baseline import find_baselines

router = APIRouter()


class PersonBaseline(BaseModel):
    """How one person's neutral face differs from a face that reads as neutral."""

    person: int = Field(description="The person id.")
    looks: float = Field(description="Seconds of neutral that were seen.")
    weight: float = Field(description="How much of the difference is taken off, 0 to 1.")
    shift: dict[str, float] = Field(
        description="What is taken off the logarithm of each label's probability, in nats."
    )


class Baselines(BaseModel):
    """The baselines that could be found, and why others could not."""

    baselines: list[PersonBaseline]
    problems: list[str]


@router.get(
    "/v1/sessions/{session}/baselines",
    response_model=Baselines,
    responses=errors(404, 409, 422),
)
def get_baselines(store: StoreOf, session: Id) -> Baselines:
    """Finds baselines in the intervals that are named `baseline` or `neutral`."""
    found = store.sessions.get(session)
    if not found.faces:
        raise ItemConflictError(f"session {session} has no faces, so there is no baseline")
    recordings, problems = to_recordings(store, found), list[str]()
    baselines = find_baselines(recordings, rest=False, on_problem=problems.append)
    return Baselines(
        baselines=[
            PersonBaseline(
                person=track.person,
                looks=baseline.looks,
                weight=baseline.weight,
                shift=dict(zip(found.labels, baseline.shift.tolist(), strict=True)),
            )
            for recording in recordings
            for track in recording.tracks
            if (baseline := baselines.get(track.name)) and track.person >= 0
        ],
        problems=problems,
    )
