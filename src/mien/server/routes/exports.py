"""Downloads beyond one session: records of frames that are not stored, and many sessions."""

import re
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from mien.server.errors import InvalidFieldError
from mien.server.exports import (
    FORMATS,
    MEDIA_TYPES,
    Format,
    download_name,
    send_archive,
    send_records,
)
from mien.server.models import ModelChoice
from mien.server.records import RecordFile
from mien.server.routes.attachments import Attachment, describe_file
from mien.server.routes.fields import Name, StoreOf
from mien.server.routes.frames import PostedFrame, to_frames
from mien.server.schemas import errors
from mien.server.store.faces import attribute_names

router = APIRouter()

_MOST_SESSIONS = 500
_IDS = re.compile(r"[1-9]\d{0,14}(,[1-9]\d{0,14})*")


class PostedRecords(BaseModel):
    """Frames to write to a file; the other fields are those of a session of photos."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"frames": [{"frame": 0, "width": 640, "height": 480, "faces": []}]}]
        }
    )

    frames: list[PostedFrame] = Field(min_length=1, max_length=20_000)
    name: Annotated[Name, Field(min_length=1)] = "photos"
    model: str | None = Field(None, description="One of /v1/models.")
    prior: Name | None = Field(None, description="One of the model's `priors`.")
    detector: Name | None = Field(None, description="One of the `detectors` in /v1/models.")


@router.post(
    "/v1/records",
    response_class=StreamingResponse,
    responses=describe_file(*(MEDIA_TYPES[kind] for kind in FORMATS))
    | errors(400, 404, 408, 409, 413, 422, 503, 507),
)
def make_records(
    request: Request,
    store: StoreOf,
    posted: PostedRecords,
    kind: Annotated[Format, Query(alias="format")] = "csv",
) -> Attachment:
    """Returns the records of frames, as a session of photos would give them. Nothing is stored."""
    choice = ModelChoice(posted.model, posted.prior, posted.detector)
    analyzer = request.app.state.engine.models.get(choice)
    classifier, detector = analyzer.classifier, analyzer.detector_name
    labels, prior = classifier.card.labels, classifier.prior
    frames = to_frames(posted.frames, store, labels)
    attributes = tuple(attribute_names((), frames))
    results = (
        replace(
            frame.result,
            source=frame.source or posted.name,
            attributes=attributes,
            prior=prior,
            detector=detector,
        )
        for frame in frames
    )
    file = RecordFile(results, labels, attributes, bool(prior), bool(detector))
    return Attachment(
        store.downloads,
        (),
        download_name(posted.name, 0, kind),
        lambda download: send_records(download, store, file, kind),
    )


@router.get(
    "/v1/exports",
    response_class=StreamingResponse,
    responses=describe_file(MEDIA_TYPES["zip"]) | errors(404, 409, 422, 503, 507),
)
def get_exports(
    request: Request,
    store: StoreOf,
    ids: Annotated[
        str,
        Query(
            description="Numbers of sessions, commas between them.",
            json_schema_extra={"pattern": f"^{_IDS.pattern}$"},
        ),
    ],
    kind: Annotated[Format | Literal["report"], Query(alias="format")] = "csv",
) -> Attachment:
    """Returns a ZIP file with the records, or the report, of each of some sessions."""
    sessions = [store.sessions.get(session) for session in _to_ids(ids)]
    settings = request.app.state.settings
    return Attachment(
        store.downloads,
        [session.id for session in sessions],
        f"mien-{len(sessions)}-sessions.zip",
        lambda download: send_archive(download, store, settings, sessions, kind),
    )


def _to_ids(text: str) -> list[int]:
    if not _IDS.fullmatch(text):
        raise InvalidFieldError("ids: not numbers of sessions", remedy="give them as 1,2,3")
    ids = list(dict.fromkeys(int(part) for part in text.split(",")))
    if len(ids) > _MOST_SESSIONS:
        raise InvalidFieldError(
            f"ids: more than {_MOST_SESSIONS} sessions", remedy="download them in several parts"
        )
    return ids
