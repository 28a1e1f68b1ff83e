"""The server's errors, and the one table from an error to its HTTP status and code."""

import logging
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Any

from starlette.responses import JSONResponse

from mien.errors import MediaError, MienError, ProfileError
from mien.personalization.errors import ProfileConflictError, UnknownProfileError
from mien.storage.errors import DiskFullError, ItemConflictError, StoreError, UnknownItemError


class ServerError(MienError):
    """Base of the server's own errors; by itself, the reason why it cannot start."""


class BadRequestError(ServerError):
    """The request is malformed."""


class UnauthorizedError(ServerError):
    """The token is missing or wrong."""


class ForbiddenError(ServerError):
    """The page or the host name is not this server's."""


class NotFoundError(ServerError):
    """What the request names does not exist."""


class SlowUploadError(ServerError):
    """The body arrives too slowly."""


class ConflictError(ServerError):
    """The request contradicts the current state."""


class TooLargeError(ServerError):
    """The body has too many bytes."""


class InvalidFieldError(ServerError):
    """A field has a value that the API does not take."""


class UnreadableError(ServerError):
    """An image or video cannot be read, or has too many pixels."""


class RateError(ServerError):
    """The client made too many requests."""

    def __init__(self, reason: str, retry_after: float, *, remedy: str | None = None) -> None:
        super().__init__(reason, remedy=remedy)
        self.retry_after = retry_after


class BusyError(ServerError):
    """The queue is full."""

    def __init__(self, reason: str, retry_after: float = 1, *, remedy: str | None = None) -> None:
        super().__init__(reason, remedy=remedy)
        self.retry_after = retry_after


class HttpError(ServerError):
    """The framework refused the request, for instance because of its path or method."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


INTERNAL = ServerError("the server failed", remedy="its log has the details")
"""What a client learns of an error that the table does not list."""

_log = logging.getLogger(__name__)

_TABLE: dict[type[Exception], tuple[int, str]] = {
    BadRequestError: (400, "bad_request"),
    UnauthorizedError: (401, "unauthorized"),
    ForbiddenError: (403, "forbidden"),
    NotFoundError: (404, "not_found"),
    UnknownItemError: (404, "not_found"),
    UnknownProfileError: (404, "not_found"),
    SlowUploadError: (408, "too_slow"),
    ConflictError: (409, "conflict"),
    ItemConflictError: (409, "conflict"),
    ProfileConflictError: (409, "conflict"),
    TooLargeError: (413, "too_large"),
    UnreadableError: (422, "unreadable"),
    MediaError: (422, "unreadable"),
    InvalidFieldError: (422, "unprocessable_entity"),
    ProfileError: (422, "unprocessable_entity"),
    RateError: (429, "too_many_requests"),
    ServerError: (500, "failed"),
    StoreError: (500, "storage"),
    BusyError: (503, "busy"),
    DiskFullError: (507, "disk_full"),
}
"""The status and the code of each error; a class that is absent has those of its base class."""


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error as the client gets it.

    Attributes:
        status: the HTTP status.
        code: a name for programs.
        message: a sentence for people, with the remedy.
        headers: of the HTTP response.
    """

    status: int
    code: str
    message: str
    headers: dict[str, str]

    @classmethod
    def of(cls, error: Exception) -> "ErrorAnswer":
        """Looks an error up in the table; the client learns no details of an unlisted one."""
        if isinstance(error, HttpError):
            code = HTTPStatus(error.status).name.lower()
            return cls(error.status, code, str(error), {})
        if not any(kind in _TABLE for kind in type(error).__mro__):
            error = INTERNAL
        status, code = next(_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE)
        # Clients learn of no path of this machine.
        message = error.advice if isinstance(error, MediaError) else str(error)
        return cls(status, code, message, _headers(error))

    @classmethod
    def logged(cls, error: Exception) -> "ErrorAnswer":
        """Returns the same as `of`, and logs the error if the server is at fault."""
        answer = cls.of(error)
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("a request failed", exc_info=error)
        return answer

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of the response, or of a message of a WebSocket."""
        return {"error": {"code": self.code, "message": self.message}}

    @property
    def response(self) -> JSONResponse:
        """The HTTP response."""
        return JSONResponse(self.body, self.status, self.headers)


def _headers(error: Exception) -> dict[str, str]:
    match error:
        case RateError() | BusyError():
            return {"Retry-After": str(ceil(error.retry_after))}
        case SlowUploadError():  # the rest of the body is not awaited
            return {"Connection": "close"}
    return {}
