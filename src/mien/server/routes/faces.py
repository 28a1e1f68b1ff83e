"""Images of a session's people and of their faces."""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from PIL import Image
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from mien.server.errors import ConflictError, NotFoundError, TooLargeError, UnreadableError
from mien.server.images import read_image
from mien.server.portraits import CROP, THUMBNAIL, cut_person, cut_stored, spread
from mien.server.routes.fields import Id, PersonNumber, StoreOf
from mien.server.schemas import errors
from mien.server.stills import to_jpeg
from mien.server.store import Store
from mien.server.store.faces import StoredFrame
from mien.server.store.people import members_of, unknown_person
from mien.server.store.sessions import Session
from mien.server.timeline import find_tracks

router = APIRouter()

_MAX_BYTES = 30_000  # of a thumbnail that a page sends
_MAX_PIXELS = 1_000_000

_JPEG: dict[str, Any] = {
    "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}
}
_IMAGE: dict[int | str, dict[str, Any]] = {200: {"description": "The image.", **_JPEG}}


class PersonFace(BaseModel):
    """One face of a person."""

    id: int
    frame: int
    time: float
    emotion: str
    confidence: float
    box: list[float] = Field(description="x, y, width, height")
    image: str | None = Field(description="The path of its image; null without a saved video.")


class Visit(BaseModel):
    """A time in view, in seconds."""

    start: float
    end: float


class PersonFaces(BaseModel):
    """Faces of a person, and when the person was in view."""

    faces: list[PersonFace]
    visits: list[Visit]


@router.get(
    "/v1/sessions/{session}/people/{number}/thumbnail",
    response_class=Response,
    responses=_IMAGE | errors(404, 422),
)
def get_thumbnail(store: StoreOf, session: Id, number: PersonNumber) -> Response:
    """Returns an image of a person: from the saved video, else a stored one."""
    found = store.sessions.get(session)
    members = _members(store, session, number)
    image = cut_person(store, found, number)
    for member in members:
        image = image or store.thumbnails.get(session, member)
    if image is None:
        raise NotFoundError(f"session {session} has no image of person {number}")
    return Response(image, media_type="image/jpeg")


@router.put(
    "/v1/sessions/{session}/people/{number}/thumbnail",
    status_code=204,
    responses=errors(404, 408, 409, 413, 422, 507),
    openapi_extra={"requestBody": {"required": True, **_JPEG}},
)
async def put_thumbnail(
    request: Request, store: StoreOf, session: Id, number: PersonNumber
) -> None:
    """Stores an image of a person, a JPEG of at most 30 kB, without its metadata.

    Only a session that was started with `thumbnails` takes one.
    """
    data = await request.body()
    await run_in_threadpool(_store_thumbnail, store, session, number, data)


@router.get(
    "/v1/sessions/{session}/people/{number}/faces",
    response_model=PersonFaces,
    responses=errors(404, 422),
)
def get_faces(
    store: StoreOf,
    session: Id,
    number: PersonNumber,
    limit: Annotated[int, Query(ge=1, le=200, description="The maximum number of faces.")] = 24,
) -> PersonFaces:
    """Returns faces of a person, spread over the time in view, and when that was.

    A person whom others were merged into has their faces, too.
    """
    found = store.sessions.get(session)
    members = _members(store, session, number)
    series = store.series.read(found)
    tracks = find_tracks(series, dict.fromkeys(members, number), found.labels).people
    rows = tracks[0].rows.row if tracks else np.empty(0, np.int64)
    frames = store.faces.some(session, rows[spread(len(rows), limit)].tolist())
    visits = tracks[0].visits if tracks else []
    return PersonFaces(
        faces=[_to_face(found, frame) for frame in frames],
        visits=[Visit(start=start, end=end) for start, end in visits],
    )


@router.get(
    "/v1/sessions/{session}/faces/{face}/image",
    response_class=Response,
    responses=_IMAGE | errors(404, 422),
)
def get_face_image(store: StoreOf, session: Id, face: Id) -> Response:
    """Returns a face, cut from the saved video."""
    found = store.sessions.get(session)
    frames = store.faces.some(session, [face])
    if not frames:
        raise NotFoundError(f"session {session} has no face {face}")
    image = cut_stored(store, found, frames[0], CROP)
    if image is None:
        raise NotFoundError(
            f"the video of session {session} was not saved, or has no frame at this time"
        )
    return Response(image, media_type="image/jpeg")


def _members(store: Store, session: int, number: int) -> list[int]:
    members = members_of(store.people.list(session), number)
    if not members:
        raise unknown_person(session, number)
    return members


def _to_face(session: Session, frame: StoredFrame) -> PersonFace:
    ((row, face),) = frame.faces
    box = face.box
    return PersonFace(
        id=row,
        frame=frame.frame,
        time=frame.time,
        emotion=face.emotion,
        confidence=face.confidence,
        box=[box.x, box.y, box.width, box.height],
        image=f"/v1/sessions/{session.id}/faces/{row}/image" if session.film else None,
    )


def _store_thumbnail(store: Store, session: int, number: int, data: bytes) -> None:
    if not store.sessions.get(session).thumbnails:
        raise ConflictError(
            f"session {session} keeps no images of people",
            remedy="start it with 'thumbnails': true",
        )
    if len(data) > _MAX_BYTES:
        raise TooLargeError(f"more than {_MAX_BYTES:,} bytes", remedy="send a smaller JPEG")
    if not data.startswith(b"\xff\xd8"):
        raise UnreadableError("not a JPEG", remedy="send the image of a face as a JPEG")
    image = read_image(data, _MAX_PIXELS)
    store.thumbnails.put(session, number, to_jpeg(Image.fromarray(image.pixels), THUMBNAIL))
