"""Profiles: to list, create, undo, restore, export, import and delete."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from mien.personalization.learning import Figures
from mien.personalization.profile import NAME, Profile, Version
from mien.personalization.transfer import export_profile, import_profile
from mien.personalization.upgrade import upgrade_profile
from mien.server.models import ModelChoice
from mien.server.routes.fields import ProfilesOf, StoreOf
from mien.server.schemas import errors
from mien.server.store.database import HIGHEST

router = APIRouter(tags=["profiles"])

ProfileName = Annotated[str, Path(max_length=200, description="A profile's name.")]
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


class NewProfile(BaseModel):
    """A profile to create."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Ada"}]})

    name: Annotated[str, Field(json_schema_extra={"pattern": NAME})]


class VersionSchema(BaseModel):
    """A version of a profile, which can be restored."""

    number: int
    created: float = Field(description="Seconds since 1970, UTC.")
    cause: str = Field(description="teach, undo, rollback or upgrade")
    corrections: int = Field(description="How many it has.")
    gate_open: bool = Field(description="Whether it applies to all faces.")


class FiguresSchema(BaseModel):
    """How well a profile predicts the user's own corrections, cross-validated."""

    samples: int
    gate_open: bool = Field(description="Whether it applies to all faces.")
    base_log_loss: float
    adapted_log_loss: float
    base_accuracy: float
    adapted_accuracy: float
    drift: str | None = Field(description="A warning if recent corrections contradict older ones.")


class ProfileSchema(BaseModel):
    """A profile: its corrections, and its accuracy on them."""

    id: int
    name: str
    created: float = Field(description="Seconds since 1970, UTC.")
    corrections: int = Field(description="How many are in use.")
    version: int = Field(description="The current version's number; 0 before the first.")
    model: str | None = Field(description="The model it was taught with.")
    figures: FiguresSchema | None = Field(description="Null if it has no corrections.")


class ProfileDetail(ProfileSchema):
    """A profile and all its versions, the oldest first."""

    versions: list[VersionSchema]


class ProfileList(BaseModel):
    """All profiles, by name."""

    profiles: list[ProfileSchema]


class Rollback(BaseModel):
    """The version to restore."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"version": 1}]})

    version: Annotated[int, Field(ge=1, le=HIGHEST)]


class UpgradeSchema(BaseModel):
    """The result of an upgrade."""

    profile: ProfileSchema
    carried: int = Field(description="How many corrections were learned again.")
    left: list[int] = Field(
        description="The numbers of those without a stored image, or whose label the model lacks."
    )


@router.get("/v1/profiles", response_model=ProfileList, responses=errors())
def list_profiles(profiles: ProfilesOf) -> ProfileList:
    """Lists profiles."""
    return ProfileList(profiles=[_to_schema(profile) for profile in profiles.list()])


@router.post(
    "/v1/profiles",
    status_code=201,
    response_model=ProfileSchema,
    responses=errors(400, 409, 413, 422, 507),
)
def create_profile(profiles: ProfilesOf, new: NewProfile) -> ProfileSchema:
    """Creates a profile. Feedback that names it teaches it."""
    return _to_schema(profiles.create(new.name))


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
        str | None,
        Query(max_length=200, description="The new profile's name; by default, as exported."),
    ] = None,
) -> ProfileSchema:
    """Adds an exported profile, the request's body: all of it, or nothing."""
    body = await request.body()
    return _to_schema(await run_in_threadpool(import_profile, profiles, body, "the file", name))


@router.get("/v1/profiles/{name}", response_model=ProfileDetail, responses=errors(404, 422))
def get_profile(profiles: ProfilesOf, name: ProfileName) -> ProfileDetail:
    """Returns a profile and its versions."""
    summary = _to_schema(profiles.get(name)).model_dump()
    return ProfileDetail(**summary, versions=_versions(profiles.versions(name)))


@router.delete("/v1/profiles/{name}", status_code=204, responses=errors(404, 422, 507))
def delete_profile(store: StoreOf, profiles: ProfilesOf, name: ProfileName) -> None:
    """Permanently deletes a profile, its corrections, images and versions."""
    profile = profiles.get(name)
    profiles.delete(name)
    store.feedback.delete_links(profile.id)


@router.post(
    "/v1/profiles/{name}/undo", response_model=ProfileSchema, responses=errors(404, 409, 422, 507)
)
def undo(profiles: ProfilesOf, name: ProfileName) -> ProfileSchema:
    """Undoes the last corrections."""
    return _to_schema(profiles.undo(name))


@router.post(
    "/v1/profiles/{name}/rollback",
    response_model=ProfileSchema,
    responses=errors(400, 404, 409, 413, 422, 507),
)
def roll_back(profiles: ProfilesOf, name: ProfileName, to: Rollback) -> ProfileSchema:
    """Restores an earlier version."""
    return _to_schema(profiles.rollback(name, to.version))


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
    """Moves a profile to another model: it learns from the stored face crops again."""
    classifier = request.app.state.engine.models.get(ModelChoice(model)).classifier
    result = upgrade_profile(profiles, name, classifier)
    return UpgradeSchema(
        profile=_to_schema(result.profile),
        carried=result.carried,
        left=list(result.left),
    )


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


def _to_schema(profile: Profile) -> ProfileSchema:
    version = profile.version
    return ProfileSchema(
        id=profile.id,
        name=profile.name,
        created=profile.created,
        corrections=len(profile.members),
        version=0 if version is None else version.number,
        model=None if profile.model is None else profile.model.name,
        figures=None if version is None else _figures(version.figures),
    )


def _figures(figures: Figures | None) -> FiguresSchema | None:
    if figures is None:
        return None
    values = asdict(figures)
    return FiguresSchema(gate_open=values.pop("generalizes"), **values)


def _versions(versions: Sequence[Version]) -> list[VersionSchema]:
    return [
        VersionSchema(
            number=version.number,
            created=version.created,
            cause=version.cause,
            corrections=len(version.members),
            gate_open=version.figures is not None and version.figures.generalizes,
        )
        for version in versions
    ]
