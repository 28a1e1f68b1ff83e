"""Downloads of a session: records, report, videos."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, StreamingResponse

from mien.server.errors import NotFoundError
from mien.server.exports import (
    FORMATS,
    MEDIA_TYPES,
    Format,
    download_name,
    send_bids,
    send_events,
    send_records,
    send_report,
)
from mien.server.records import records_of
from mien.server.routes.attachments import Attachment, describe_file
from mien.server.routes.fields import Id, JobsOf, StoreOf
from mien.server.schemas import errors
from mien.server.store import Store
from mien.server.store.downloads import Work
from mien.server.store.jobs import Job
from mien.study.events import FORMATS as FORMATS_OF_EVENTS

router = APIRouter()

_EVENTS = "|".join(name for name, it in FORMATS_OF_EVENTS.items() if it.write)


@router.get(
    "/v1/sessions/{session}/records",
    response_class=StreamingResponse,
    responses=describe_file(*(MEDIA_TYPES[kind] for kind in FORMATS))
    | errors(404, 409, 422, 503, 507),
)
def get_records(
    store: StoreOf, session: Id, kind: Annotated[Format, Query(alias="format")] = "csv"
) -> Attachment:
    """Returns the records, one row per face and frame, as `mien predict --records` writes them."""
    return _send(
        store,
        session,
        kind,
        lambda download: send_records(download, store, records_of(store, session), kind),
    )


@router.get(
    "/v1/sessions/{session}/events",
    response_class=StreamingResponse,
    responses=describe_file(MEDIA_TYPES["csv"], "application/octet-stream")
    | errors(404, 422, 503, 507),
)
def get_events(
    store: StoreOf,
    session: Id,
    kind: Annotated[str, Query(alias="format", pattern=f"^({_EVENTS})$")] = "csv",
) -> Attachment:
    """Returns the markers and intervals as events, in the format of another program."""
    suffix = FORMATS_OF_EVENTS[kind].suffixes[0].lstrip(".")
    return _send(
        store, session, suffix, lambda download: send_events(download, store, session, kind)
    )


@router.get(
    "/v1/sessions/{session}/bids",
    response_class=StreamingResponse,
    responses=describe_file(MEDIA_TYPES["zip"]) | errors(404, 409, 422, 503, 507),
)
def get_bids(store: StoreOf, session: Id) -> Attachment:
    """Returns the session as a BIDS dataset, in a ZIP file."""
    return _send(store, session, "zip", lambda download: send_bids(download, store, session))


@router.get(
    "/v1/sessions/{session}/report",
    response_class=StreamingResponse,
    responses=describe_file("text/html") | errors(404, 409, 422, 503, 507),
)
def get_report(request: Request, store: StoreOf, session: Id) -> Attachment:
    """Returns the report, one page that needs no network; with images if the video was saved."""
    settings = request.app.state.settings
    return _send(
        store, session, "html", lambda download: send_report(download, store, settings, session)
    )


@router.get(
    "/v1/sessions/{session}/film",
    response_class=FileResponse,
    responses=describe_file("video/*") | errors(404, 422),
)
def get_video(store: StoreOf, session: Id) -> FileResponse:
    """Returns the saved video, or the part of it that `Range` asks for."""
    found = store.sessions.get(session)
    path = store.files.video(session)
    if found.film is None or not path.is_file():
        raise NotFoundError(f"the video of session {session} was not saved")
    return FileResponse(path, media_type=found.film)


@router.post(
    "/v1/sessions/{session}/annotated",
    status_code=202,
    response_model=Job,
    responses=errors(404, 409, 422, 503, 507),
)
def make_annotated(jobs: JobsOf, session: Id) -> Job:
    """Queues a job that annotates the saved video with the results."""
    return jobs.submit_annotation(session)


@router.get(
    "/v1/sessions/{session}/annotated",
    response_class=FileResponse,
    responses=describe_file("video/mp4") | errors(404, 422),
)
def get_annotated(store: StoreOf, session: Id) -> FileResponse:
    """Returns the annotated video, once it is made."""
    found = store.sessions.get(session)
    path = store.files.annotated(session)
    if not path.is_file():
        raise NotFoundError(
            f"session {session} has no annotated video", remedy="request it with POST"
        )
    name = download_name(found.name, session, "mp4")
    return FileResponse(path, media_type="video/mp4", filename=f"annotated-{name}")


def _send(store: Store, session: int, suffix: str, work: Work) -> Attachment:
    name = download_name(store.sessions.get(session).name, session, suffix)
    return Attachment(store.downloads, [session], name, work)
