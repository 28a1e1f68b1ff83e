"""Parameters and dependencies that several routes share."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request
from pydantic import Field

from mien.personalization.store import Profiles
from mien.server.jobs import Jobs
from mien.server.store import Store
from mien.server.store.database import HIGHEST


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


def _profiles(request: Request) -> Profiles:
    profiles: Profiles = request.app.state.store.profiles
    return profiles


MOST = 2**53
"""The highest number of a frame or a person; JSON and records store them as doubles."""

StoreOf = Annotated[Store, Depends(_store)]
JobsOf = Annotated[Jobs, Depends(_jobs)]
ProfilesOf = Annotated[Profiles, Depends(_profiles)]

AsProfile = Annotated[
    str | None, Query(max_length=200, description="One of /v1/profiles, to apply.")
]

AsPrior = Annotated[
    str | None,
    Query(max_length=200, description="Base rates: one of the model's `priors` in /v1/models."),
]

AsDetector = Annotated[
    str | None, Query(max_length=200, description="One of the `detectors` in /v1/models.")
]

Id = Annotated[int, Path(ge=1, le=HIGHEST)]
PersonNumber = Annotated[int, Path(ge=0, le=MOST)]
Before = Annotated[
    int | None, Query(ge=1, le=HIGHEST, description="The last id of the page before.")
]
Limit = Annotated[int, Query(ge=1, le=500, description="The maximum number of items.")]

Name = Annotated[str, Field(max_length=200)]
Notes = Annotated[str, Field(max_length=20_000)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
