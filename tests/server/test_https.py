"""HTTPS, as a device on the same network uses it: a real server, and clients that trust it."""

import hashlib
import http.client
import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mien.server.addresses import machine_addresses
from mien.server.certificates import self_signed_certificate
from tests.cli.test_serve import failed, started
from tests.server.conftest import image

pytestmark = pytest.mark.slow

TOKEN = "a token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@dataclass(frozen=True)
class Running:
    """A server at every address: its process, its port, and what it printed."""

    process: subprocess.Popen[str]
    port: int
    lines: list[str]
    trusting: ssl.SSLContext

    def get(self, host: str, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """The status, the cookie and the body of an answer."""
        line = http.client.HTTPSConnection(host, self.port, timeout=20, context=self.trusting)
        with closing(line):
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
            return answer.status, answer.headers["set-cookie"] or "", answer.read()


@pytest.fixture(scope="module")
def lan() -> str:
    """This machine's address in its network."""
    if not (found := machine_addresses()):
        pytest.skip("this machine has no address but the loopback")
    return found[0]


@pytest.fixture(scope="module")
def running(
    lan: str, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("https")
    options = ("--host", "0.0.0.0", "--token", TOKEN, "--https")
    with started("--model", str(tiny_model), "--folder", str(folder), *options) as (it, address):
        assert it.stdout
        lines = [address]
        while lines[-1].count(":") != 31:
            lines.append(it.stdout.readline().strip())
        context = ssl.create_default_context(cafile=folder / "https" / "certificate.pem")
        yield Running(it, urlsplit(address).port or 0, lines, context)


def test_the_first_address_is_one_that_another_machine_can_open(running: Running, lan: str) -> None:
    host = f"[{lan}]" if ":" in lan else lan
    assert running.lines[0] == f"https://{host}:{running.port}/?token=a+token"
    assert f"On this computer: https://127.0.0.1:{running.port}/?token=a+token" in running.lines


def test_a_client_that_trusts_the_certificate_reaches_every_address(
    running: Running, lan: str
) -> None:
    for host in (lan, "127.0.0.1", "localhost"):
        assert running.get(host, "/v1/models", BEARER)[0] == 200


def test_the_printed_fingerprint_is_the_one_a_device_sees(running: Running, lan: str) -> None:
    with (
        socket.create_connection((lan, running.port), timeout=20) as line,
        running.trusting.wrap_socket(line, server_hostname=lan) as secured,
    ):
        seen = hashlib.sha256(secured.getpeercert(binary_form=True) or b"").digest()
        assert secured.version() in ("TLSv1.2", "TLSv1.3")
    printed = running.lines[-1]
    assert seen.hex(":").upper() == printed
    about = json.loads(running.get(lan, "/v1/about", BEARER)[2])
    assert (about["secure"], about["reachable"], about["fingerprint"]) == (True, True, printed)
    assert f"https://{lan}:{running.port}" in about["addresses"]


def test_the_token_in_the_address_becomes_a_cookie_for_https_alone(
    running: Running, lan: str
) -> None:
    status, cookie, _ = running.get(lan, "/?token=a+token", {})
    assert status == 303
    assert "Secure" in cookie.split("; ")
    assert running.get(lan, "/v1/models", {"Cookie": cookie.partition(";")[0]})[0] == 200


def test_a_websocket_is_encrypted_too(running: Running, lan: str) -> None:
    url = f"wss://{lan}:{running.port}/v1/live"
    own = f"https://{lan}:{running.port}"
    with connect(url, ssl=running.trusting, additional_headers=BEARER, origin=own) as line:
        line.send(image())
        assert "faces" in json.loads(line.recv(timeout=20))
    with pytest.raises(InvalidStatus, match="403"):
        connect(url, ssl=running.trusting, additional_headers=BEARER, origin=f"http://{lan}")


def test_a_client_that_says_nothing_keeps_no_other_waiting(running: Running, lan: str) -> None:
    with socket.create_connection((lan, running.port)):
        assert running.get(lan, "/healthz", {})[0] == 200


def test_clients_without_trust_or_https_get_nothing_and_cause_no_complaint(
    tiny_model: Path, tmp_path: Path
) -> None:
    """The server has an own certificate, of which it prints nothing."""
    own = self_signed_certificate(tmp_path / "own", ["127.0.0.1"])
    options = ("--certificate", str(own.file), "--key", str(own.key))
    base = ("--model", str(tiny_model), "--folder", str(tmp_path / "studio"))
    with started(*base, *options) as (process, address):
        port = urlsplit(address).port or 0
        assert address == f"https://127.0.0.1:{port}/"
        with pytest.raises(ssl.SSLCertVerificationError):
            http.client.HTTPSConnection("127.0.0.1", port, timeout=20).request("GET", "/")
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as line:
            line.request("GET", "/healthz")
            with pytest.raises((http.client.BadStatusLine, ConnectionError)):
                line.getresponse()
        trusting = ssl.create_default_context(cafile=own.file)
        server = Running(process, port, [], trusting)
        assert server.get("127.0.0.1", "/v1/models", {})[0] == 200
        process.terminate()
        assert process.communicate(timeout=20) == ("", "")


def test_a_certificate_that_is_missing_is_an_error(tiny_model: Path, tmp_path: Path) -> None:
    options = ("--certificate", "none.pem", "--key", "none.pem", "--folder", str(tmp_path))
    message = failed("--port", "0", "--model", str(tiny_model), *options)
    assert "none.pem: cannot be read (No such file or directory); name a PEM file." in message
