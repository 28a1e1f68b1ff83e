"""The frames of a session: to store, to page through, and as timelines."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from mien.emotions import UNSURE
from mien.results import Box, Face, FrameResult, Probabilities
from mien.server.errors import InvalidFieldError
from mien.server.figures import Figures, find_figures
from mien.server.routes.fields import MOST, Id, Name, Seconds, StoreOf
from mien.server.schemas import Attributes, Probability, ProbabilityByLabel, errors
from mien.server.store import Store
from mien.server.store.faces import NewFrame, StoredFrame
from mien.server.timeline import Curve, find_curves, read_tracks
from mien.server.upkeep import note_life

router = APIRouter()

FrameNumber = Annotated[int, Field(ge=0, le=MOST)]
Pixels = Annotated[float, Field(ge=-1e6, le=1e6)]
Size = Annotated[int, Field(ge=1, le=10**6)]


class PostedFace(BaseModel):
    """A face as /v1/analyze answers it; other fields are ignored."""

    box: tuple[Pixels, Pixels, Pixels, Pixels] = Field(description="x, y, width, height")
    score: Probability | None = None
    emotion: str = Field(
        "", description="Stored where it is 'unsure', or a held label and not the most probable."
    )
    probabilities: ProbabilityByLabel
    smoothed: ProbabilityByLabel | None = None
    person: Annotated[int, Field(ge=0, le=MOST)] | None = None
    attributes: Attributes = Field(default_factory=dict)
    face_id: str | None = Field(None, description="With it, the face can get feedback.")


class PostedFrame(BaseModel):
    """One image or frame with its faces."""

    frame: FrameNumber
    time: Seconds = 0.0
    width: Size
    height: Size
    source: Name | None = Field(None, description="The image's name.")
    faces: list[PostedFace] = Field(max_length=1000)


class PostedFrames(BaseModel):
    """Frames to store, in the order of their numbers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"frames": [{"frame": 0, "width": 640, "height": 480, "faces": []}]}]
        }
    )

    frames: list[PostedFrame] = Field(min_length=1, max_length=1000)


class Stored(BaseModel):
    """What is stored now."""

    stored: int = Field(description="Frames that were new; the others were stored already.")
    last_frame: int


class FramePage(BaseModel):
    """A page of frames."""

    frames: list[dict[str, Any]] = Field(
        description="frame, time, source, and faces, each with its `id`."
    )
    next: int | None = Field(description="The next `after`; null on the last page.")


@router.post(
    "/v1/sessions/{session}/frames",
    response_model=Stored,
    responses=errors(400, 404, 409, 413, 422, 507),
)
def add_frames(store: StoreOf, session: Id, posted: PostedFrames) -> Stored:
    """Stores frames; they survive a kill. Frames that are stored already are skipped."""
    found = store.sessions.get(session)
    frames = to_frames(posted.frames, store, found.labels)
    stored = store.faces.add(session, frames)
    note_life(store, found)
    return Stored(stored=stored, last_frame=store.sessions.get(session).last_frame)


@router.get("/v1/sessions/{session}/frames", response_model=FramePage, responses=errors(404, 422))
def get_frames(
    store: StoreOf,
    session: Id,
    after: Annotated[int, Query(ge=-1, le=MOST)] = -1,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> FramePage:
    """Returns a page of frames; merged people have one person id."""
    found = store.sessions.get(session)
    page = store.faces.frames(session, after, limit)
    more = bool(page) and page[-1].frame < found.last_frame
    return FramePage(
        frames=[_to_dict(frame) for frame in page], next=page[-1].frame if more else None
    )


@router.get(
    "/v1/sessions/{session}/timeline", response_model=list[Curve], responses=errors(404, 422)
)
def get_timeline(
    store: StoreOf,
    session: Id,
    points: Annotated[int, Query(ge=1, le=5000, description="About how many per person.")] = 1000,
    start: Annotated[Seconds, Query()] = 0.0,
    end: Annotated[Seconds | None, Query(description="By default, the session's end.")] = None,
) -> list[Curve]:
    """Returns each person's timeline in few points, with its peaks, and the time of each label."""
    return find_curves(read_tracks(store, session), points, start, end)


@router.get(
    "/v1/sessions/{session}/figures", response_model=list[Figures], responses=errors(404, 422)
)
def get_figures(
    store: StoreOf,
    session: Id,
    start: Annotated[Seconds, Query()] = 0.0,
    end: Annotated[Seconds | None, Query(description="By default, the session's end.")] = None,
) -> list[Figures]:
    """Returns how long each person displayed each label, and how much, in a stretch of time."""
    return find_figures(read_tracks(store, session), start, end)


def to_frames(
    posted: Sequence[PostedFrame], store: Store, labels: tuple[str, ...]
) -> list[NewFrame]:
    """Returns posted frames in the order of their numbers.

    Raises:
        InvalidFieldError: a face has other labels.
    """
    frames = [
        _to_frame(frame, store, labels, f"frames.{index}") for index, frame in enumerate(posted)
    ]
    return sorted(frames, key=lambda frame: frame.result.frame)


def _to_frame(frame: PostedFrame, store: Store, labels: tuple[str, ...], field: str) -> NewFrame:
    faces = tuple(
        _to_face(face, labels, f"{field}.faces.{index}") for index, face in enumerate(frame.faces)
    )
    result = FrameResult(
        "", frame.width, frame.height, faces, frame.frame, frame.time, labels=labels
    )
    recent = [face.face_id and store.recent.get(face.face_id) for face in frame.faces]
    return NewFrame(
        result,
        [face.embedding if face else None for face in recent],
        [face.probabilities if face else None for face in recent],
        frame.source,
    )


def _to_face(face: PostedFace, labels: tuple[str, ...], field: str) -> Face:
    smoothed = face.smoothed
    displayed = face.probabilities if smoothed is None else smoothed
    is_held = face.emotion in displayed and displayed[face.emotion] < max(displayed.values())
    return Face(
        box=Box(*face.box),
        labels=labels,
        probabilities=_in_order(face.probabilities, labels, f"{field}.probabilities"),
        score=face.score,
        person=face.person,
        smoothed=None if smoothed is None else _in_order(smoothed, labels, f"{field}.smoothed"),
        unsure_below=2.0 if face.emotion == UNSURE else 0.0,
        held=face.emotion if is_held and face.emotion in labels else None,
        attributes=face.attributes,
    )


def _in_order(
    probabilities: dict[str, float], labels: tuple[str, ...], field: str
) -> Probabilities:
    if set(probabilities) != set(labels):
        raise InvalidFieldError(
            f"{field}: its labels are not those of the session's model",
            remedy=f"give {', '.join(labels)}",
        )
    return Probabilities((probabilities[label] for label in labels), labels)


def _to_dict(frame: StoredFrame) -> dict[str, Any]:
    faces = []
    for row, face in frame.faces:
        values = face.to_dict()
        del values["landmarks"]  # they are not stored
        faces.append({"id": row, **values})
    return {"frame": frame.frame, "time": frame.time, "source": frame.source, "faces": faces}
