"""Blind coding of a study's stretches; a server that was started with a study has these routes.

Nothing here tells the model's labels, another coder's codes, or whose face it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from mien.errors import StudyError
from mien.server.clips import make_clip
from mien.server.errors import InvalidFieldError, NotFoundError, ServerError
from mien.server.routes.fields import Id
from mien.server.schemas import errors
from mien.server.settings import Settings
from mien.study.design.folder import CANNOT_TELL, Stretch, StudyFolder

router = APIRouter()


class Coding:
    """A study, and who codes it.

    Args:
        settings: with a study.

    Raises:
        StudyError: the study or the coder's codes cannot be opened, or the coder's name cannot
            be one.
    """

    def __init__(self, settings: Settings) -> None:
        self.study = StudyFolder.open(settings.study or "")
        self.coder = settings.coder
        self._stretches = {stretch.id: stretch for stretch in self.study.stretches}
        self.order = self.study.order(self.coder)
        self.study.codes(self.coder)

    def stretch(self, stretch_id: int) -> Stretch:
        """Returns a stretch.

        Raises:
            NotFoundError: the study has no such stretch.
        """
        if stretch := self._stretches.get(stretch_id):
            return stretch
        raise NotFoundError(
            f"there is no stretch {stretch_id}", remedy="get /v1/study for the stretches"
        )


def _coding(request: Request) -> Coding:
    coding: Coding = request.app.state.coding
    return coding


CodingOf = Annotated[Coding, Depends(_coding)]


class StretchToCode(BaseModel):
    """A stretch, as a coder may know it."""

    id: int
    seconds: float
    code: str | None = Field(description="This coder's code; '' is 'cannot tell', null is none.")


class StudyToCode(BaseModel):
    """What one coder has to do."""

    coder: str
    labels: list[str] = Field(description="What a stretch can be coded as.")
    stretches: list[StretchToCode] = Field(description="In the coder's own order.")


class Code(BaseModel):
    """The code of a stretch."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"code": "happy"}]})

    code: str = Field(description="A label of the study; '' for 'cannot tell'.", max_length=200)


@router.get("/v1/study", response_model=StudyToCode, responses=errors())
def get_study(coding: CodingOf) -> StudyToCode:
    """Returns the stretches in the order of this server's coder, and which are coded."""
    with _translate_errors():
        codes = coding.study.codes(coding.coder)
    stretches = map(coding.stretch, coding.order)
    return StudyToCode(
        coder=coding.coder,
        labels=list(coding.study.labels),
        stretches=[
            StretchToCode(id=it.id, seconds=round(it.end - it.start, 3), code=codes.get(it.id))
            for it in stretches
        ],
    )


_CLIP: dict[int | str, dict[str, Any]] = {
    200: {"description": "A silent MP4 video.", "content": {"video/mp4": {}}}
}


@router.get(
    "/v1/study/stretches/{stretch}/clip",
    response_class=Response,
    responses=_CLIP | errors(404, 422),
)
def get_clip(coding: CodingOf, stretch: Id) -> Response:
    """Returns the face during a stretch, cut out of the video."""
    return Response(make_clip(coding.study, coding.stretch(stretch)), media_type="video/mp4")


@router.put("/v1/study/codes/{stretch}", status_code=204, responses=errors(400, 404, 413, 422, 500))
def save_code(coding: CodingOf, stretch: Id, posted: Code) -> None:
    """Saves the code of a stretch at once; a new code replaces the old one."""
    found = coding.stretch(stretch)
    if posted.code not in (CANNOT_TELL, *coding.study.labels):
        raise InvalidFieldError(
            "code: not a label of the study",
            remedy=f"choose from {', '.join(coding.study.labels)}, or '' for 'cannot tell'",
        )
    with _translate_errors():
        coding.study.save_code(coding.coder, found.id, posted.code)


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Tells the coder what is wrong with the file of codes, without its path."""
    try:
        yield
    except StudyError as error:
        raise ServerError(f"the file of codes: {error.reason}", remedy=error.remedy) from error
