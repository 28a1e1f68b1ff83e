"""What the server refuses, each with its HTTP status and a code that programs can tell apart."""

from http import HTTPStatus
from math import ceil
from typing import Any

from starlette.responses import JSONResponse

from mien.errors import MediaError, MienError, ProfileError
from mien.personalization.errors import ProfileConflictError, UnknownProfileError
from mien.storage.errors import DiskFullError, StoreError


class ServerError(MienError):
    """Base of all that the server refuses, or cannot do; by itself, that it cannot start.

    Attributes:
        status: the HTTP status.
        code: the name that the answer gives it.
        retry_after: seconds after which the client may try again; None where that would not help.
    """

    status: int = 500
    code: str = "failed"
    retry_after: float | None = None


class BadRequestError(ServerError):
    """A request that is not what the API takes."""

    status = 400
    code = "bad_request"


class UnauthorizedError(ServerError):
    """No token, or a wrong one."""

    status = 401
    code = "unauthorized"


class ForbiddenError(ServerError):
    """A page from elsewhere, or a host name that is not this server's."""

    status = 403
    code = "forbidden"


class NotFoundError(ServerError):
    """There is no such thing."""

    status = 404
    code = "not_found"


class SlowUploadError(ServerError):
    """A body that arrives too slowly."""

    status = 408
    code = "too_slow"


class ConflictError(ServerError):
    """What is asked for does not go with what is there."""

    status = 409
    code = "conflict"


class TooLargeError(ServerError):
    """More bytes than the server takes."""

    status = 413
    code = "too_large"


class UnreadableError(ServerError):
    """An image or video that cannot be read, or has too many pixels."""

    status = 422
    code = "unreadable"


class RateError(ServerError):
    """More requests than one client may make."""

    status = 429
    code = "too_many_requests"

    def __init__(self, reason: str, retry_after: float, *, remedy: str | None = None) -> None:
        super().__init__(reason, remedy=remedy)
        self.retry_after = retry_after


class BusyError(ServerError):
    """More work than the server can queue."""

    status = 503
    code = "busy"

    def __init__(self, reason: str, retry_after: float = 1, *, remedy: str | None = None) -> None:
        super().__init__(reason, remedy=remedy)
        self.retry_after = retry_after


class StorageError(ServerError):
    """What is stored cannot be read or written."""

    code = "storage"


class NoRoomError(StorageError):
    """The disk is full."""

    status = 507
    code = "disk_full"


class HttpError(ServerError):
    """What the framework refuses: a path or method that is not there, or a bad parameter."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = HTTPStatus(status).name.lower()


def as_server_error(error: Exception) -> ServerError:
    """Returns what a client is told of an error: of an image all but its place, else nothing."""
    if isinstance(error, ServerError):
        return error
    if isinstance(error, MediaError):
        return UnreadableError(error.reason, remedy=error.remedy)
    if isinstance(error, StoreError):
        return (NoRoomError if isinstance(error, DiskFullError) else StorageError)(str(error))
    if isinstance(error, ProfileError):
        return _profile_error(error)
    return ServerError("the server failed", remedy="what happened is in its log")


def _profile_error(error: ProfileError) -> ServerError:
    match error:
        case UnknownProfileError():
            return NotFoundError(str(error))
        case ProfileConflictError():
            return ConflictError(str(error))
    return HttpError(422, str(error))


def error_body(error: ServerError) -> dict[str, Any]:
    """Returns the JSON that tells a client of an error, and of nothing behind it."""
    return {"error": {"code": error.code, "message": str(error)}}


def error_response(error: ServerError) -> JSONResponse:
    """Returns the answer that tells a client of an error."""
    headers = {} if error.retry_after is None else {"Retry-After": str(ceil(error.retry_after))}
    if isinstance(error, SlowUploadError):  # what else would come is not waited for
        headers["Connection"] = "close"
    return JSONResponse(error_body(error), error.status, headers)
