"""What was seen in a session: frames to store, to page through, and as timelines."""

from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from mien.emotions import EMOTIONS, UNSURE
from mien.reporting.timeline import Video, find_videos
from mien.results import Box, Face, FrameResult
from mien.server.routes.fields import MOST, Id, Name, Seconds, StoreOf
from mien.server.schemas import Probabilities, Probability, errors
from mien.server.store import Store
from mien.server.store.faces import Seen, StoredFrame, read_columns
from mien.server.store.sessions import Person, Session
from mien.server.timeline import Curve, find_curves

router = APIRouter()

FrameNumber = Annotated[int, Field(ge=0, le=MOST)]
Pixels = Annotated[float, Field(ge=-1e6, le=1e6)]
Size = Annotated[int, Field(ge=1, le=10**6)]


class SeenFace(BaseModel):
    """A face as /v1/analyze answered it; what is not listed here is passed over."""

    box: tuple[Pixels, Pixels, Pixels, Pixels] = Field(description="x, y, width, height")
    score: Probability | None = None
    emotion: str = Field("", description="'unsure' is kept; else it follows the probabilities.")
    probabilities: Probabilities
    smoothed: Probabilities | None = None
    person: Annotated[int, Field(ge=0, le=MOST)] | None = None
    face_id: str | None = Field(None, description="With it, feedback on the face is possible.")


class SeenFrame(BaseModel):
    """One image, or one frame, with its faces."""

    frame: FrameNumber
    time: Seconds = 0.0
    width: Size
    height: Size
    source: Name | None = Field(None, description="The image's own name.")
    faces: list[SeenFace] = Field(max_length=1000)


class SeenFrames(BaseModel):
    """Frames to store, their numbers ascending."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"frames": [{"frame": 0, "width": 640, "height": 480, "faces": []}]}]
        }
    )

    frames: list[SeenFrame] = Field(min_length=1, max_length=1000)


class Stored(BaseModel):
    """What is now stored for good."""

    stored: int = Field(description="Frames that were new; the others were there already.")
    last_frame: int


class FramePage(BaseModel):
    """Frames in their order."""

    frames: list[dict[str, Any]] = Field(
        description="frame, time, source, and faces, each with the number of its row as `id`."
    )
    next: int | None = Field(description="What to ask for as `after`; null after the last page.")


@router.post(
    "/v1/sessions/{session}/frames",
    response_model=Stored,
    responses=errors(400, 404, 409, 413, 422, 507),
)
def add_frames(store: StoreOf, session: Id, seen: SeenFrames) -> Stored:
    """Stores frames. Once this answers, they outlive a kill; sent again, they are passed over."""
    frames = sorted((_seen(one, store) for one in seen.frames), key=lambda one: one.result.frame)
    stored = store.faces.add(session, frames)
    return Stored(stored=stored, last_frame=store.sessions.get(session).last_frame)


@router.get("/v1/sessions/{session}/frames", response_model=FramePage, responses=errors(404, 422))
def get_frames(
    store: StoreOf,
    session: Id,
    after: Annotated[int, Query(ge=-1, le=MOST)] = -1,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> FramePage:
    """Returns a page of frames, merged people as the one they are."""
    last = store.sessions.get(session).last_frame
    found = store.faces.frames(session, after, limit)
    more = bool(found) and found[-1].frame < last
    return FramePage(frames=[_shown(one) for one in found], next=found[-1].frame if more else None)


@router.get(
    "/v1/sessions/{session}/timeline", response_model=list[Curve], responses=errors(404, 422)
)
def get_timeline(
    store: StoreOf,
    session: Id,
    points: Annotated[int, Query(ge=1, le=5000, description="About how many a person.")] = 1000,
    start: Annotated[Seconds, Query()] = 0.0,
    end: Annotated[Seconds | None, Query(description="The session's end, by default.")] = None,
) -> list[Curve]:
    """Returns of each person the part's timeline in few points, its peaks kept, and its shares."""
    found = store.sessions.get(session)
    videos = read_videos(store, found, tuple(store.people.list(session)))
    return find_curves(videos, points, start, end)


@lru_cache(maxsize=1)
def read_videos(
    store: Store,
    session: Session,
    people: tuple[Person, ...],  # noqa: ARG001 - who they stand for is part of what is read
) -> list[Video]:
    """Reads a session; the one that is looked at is remembered, so that a zoom reads no more."""
    return find_videos(read_columns(store.database, store.people, session))


def _seen(frame: SeenFrame, store: Store) -> Seen:
    faces = tuple(_face(one) for one in frame.faces)
    size = frame.width, frame.height
    recent = [None if one.face_id is None else store.recent.get(one.face_id) for one in frame.faces]
    return Seen(
        FrameResult("", *size, faces, frame.frame, frame.time),
        [None if one is None else one.embedding for one in recent],
        [None if one is None else one.probabilities for one in recent],
        frame.source,
    )


def _face(face: SeenFace) -> Face:
    return Face(
        Box(*face.box),
        _seven(face.probabilities),
        face.score,
        (),
        face.person,
        None if face.smoothed is None else _seven(face.smoothed),
        unsure_below=2.0 if face.emotion == UNSURE else 0.0,
    )


def _seven(given: Probabilities) -> tuple[float, ...]:
    return tuple(getattr(given, name) for name in EMOTIONS)


def _shown(frame: StoredFrame) -> dict[str, Any]:
    faces = []
    for row, face in frame.faces:
        shown = face.to_dict()
        del shown["landmarks"]  # they are not stored
        faces.append({"id": row, **shown})
    return {"frame": frame.frame, "time": frame.time, "source": frame.source, "faces": faces}
