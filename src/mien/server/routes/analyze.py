"""Analysis of one image."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from mien.inference.analyzer import Analyzer
from mien.inference.cropping import ENOUGH_PIXELS
from mien.inference.pending import PendingResult
from mien.server.answers import answer_to_dict
from mien.server.errors import BadRequestError
from mien.server.images import plain_name, read_image
from mien.server.models import ModelChoice
from mien.server.profiles import find_adapter
from mien.server.routes.fields import AsDetector, AsPrior, AsProfile
from mien.server.schemas import ResultSchema, UnsureBelow, errors
from mien.server.strict import unknown_field

router = APIRouter(tags=["analysis"])

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": _FORM},
        **dict.fromkeys(("image/jpeg", "image/png", "application/octet-stream"), _BINARY),
    },
}


class _InMemory(MultiPartParser):
    """Keeps files of any size in memory, so that no image is written to the disk."""

    spool_max_size = 2**62


@router.post(
    "/v1/analyze",
    response_model=ResultSchema,
    responses=errors(400, 404, 408, 409, 413, 422, 503),
    openapi_extra={"requestBody": _BODY},
)
async def analyze(
    request: Request,
    crops: Annotated[bool, Query(description="The image is a cropped face.")] = False,
    unsure_below: Annotated[UnsureBelow, Query()] = 0.0,
    model: Annotated[str | None, Query(description="One of /v1/models.")] = None,
    prior: AsPrior = None,
    detector: AsDetector = None,
    face_ids: Annotated[bool, Query(description="Give each face an id, for feedback.")] = False,
    profile: AsProfile = None,
    embeddings: Annotated[
        bool, Query(description="Give each face what the model's last layer reads.")
    ] = False,
) -> JSONResponse:
    """Detects the faces in one image and labels their expressions.

    The image is the request's body, or the field `file` of a form. It is not saved.
    """
    name, data = await _image(request)
    state = request.app.state

    def detect(analyzer: Analyzer) -> PendingResult:
        frame = read_image(data, state.settings.max_pixels, name, None if crops else ENOUGH_PIXELS)
        adapter = find_adapter(state.store.profiles, profile, analyzer.classifier)
        return (analyzer.detect_crop if crops else analyzer.detect)(frame, adapter)

    answer = await state.engine.analyze(detect, ModelChoice(model, prior, detector))
    recent = state.store.recent if face_ids else None
    answer = answer.with_threshold(unsure_below)
    if embeddings:
        answer = answer.with_embeddings()
    return JSONResponse(answer_to_dict(answer, recent))


async def _image(request: Request) -> tuple[str, bytes]:
    """Returns the image's name, and the image.

    Raises:
        BadRequestError: the form cannot be read, or has no file.
        InvalidFieldError: the form has another field.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        return plain_name(None), await request.body()
    try:
        form = await _InMemory(request.headers, request.stream(), max_files=1, max_fields=8).parse()
    except MultiPartException as error:
        raise BadRequestError(f"the form cannot be read: {error.message}") from None
    try:
        if unknown := next((name for name in form if name != "file"), None):
            raise unknown_field(f"form.{unknown}", {"file"})
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise BadRequestError(
                "the form has no file in its field 'file'", remedy="put the image there"
            )
        return plain_name(file.filename), await file.read()
    finally:
        await form.close()
