"""Webhooks: a signed request to a listed host when a job has ended.

The headers and the signature are those of Standard Webhooks (standardwebhooks.com), so that its
libraries verify them: `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over the id, the
time and the body, joined by dots.
"""

import base64
import hashlib
import hmac
import http.client
import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from urllib.parse import urlsplit
from uuid import uuid4

from mien.server.errors import InvalidFieldError
from mien.server.store.jobs import Job

TIMEOUT = 10.0
"""Seconds for the receiver to connect, and then to answer."""

DELAYS = (0.0, 2.0, 10.0, 60.0)
"""Seconds before each attempt."""

_SENDERS = 4  # threads: so many receivers may hang without another one's waiting
_PREFIX = "whsec_"  # of a secret in base64, as Standard Webhooks writes them

_log = logging.getLogger(__name__)


class Webhooks:
    """Sends the ends of jobs, in threads of its own.

    Args:
        hosts: that addresses may have, in lower case; with a port where that is not the usual one.
        secret: signs the bodies; text, or `whsec_` and base64.
        delays: seconds before each attempt.
        timeout: seconds for the receiver to answer.
    """

    def __init__(
        self,
        hosts: tuple[str, ...],
        secret: str,
        delays: tuple[float, ...] = DELAYS,
        timeout: float = TIMEOUT,
    ) -> None:
        self._hosts, self._secret = hosts, _key(secret)
        self._delays, self._timeout = delays, timeout
        self._ending = threading.Event()
        self._threads = ThreadPoolExecutor(_SENDERS, "mien-webhook")
        # No proxy, no redirection, and no scheme but these two.
        self._opener = urllib.request.OpenerDirector()
        for handler in (urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
            self._opener.add_handler(handler())

    def check(self, address: str) -> str:
        """Returns an address as it is, if jobs may name it.

        Raises:
            InvalidFieldError: it is none, or its host is not listed.
        """
        try:
            parts = urlsplit(address)
            known = parts.scheme in ("http", "https") and not (parts.username or parts.password)
            host = parts.netloc.lower()
        except ValueError:
            known, host = False, ""
        if not known or not host:
            raise InvalidFieldError(
                "query.webhook: not an address", remedy="give http:// or https:// and a host"
            )
        if host not in self._hosts:
            listed = ", ".join(self._hosts) or "none"
            raise InvalidFieldError(
                f"query.webhook: the host {host[:80]} is not listed",
                remedy=f"start the server with --webhook-host {host[:80]}; listed: {listed}",
            )
        return address

    def send(self, address: str, job: Job, failed: Callable[[str], None]) -> None:
        """Queues the request about an ended job.

        Args:
            address: that `check` returned.
            job: its end.
            failed: called in the sending thread if every attempt failed, with the reason.
        """
        body = json.dumps({"type": f"job.{job.status}", "data": asdict(job)}).encode()
        if not self._ending.is_set():
            self._threads.submit(self._deliver, address, body, failed)

    def close(self) -> None:
        """Ends without waiting for receivers; what is not delivered yet is lost."""
        self._ending.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _deliver(self, address: str, body: bytes, failed: Callable[[str], None]) -> None:
        identity, reason = f"msg_{uuid4().hex}", ""
        for delay in self._delays:
            if self._ending.wait(delay):
                return
            try:
                reason = self._attempt(address, identity, body)
            except Exception:
                _log.exception("webhook")
                reason = "it could not be sent"
            if not reason:
                return
        host = urlsplit(address).netloc
        _log.warning("webhook %s: %s", host, reason)
        failed(f"The webhook at {host} failed: {reason}.")

    def _attempt(self, address: str, identity: str, body: bytes) -> str:
        """Sends once; returns why that failed, or nothing."""
        moment = str(int(time.time()))
        request = urllib.request.Request(  # noqa: S310 - `check` knows the scheme
            address,
            body,
            {
                "Content-Type": "application/json",
                "User-Agent": "mien",
                "webhook-id": identity,
                "webhook-timestamp": moment,
                "webhook-signature": sign(self._secret, identity, moment, body),
            },
        )
        try:
            answer = self._opener.open(request, timeout=self._timeout)
        except TimeoutError:
            return f"no answer within {self._timeout:g} s"
        except (OSError, http.client.HTTPException) as error:
            cause = getattr(error, "reason", None)
            if isinstance(cause, TimeoutError):
                return f"no answer within {self._timeout:g} s"
            return f"it cannot be reached ({cause or error})"[:200]
        with answer:
            return "" if 200 <= answer.status < 300 else f"it answered {answer.status}"


def sign(key: bytes, identity: str, moment: str, body: bytes) -> str:
    """Returns the header `webhook-signature`.

    Args:
        key: of the secret.
        identity: the header `webhook-id`.
        moment: the header `webhook-timestamp`, seconds since 1970.
        body: of the request.
    """
    signed = hmac.new(key, f"{identity}.{moment}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed.digest()).decode()}"


def _key(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except ValueError:
            pass
    return secret.encode()
