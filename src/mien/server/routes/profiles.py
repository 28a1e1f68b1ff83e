"""Profiles: who has taught the model what, and taking it back."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from mien.personalization.learning import Figures
from mien.personalization.profile import NAME, Profile, Version
from mien.personalization.transfer import export_profile, import_profile
from mien.personalization.upgrade import upgrade_profile
from mien.server.routes.fields import ProfilesOf
from mien.server.schemas import errors
from mien.server.store.database import HIGHEST

router = APIRouter(tags=["profiles"])

ProfileName = Annotated[str, Path(max_length=200, description="A profile's name.")]
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


class NewProfile(BaseModel):
    """A profile to begin."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Ada"}]})

    name: Annotated[str, Field(json_schema_extra={"pattern": NAME})]


class VersionSchema(BaseModel):
    """A state of a profile, which can be rolled back to."""

    number: int
    created: float = Field(description="Seconds since 1970, UTC.")
    cause: str = Field(description="teach, undo, rollback or upgrade")
    corrections: int = Field(description="How many it holds.")
    gate_open: bool


class ProfileSchema(BaseModel):
    """A profile: how much it has learned, and what that is worth on the user's own samples."""

    id: int
    name: str
    created: float = Field(description="Seconds since 1970, UTC.")
    corrections: int = Field(description="How many hold.")
    version: int = Field(description="The number of the version that holds; 0 before the first.")
    model: str | None = Field(description="The model it was taught with.")
    figures: Figures | None = Field(description="Null where it holds no corrections.")


class ProfileDetail(ProfileSchema):
    """A profile and all its versions, the oldest first."""

    versions: list[VersionSchema]


class ProfileList(BaseModel):
    """All profiles, by name."""

    profiles: list[ProfileSchema]


class Rollback(BaseModel):
    """The version that is to hold again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"version": 1}]})

    version: Annotated[int, Field(ge=1, le=HIGHEST)]


class UpgradeSchema(BaseModel):
    """What became of a profile's corrections."""

    profile: ProfileSchema
    carried: int = Field(description="How many are learned again.")
    left: list[int] = Field(description="The numbers of those that kept no image.")


@router.get("/v1/profiles", response_model=ProfileList, responses=errors())
def list_profiles(profiles: ProfilesOf) -> ProfileList:
    """Lists profiles."""
    return ProfileList(profiles=[_shown(one) for one in profiles.list()])


@router.post(
    "/v1/profiles",
    status_code=201,
    response_model=ProfileSchema,
    responses=errors(400, 409, 422, 507),
)
def create_profile(profiles: ProfilesOf, new: NewProfile) -> ProfileSchema:
    """Begins a profile. It is taught by feedback that names it."""
    return _shown(profiles.create(new.name))


@router.post(
    "/v1/profiles/import",
    status_code=201,
    response_model=ProfileSchema,
    responses=errors(400, 409, 413, 422, 507),
    openapi_extra={"requestBody": {"content": {"application/octet-stream": _FILE}}},
)
async def import_file(
    request: Request,
    profiles: ProfilesOf,
    name: Annotated[
        str | None, Query(max_length=200, description="What to call it; as it was, by default.")
    ] = None,
) -> ProfileSchema:
    """Adds a profile that was exported, the request's body: all of it, or nothing."""
    body = await request.body()
    return _shown(await run_in_threadpool(import_profile, profiles, body, "the file", name))


@router.get("/v1/profiles/{name}", response_model=ProfileDetail, responses=errors(404, 422))
def get_profile(profiles: ProfilesOf, name: ProfileName) -> ProfileDetail:
    """Returns a profile and its versions."""
    shown = _shown(profiles.get(name)).model_dump()
    return ProfileDetail(**shown, versions=_versions(profiles.versions(name)))


@router.delete("/v1/profiles/{name}", status_code=204, responses=errors(404, 422, 507))
def delete_profile(profiles: ProfilesOf, name: ProfileName) -> None:
    """Deletes a profile, its corrections, images and versions, for good."""
    profiles.delete(name)


@router.post(
    "/v1/profiles/{name}/undo", response_model=ProfileSchema, responses=errors(404, 409, 422, 507)
)
def undo(profiles: ProfilesOf, name: ProfileName) -> ProfileSchema:
    """Takes back what the profile was taught last."""
    return _shown(profiles.undo(name))


@router.post(
    "/v1/profiles/{name}/rollback",
    response_model=ProfileSchema,
    responses=errors(400, 404, 409, 422, 507),
)
def roll_back(profiles: ProfilesOf, name: ProfileName, to: Rollback) -> ProfileSchema:
    """Makes an older version hold again."""
    return _shown(profiles.rollback(name, to.version))


@router.post(
    "/v1/profiles/{name}/upgrade",
    response_model=UpgradeSchema,
    responses=errors(404, 409, 422, 507),
)
def upgrade(
    request: Request,
    profiles: ProfilesOf,
    name: ProfileName,
    model: Annotated[str | None, Query(description="One of /v1/models.")] = None,
) -> UpgradeSchema:
    """Carries a profile over to another model, as far as images were kept."""
    classifier = request.app.state.engine.models.get(model).classifier
    done = upgrade_profile(profiles, name, classifier)
    return UpgradeSchema(profile=_shown(done.profile), carried=done.carried, left=list(done.left))


@router.get(
    "/v1/profiles/{name}/export",
    response_class=Response,
    responses=errors(404, 422)
    | {200: {"description": "The file.", "content": {"application/octet-stream": _FILE}}},
)
def export_file(profiles: ProfilesOf, name: ProfileName) -> Response:
    """Returns a profile as a single file."""
    content = export_profile(profiles, name)
    header = f"attachment; filename*=utf-8''{quote(profiles.get(name).name)}.mien-profile"
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"Content-Disposition": header},
    )


def _shown(profile: Profile) -> ProfileSchema:
    version = profile.version
    return ProfileSchema(
        id=profile.id,
        name=profile.name,
        created=profile.created,
        corrections=len(profile.members),
        version=0 if version is None else version.number,
        model=None if profile.model is None else profile.model.name,
        figures=None if version is None else version.figures,
    )


def _versions(versions: Sequence[Version]) -> list[VersionSchema]:
    return [
        VersionSchema(
            number=one.number,
            created=one.created,
            cause=one.cause,
            corrections=len(one.members),
            gate_open=one.figures is not None and one.figures.gate_open,
        )
        for one in versions
    ]
