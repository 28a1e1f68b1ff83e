"""Access control: checks of Host, Origin and token, CORS, and security headers.

A web page anywhere can have its visitor's browser send requests to 127.0.0.1. `Origin` tells such a
page; `Host` tells a name that was made to point here (DNS rebinding), for the browser then takes
the page for this server's own. A reverse proxy has another name, and thereby another origin: both
are refused until `--allow-host` and `--allow-origin` name them.

What is refused here spends none of the client's rate limit: a foreign page shares the user's
address, and could lock the user's own page out.
"""

import logging
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.server.errors import (
    INTERNAL,
    ErrorAnswer,
    ForbiddenError,
    ServerError,
    UnauthorizedError,
)
from mien.server.limits import Budgets, client_of
from mien.server.origins import host_name, is_address, is_loopback
from mien.server.settings import Settings

COOKIE = "mien_token"

_POLICY = "; ".join(
    (
        *("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"),
        *("img-src 'self' blob: data:", "media-src 'self' blob:", "font-src 'self'"),
        *("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"),
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_log = logging.getLogger(__name__)


class Shield:
    """Adds security headers to every response, and turns exceptions into a plain 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request to the application."""
        started = False

        async def protected(message: Message) -> None:
            nonlocal started
            started = True
            if message["type"].endswith(".response.start"):
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers.update(
                    {key: value for key, value in _HEADERS.items() if key not in headers}
                )
            await send(message)

        try:
            await self.app(scope, receive, protected)
        except ClientDisconnect:
            pass
        except Exception:
            if scope["type"] == "lifespan":
                raise
            _log.exception("a request failed")
            if not started and scope["type"] == "http":
                await ErrorAnswer.of(INTERNAL).response(scope, receive, protected)


class Guard:
    """Refuses requests without access, WebSockets included.

    Refused requests have a rate limit of their own, and wrong tokens another: while that one is
    spent, no token is compared, not even the right one.

    Pages of an allowed origin get CORS headers: on answers, and on the preflights that browsers
    send without a token. Cookies are not offered to them, so they send the token in a header.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self._refusals = Budgets(settings.requests_a_minute)
        self._guesses = Budgets(settings.requests_a_minute)
        self._admit: ASGIApp = self._authorize
        if settings.allow_origins:
            self._admit = CORSMiddleware(
                self._authorize,
                allow_origins=settings.allow_origins,
                allow_methods=_METHODS,
                allow_headers=("Authorization", "Content-Type"),
                allow_private_network=True,  # Chromium asks, where a public page calls this network
                expose_headers=("Content-Disposition", "Retry-After"),
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses the request, or passes it to the application."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check_page(headers, scope)
        except ServerError as error:
            await ErrorAnswer.of(error).response(scope, receive, send)
            return
        await self._admit(scope, receive, send)

    async def _authorize(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes requests with the token to the application."""
        try:
            signs_in = self._check_token(Headers(scope=scope), scope)
        except ServerError as error:
            await ErrorAnswer.of(error).response(scope, receive, send)
            return
        await (self._sign_in if signs_in else self.app)(scope, receive, send)

    def _check_page(self, headers: Headers, scope: Scope) -> None:
        """Refuses another site's page, and limits how often.

        Raises:
            ForbiddenError: the host or the origin is not this server's.
            RateError: the client was refused too often.
        """
        try:
            self._check_host(headers)
            self._check_origin(headers, scope)
        except ForbiddenError:
            self._refusals.spend(_caller(headers, scope))
            raise

    def _check_host(self, headers: Headers) -> None:
        """Refuses host names that another name server may have pointed here."""
        name = host_name(_only(headers, "host"))
        own = name in (self.settings.host.lower(), *self.settings.allow_hosts) or is_loopback(name)
        listed = is_address(name) and not is_loopback(self.settings.host)
        if not name or not (own or listed):
            raise ForbiddenError(
                "the Host is not this server's",
                remedy="use the address it printed, or start it with --allow-host",
            )

    def _check_origin(self, headers: Headers, scope: Scope) -> None:
        """Refuses requests of another site's page, but not links that lead here."""
        origins = headers.getlist("origin")
        if len(origins) == 1 and origins[0] in self.settings.allow_origins:
            return
        foreign = bool(origins) and origins != [self._own_origin(headers, scope)]
        if _is_cross_site(headers):
            link = scope.get("method") == "GET" and _only(headers, "sec-fetch-mode") == "navigate"
            foreign = foreign or not link or scope["path"].startswith("/v1")
        if foreign:
            raise ForbiddenError(
                "pages of another origin may not use this server",
                remedy="if it is yours, start the server with --allow-origin",
            )

    def _own_origin(self, headers: Headers, scope: Scope) -> str | None:
        """Returns the origin of a page that this server sent; None if a proxy passes it on."""
        scheme, host = "https" if _is_tls(scope) else "http", headers["host"]
        proxied = any(origin.endswith(f"://{host}") for origin in self.settings.allow_origins)
        return None if proxied else f"{scheme}://{host}"

    def _check_token(self, headers: Headers, scope: Scope) -> bool:
        """Returns whether a browser opens the printed address, which contains the token.

        Raises:
            RateError: the client sent too many wrong ones, or none too often.
            UnauthorizedError: the token is missing or wrong.
        """
        if self.settings.token is None or scope["path"] == "/healthz":
            return False
        opened, sent = _opened_token(scope), _sent_token(headers)
        caller, guesses = _caller(headers, scope), bool(opened or sent)
        if guesses:
            self._guesses.check(caller)
        signs_in = self._is_token(opened)
        if not signs_in and not self._is_token(sent):
            (self._guesses if guesses else self._refusals).spend(caller)
            raise UnauthorizedError(
                "a token is needed",
                remedy="open the address that the server printed, or send 'Authorization: "
                "Bearer TOKEN'",
            )
        return signs_in

    async def _sign_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Moves the token from the address, where it is visible, into a cookie."""
        response = RedirectResponse(_without_token(scope), 303)
        response.set_cookie(
            COOKIE,
            self.settings.token or "",
            secure=self._is_encrypted(scope),
            httponly=True,
            samesite="strict",
        )
        await response(scope, receive, send)

    def _is_encrypted(self, scope: Scope) -> bool:
        """Returns whether the browser speaks HTTPS, with this server or with its proxy."""
        proxied = f"https://{Headers(scope=scope)['host']}"
        return _is_tls(scope) or proxied in self.settings.allow_origins

    def _is_token(self, candidate: str) -> bool:
        token = self.settings.token or ""
        return bool(token) and secrets.compare_digest(candidate.encode(), token.encode())


def _only(headers: Headers, name: str) -> str:
    """Returns a header that must not be repeated; empty if it is, or is missing."""
    values = headers.getlist(name)
    return values[0] if len(values) == 1 else ""


def _is_tls(scope: Scope) -> bool:
    return scope["scheme"] in ("https", "wss")


def _cookie(headers: Headers) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return str(cookies[COOKIE].value) if COOKIE in cookies else ""


def _is_cross_site(headers: Headers) -> bool:
    """Returns whether a browser says that another site's page caused the request."""
    sites = headers.getlist("sec-fetch-site")
    return bool(sites) and sites not in (["same-origin"], ["none"])


def _caller(headers: Headers, scope: Scope) -> tuple[str, bool]:
    """Returns who spends a budget: the client's address, apart for pages of other sites.

    Those may open the page's address with guessed tokens, and shall not spend the user's guesses.
    """
    return client_of(scope), _is_cross_site(headers)


def _opened_token(scope: Scope) -> str:
    """Returns the token in the address of a page; the API takes none there."""
    reads_page = scope.get("method") == "GET" and not scope["path"].startswith("/v1")
    return _query(scope, "token") if reads_page else ""


def _sent_token(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return (token if scheme.lower() == "bearer" else _cookie(headers)).strip()


def _without_token(scope: Scope) -> str:
    """Returns the address of a page of this server; "/" for any other, such as "//evil.com"."""
    place = scope["path"] if scope["path"].startswith("/page/") else "/"
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    rest = urlencode({name: value for name, value in query.items() if name != "token"}, doseq=True)
    return f"{place}?{rest}" if rest else place


def _query(scope: Scope, key: str) -> str:
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("latin-1")).get(key, [""])[0]
