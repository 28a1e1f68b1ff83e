"""Jobs: videos to analyze in the background."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from mien.server.images import plain_name
from mien.server.models import ModelChoice
from mien.server.profiles import find_adapter
from mien.server.routes.fields import (
    AsDetector,
    AsPrior,
    AsProfile,
    Before,
    Id,
    JobsOf,
    Limit,
    StoreOf,
)
from mien.server.schemas import errors
from mien.server.store.jobs import Job
from mien.server.videos import VIDEO_BODY, uploaded

router = APIRouter(tags=["jobs"])


class JobPage(BaseModel):
    """Jobs, the newest first."""

    jobs: list[Job]


@router.post(
    "/v1/jobs",
    status_code=202,
    response_model=Job,
    responses=errors(400, 404, 408, 409, 413, 422, 503, 507),
    openapi_extra=VIDEO_BODY,
)
async def start_job(
    request: Request,
    store: StoreOf,
    jobs: JobsOf,
    name: Annotated[str, Query(max_length=255, description="The video's name.")] = "film",
    keep: Annotated[bool, Query(description="Save the video with the session.")] = False,
    model: Annotated[str | None, Query(description="One of /v1/models.")] = None,
    prior: AsPrior = None,
    detector: AsDetector = None,
    profile: AsProfile = None,
    webhook: Annotated[
        str,
        Query(
            max_length=2000, description="An address on a listed host, called when it has ended."
        ),
    ] = "",
) -> Job:
    """Queues a video, the request's body, to be analyzed into a new session.

    Unless it is to be saved, the video is deleted afterwards. The profile is applied as it is when
    the video is sent. A webhook gets `{"type": "job.done", "data": ...}`, signed as Standard
    Webhooks; the type ends as the job's status does.
    """
    state = request.app.state

    def submit(path: Path) -> Job:
        choice = ModelChoice(model, prior, detector)
        classifier = state.engine.models.get(choice).classifier
        adapter = find_adapter(state.store.profiles, profile, classifier)
        return jobs.submit(path, plain_name(name), choice, keep, profile, adapter, webhook)

    async with uploaded(request, store.files) as path:
        return await run_in_threadpool(submit, path)


@router.get("/v1/jobs", response_model=JobPage, responses=errors(422))
def list_jobs(jobs: JobsOf, before: Before = None, limit: Limit = 50) -> JobPage:
    """Lists jobs."""
    return JobPage(jobs=jobs.list(before, limit))


@router.get("/v1/jobs/{job}", response_model=Job, responses=errors(404, 422))
def get_job(jobs: JobsOf, job: Id) -> Job:
    """Returns a job: its progress, or how it ended."""
    return jobs.get(job)


@router.delete("/v1/jobs/{job}", status_code=204, responses=errors(404, 422, 507))
def cancel_job(jobs: JobsOf, job: Id) -> None:
    """Cancels a job, or deletes an ended one; its session stays."""
    jobs.cancel(job)
