"""Images at an address: fetched when a caller names one, within limits, and kept nowhere."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mien.errors import MediaError

if TYPE_CHECKING:
    from http.client import HTTPResponse

MAX_BYTES = 64 * 2**20
"""The largest image that is fetched."""

TIMEOUT = 15.0
"""Seconds until the server must answer, and between two parts of its answer."""

_PART = 2**18
_SHOWN = 100  # characters of an address that results and errors repeat


def is_address(source: str) -> bool:
    """Tells an http(s) address from a path."""
    return source[:8].lower().startswith(("http://", "https://"))


def shown_address(address: str) -> str:
    """Returns an address as results and errors name it: without a password and a query."""
    try:
        parts = urlsplit(address)
    except ValueError:  # half an IPv6 address
        return address.partition("?")[0][:_SHOWN]
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"[:_SHOWN]


def serves_image(address: str, timeout: float = TIMEOUT) -> bool:
    """Tells whether what is at an http(s) address is an image, as its server says."""
    import http.client  # noqa: PLC0415 - most callers name files
    import urllib.error  # noqa: PLC0415

    try:
        with _open(address, timeout) as answer:
            return answer.headers.get_content_maintype() == "image"
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except (OSError, http.client.HTTPException, ValueError):
        return False


def download(
    address: str,
    max_bytes: int = MAX_BYTES,
    timeout: float = TIMEOUT,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Fetches what is at an address.

    Args:
        address: http or https; redirections are followed to these alone.
        max_bytes: the most that is fetched.
        timeout: in seconds, of each wait for the server.
        headers: of the request, such as a token; a server it is redirected to does not get them.

    Raises:
        MediaError: there is nothing, it is a web page, it is too large, or it takes too long.
    """
    import http.client  # noqa: PLC0415 - most callers name files
    import urllib.error  # noqa: PLC0415

    shown = shown_address(address)
    try:
        with _open(address, timeout, headers) as answer:
            return _read(answer, shown, max_bytes)
    except urllib.error.HTTPError as error:
        error.close()
        raise MediaError(
            f"the server answers {error.code}", subject=shown, remedy="check the address"
        ) from None
    except TimeoutError:
        raise _slow(shown, timeout) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(getattr(error, "reason", None), TimeoutError):
            raise _slow(shown, timeout) from None
        reason = getattr(error, "reason", None) or error
        raise MediaError(
            f"cannot be fetched ({str(reason)[:60]})", subject=shown, remedy="check the address"
        ) from None


def _open(address: str, timeout: float, secret: Mapping[str, str] | None = None) -> "HTTPResponse":
    """Asks for an address; unlike urllib's own opener, never for ftp or a file of this machine."""
    import urllib.request  # noqa: PLC0415

    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    headers = {"User-Agent": "mien", "Accept": "image/*"}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - see above
    for name, value in (secret or {}).items():
        request.add_unredirected_header(name, value)
    answer: HTTPResponse = opener.open(request, timeout=timeout)
    return answer


def _read(answer: "HTTPResponse", shown: str, max_bytes: int) -> bytes:
    if answer.headers.get_content_type() == "text/html":
        raise MediaError(
            "is a web page, not an image", subject=shown, remedy="give the image's own address"
        )
    content = bytearray()
    while part := answer.read(_PART):
        content += part
        if len(content) > max_bytes:
            raise MediaError(
                f"has more than {max_bytes // 2**20} MiB", subject=shown, remedy="make it smaller"
            )
    return bytes(content)


def _slow(shown: str, timeout: float) -> MediaError:
    return MediaError(
        f"did not answer within {timeout:g} s", subject=shown, remedy="try again, or save the image"
    )
