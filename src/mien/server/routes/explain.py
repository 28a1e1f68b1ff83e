"""Why a face got its label."""

import base64
from io import BytesIO

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from mien.inference.explain import explain
from mien.personalization.corrections import ModelId
from mien.server.errors import NotFoundError
from mien.server.models import ModelChoice
from mien.server.routes.fields import StoreOf
from mien.server.schemas import errors

router = APIRouter(tags=["analysis"])


class FaceToExplain(BaseModel):
    """A face of one of the latest answers."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"face_id": "x"}]})

    face_id: str = Field(max_length=64, description="Of an answer with `face_ids`.")
    label: str | None = Field(
        None, max_length=100, description="To explain; the likeliest if none."
    )


class ExplanationSchema(BaseModel):
    """Which parts of a face speak for its label, and which labels' faces it is like."""

    label: str
    regions: dict[str, float] = Field(description="Shares of what speaks for it; they sum to 1.")
    alike: dict[str, float] = Field(description="Cosine with the mean face of each label.")
    importance: list[list[float]] = Field(
        description="By how many nats the log-odds fall where a patch about a pixel is hidden."
    )
    image: str = Field(description="The map on the face: a PNG in Base64.")


@router.post("/v1/explain", response_model=ExplanationSchema, responses=errors(400, 404, 413, 422))
def explain_face(request: Request, store: StoreOf, wanted: FaceToExplain) -> ExplanationSchema:
    """Explains the model's own label of a face, before any profile."""
    face = store.recent.get(wanted.face_id)
    if face is None or face.crop is None:
        raise NotFoundError(
            "this face is no longer in memory", remedy="use the face_id of a newer answer"
        )
    models = request.app.state.engine.models
    classifier = models.get(ModelChoice(face.model.name)).classifier
    if ModelId.of(classifier) != face.model:
        raise NotFoundError("the model of this face is no longer served")
    label = wanted.label or face.labels[int(face.row.argmax())]
    if label not in face.labels:
        raise NotFoundError("label not found", remedy=f"choose from {', '.join(face.labels)}")
    explanation = explain(classifier, face.crop, label)
    drawn = BytesIO()
    explanation.to_image().save(drawn, "PNG")
    image = base64.b64encode(drawn.getvalue()).decode()
    return ExplanationSchema(**explanation.to_dict(), image=image)
