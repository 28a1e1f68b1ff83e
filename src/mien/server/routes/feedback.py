"""Feedback: labels that users give to faces."""

import base64
from typing import Annotated, Any, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mien.server.errors import BadRequestError, InvalidFieldError, NotFoundError
from mien.server.images import read_image
from mien.server.profiles import teach_face, undo_feedback
from mien.server.routes.fields import Before, Id, Limit, ProfilesOf, StoreOf
from mien.server.schemas import errors
from mien.server.store import Store
from mien.server.store.database import HIGHEST
from mien.server.store.feedback import Feedback
from mien.server.store.recent import RecentFace

router = APIRouter(tags=["feedback"])

_LONGEST_IMAGE = 2**20  # letters of Base64; a face alone has far fewer


class NewFeedback(BaseModel):
    """A label for one face: a recorded one, or one of the latest answers."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"label": "happy", "face": 1}]}
    )

    label: str = Field(max_length=100, description="One of the labels of the face's model.")
    face: Annotated[int, Field(ge=1, le=HIGHEST)] | None = Field(
        None, description="The `id` of a face in a session."
    )
    face_id: str | None = Field(None, max_length=64, description="Of an answer with `face_ids`.")
    picture: Annotated[str, Field(max_length=_LONGEST_IMAGE)] | None = Field(
        None, description="The face's image in Base64, if the user wants it saved."
    )
    profile: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="One of /v1/profiles, which learns the label at once."
    )
    keep_picture: bool = Field(
        False,
        description="Also save the face's crop in the profile, for newer models to learn from.",
    )

    @model_validator(mode="after")
    def _one_face(self) -> Self:
        if (self.face is None) == (self.face_id is None):
            raise ValueError("give one of face and face_id")
        return self


class FeedbackPage(BaseModel):
    """Feedback, the newest first, and the number of faces with each label in all."""

    feedback: list[Feedback]
    counts: dict[str, int]


@router.post(
    "/v1/feedback",
    status_code=201,
    response_model=Feedback,
    responses=errors(400, 404, 409, 413, 422, 507),
)
def add_feedback(
    request: Request, store: StoreOf, profiles: ProfilesOf, new: NewFeedback
) -> Feedback:
    """Stores a label for a face: in the profile, if one is given. It survives a power cut."""
    image = None if new.picture is None else _decode(new.picture)
    if image is not None:
        read_image(image, request.app.state.settings.max_pixels)
    place, face = _find_face(store, new)
    if new.label not in face.labels:
        raise InvalidFieldError(
            f"label: unknown label '{new.label}'", remedy=f"choose from {', '.join(face.labels)}"
        )
    if new.profile is None:
        return store.feedback.add(new.label, face, place, image)
    models = request.app.state.engine.models
    learned = teach_face(profiles, models, new.profile, new.label, face, new.keep_picture)
    return store.feedback.link(*learned, place, image)


@router.get("/v1/feedback", response_model=FeedbackPage, responses=errors(422))
def list_feedback(store: StoreOf, before: Before = None, limit: Limit = 50) -> Any:
    """Lists feedback, and counts its labels."""
    return {"feedback": store.feedback.list(before, limit), "counts": store.feedback.counts()}


@router.delete("/v1/feedback/{feedback}", status_code=204, responses=errors(404, 422, 507))
def delete_feedback(store: StoreOf, profiles: ProfilesOf, feedback: Id) -> None:
    """Permanently deletes feedback; a profile that learned it undoes the correction."""
    undo_feedback(profiles, store.feedback.get(feedback))
    store.feedback.delete(feedback)


def _find_face(store: Store, new: NewFeedback) -> tuple[tuple[int, int] | None, RecentFace]:
    if new.face is not None:
        session, face = store.feedback.recorded_face(new.face)
        return (session, new.face), face
    recent = store.recent.get(new.face_id or "")
    if recent is None:
        raise NotFoundError(
            "this face is no longer in memory", remedy="use the face_id of a newer answer"
        )
    return None, recent


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise BadRequestError("image: not Base64", remedy="encode the image's bytes") from None
