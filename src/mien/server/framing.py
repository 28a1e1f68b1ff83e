"""Refuses requests that two parsers may read differently, so that none can hide inside another.

h11 takes what RFC 9112 tolerates of old clients: lines that end with LF alone, folded headers,
Content-Length beside Transfer-Encoding. A proxy in front of the server may read these differently
(request smuggling). Browsers and HTTP libraries send none of them.
"""

import re

import h11

_ODD_BYTES = re.compile(rb"(?<!\r)\n|\r(?!\n)|\r\n[ \t]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_VERSIONS = (b"1.0", b"1.1")

ParsedEvent = h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]


class StrictParser(h11.Connection):
    """A server's h11 connection that refuses ambiguous requests.

    Attributes:
        problem: why the last request was refused, for the client.
        is_head: whether the last request is HEAD, whose answer has no body.
    """

    problem = "not a valid HTTP request"
    is_head = False

    def next_event(self) -> ParsedEvent:
        """Returns the next event of a request.

        Raises:
            h11.RemoteProtocolError: the request is invalid or ambiguous.
        """
        buffered = self.trailing_data[0] if self.their_state is h11.IDLE else b""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self.is_head = event.method == b"HEAD"
            head = buffered[: len(buffered) - len(self.trailing_data[0])]
            if problem := _find_problem(event, head):
                self.problem = problem
                raise h11.RemoteProtocolError(problem)
        return event


def _find_problem(request: h11.Request, head: bytes) -> str | None:
    """Returns why a request is ambiguous, or None.

    Args:
        request: as h11 reads it.
        head: the same, as it arrived.
    """
    names = {name for name, _ in request.headers}
    if request.http_version not in _VERSIONS:
        return "the HTTP version is not 1.0 or 1.1"
    if not request.target.startswith(b"/"):
        return "the request target is not a path"
    if _ODD_BYTES.search(head):
        return "the headers have a folded line, a control character, or a line end other than CRLF"
    if b"transfer-encoding" not in names:
        return None
    if b"content-length" in names:
        return "the request has both Content-Length and Transfer-Encoding"
    return "HTTP/1.0 has no Transfer-Encoding" if request.http_version == b"1.0" else None
