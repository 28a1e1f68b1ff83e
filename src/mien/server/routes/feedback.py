"""What users say is on a face."""

import base64
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mien.server.errors import BadRequestError, NotFoundError
from mien.server.images import read_image
from mien.server.profiles import take_back, teach_face
from mien.server.routes.fields import Before, Id, Limit, ProfilesOf, StoreOf
from mien.server.schemas import errors
from mien.server.store import Store
from mien.server.store.database import HIGHEST
from mien.server.store.feedback import Feedback, RecentFace

router = APIRouter(tags=["feedback"])

_LONGEST_IMAGE = 2**20  # letters of Base64; a face alone has far fewer

Label = Literal["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


class NewFeedback(BaseModel):
    """A label for one face: a recorded one, or one that was just answered."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"label": "happy", "face": 1}]}
    )

    label: Label
    face: Annotated[int, Field(ge=1, le=HIGHEST)] | None = Field(
        None, description="The `id` of a face in a session."
    )
    face_id: str | None = Field(None, max_length=64, description="Of an answer with `face_ids`.")
    picture: Annotated[str, Field(max_length=_LONGEST_IMAGE)] | None = Field(
        None, description="The face's image in Base64; only where the user wants it kept."
    )
    profile: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="One of /v1/profiles, which learns it at once."
    )
    keep_picture: bool = Field(
        False, description="Have the profile keep the face's crop, for newer models to learn from."
    )

    @model_validator(mode="after")
    def _one_face(self) -> Self:
        if (self.face is None) == (self.face_id is None):
            raise ValueError("name one face, by face or by face_id")
        return self


class FeedbackPage(BaseModel):
    """Feedback, the newest first, and how many faces have each label in all."""

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
    """Keeps a label with the face's embedding. Once this answers, it outlives a power cut."""
    image = None if new.picture is None else _decode(new.picture)
    if image is not None:
        read_image(image, request.app.state.settings.max_pixels)
    place, seen = _find_face(store, new)
    learned = None
    # The profile first: what it refuses is not kept, and once it knows a face it may be told again.
    if new.profile is not None:
        models = request.app.state.engine.models
        learned = teach_face(profiles, models, new.profile, new.label, seen, new.keep_picture)
    return store.feedback.add(new.label, seen, place, image, learned)


@router.get("/v1/feedback", response_model=FeedbackPage, responses=errors(422))
def list_feedback(store: StoreOf, before: Before = None, limit: Limit = 50) -> Any:
    """Lists feedback, and counts it by label."""
    return {"feedback": store.feedback.list(before, limit), "counts": store.feedback.counts()}


@router.delete("/v1/feedback/{feedback}", status_code=204, responses=errors(404, 422, 507))
def delete_feedback(store: StoreOf, profiles: ProfilesOf, feedback: Id) -> None:
    """Takes feedback back, for good; a profile that learned it unlearns it."""
    take_back(profiles, store.feedback.get(feedback))
    store.feedback.delete(feedback)


def _find_face(store: Store, new: NewFeedback) -> tuple[tuple[int, int] | None, RecentFace]:
    if new.face is not None:
        session, seen = store.feedback.recorded_face(new.face)
        return (session, new.face), seen
    recent = store.recent.get(new.face_id or "")
    if recent is None:
        raise NotFoundError(
            "this face is not remembered any more", remedy="give one of a newer answer"
        )
    return None, recent


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise BadRequestError("image: not Base64", remedy="encode the image's bytes") from None
