"""What is stored, and for how long."""

import shutil
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from mien.folders import count_bytes
from mien.server.errors import ConflictError
from mien.server.routes.fields import StoreOf
from mien.server.schemas import errors
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.upkeep import keep_days

router = APIRouter()

KeepDays = Annotated[float, Field(ge=1, le=36_500, allow_inf_nan=False, strict=True)]


class Storage(BaseModel):
    """What is stored."""

    folder: str = Field(description="The data folder, on the server.")
    bytes: int = Field(description="What the data folder takes.")
    video_bytes: int = Field(description="Of these, what saved videos take.")
    free_bytes: int = Field(description="What is free on its disk.")
    sessions: int = Field(description="How many there are.")
    keep_days: float | None = Field(description="Days until a session is deleted; null for never.")
    keep_days_is_fixed: bool = Field(
        description="Whether `mien serve --keep-days` decides, and not a request."
    )


class StorageChange(BaseModel):
    """For how long sessions are kept."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"keep_days": 30}]})

    keep_days: KeepDays | None = Field(
        description="Days; null keeps sessions until you delete them."
    )


@router.get("/v1/storage", response_model=Storage)
def get_storage(request: Request, store: StoreOf) -> Storage:
    """Returns what is stored where, and for how long."""
    return _storage(request.app.state.settings, store)


@router.patch("/v1/storage", response_model=Storage, responses=errors(400, 409, 413, 422, 507))
def change_storage(request: Request, store: StoreOf, change: StorageChange) -> Storage:
    """Changes for how long sessions are kept, also after a restart.

    Older sessions are deleted when the server starts, and once a day.
    """
    settings: Settings = request.app.state.settings
    if settings.keep_days is not None:
        raise ConflictError(
            f"the server was started with --keep-days {settings.keep_days:g}, which decides",
            remedy="start it without --keep-days to choose here",
        )
    store.preferences.keep_days = change.keep_days
    return _storage(settings, store)


def _storage(settings: Settings, store: Store) -> Storage:
    number, _ = store.sessions.totals()
    return Storage(
        folder=str(settings.folder.absolute()),
        bytes=count_bytes(settings.folder),
        video_bytes=count_bytes(store.files.videos),
        free_bytes=shutil.disk_usage(settings.folder).free,
        sessions=number,
        keep_days=keep_days(store, settings),
        keep_days_is_fixed=settings.keep_days is not None,
    )
