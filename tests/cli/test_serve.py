"""`mien serve` as a process: its start, its shutdown, and the errors of a failed start."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mien.cli import main
from tests.server.conftest import image
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

MIEN = (sys.executable, "-c", "import sys; from mien.cli import main; main(sys.argv[1:])")
NO_BROWSER = "no browser found; open the address yourself.\n"


@contextmanager
def started(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server, and the address it printed."""
    process = subprocess.Popen(
        [*MIEN, "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, re.search(r"http\S+", process.stdout.readline()).group()
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def options(tiny_model: Path, tmp_path: Path) -> list[str]:
    return ["--model", str(tiny_model), "--folder", str(tmp_path / "studio")]


def failed(*options: str) -> str:
    """Returns the error of a server that cannot start: one line, no traceback."""
    command = [*MIEN, "serve", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def test_the_server_answers_at_the_printed_address_and_exits_with_status_0(
    options: list[str],
) -> None:
    with started(*options) as (process, address):
        request = urllib.request.Request(f"{address}v1/analyze?crops=true", image())
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert b'"emotion"' in answer.read()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "", "")


def test_ctrl_c_stops_the_server(options: list[str]) -> None:
    with started(*options) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20)[1] == ""
        assert process.returncode == 0


def test_a_request_in_progress_is_answered_before_the_server_stops(options: list[str]) -> None:
    """The second half of the image arrives after the signal."""
    body = image()
    with started(*options) as (process, address):
        port = int(address.rstrip("/").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            head = "POST /v1/analyze?crops=true HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:100])
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            line.sendall(body[100:])
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert process.wait(timeout=20) == 0


def test_the_printed_address_contains_the_token(options: list[str]) -> None:
    with started(*options, "--token", "a&b c") as (_, address):
        host, _, query = address.removeprefix("http://").partition("/")
        assert get(host, "/v1/models")[0] == 401
        status, cookie = get(host, f"/{query}")
        assert (status, cookie.partition("=")[0]) == (303, "mien_token")


def test_what_is_allowed_is_listed(options: list[str]) -> None:
    """A proxy's address comes first: others open Studio there."""
    host, site = "studio.example.org", "https://lab.example.com"
    allowed = ("--allow-host", host, "--allow-origin", f"https://{host}", "--allow-origin", site)
    with started(*options, "--token", "secret", *allowed) as (process, address):
        assert address == "https://studio.example.org/?token=secret"
        local, hosts, origins = (process.stdout.readline().rstrip() for _ in range(3))
    assert local.startswith("On this computer: http://127.0.0.1:")
    assert hosts == "Allowed hosts: studio.example.org"
    assert origins == "Allowed origins: https://studio.example.org, https://lab.example.com"


def test_a_proxy_without_an_origin_is_told_of_it(options: list[str]) -> None:
    """Over HTTPS its page would stay empty: browsers name an origin that is not allowed."""
    allowed = ("--token", "secret", "--allow-host", "studio.example.org")
    with started(*options, *allowed) as (process, _):
        hosts, hint = (process.stdout.readline().rstrip() for _ in range(2))
    assert hosts == "Allowed hosts: studio.example.org"
    assert hint == "If a proxy adds HTTPS, also name its origin with --allow-origin."


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--allow-host", "*.example.org", "is not a host name; write one name or address"),
        ("--allow-host", "https://a.example", "is not a host name; write one name or address"),
        ("--allow-origin", "https://a.example/", "such as https://a.example."),
        ("--allow-origin", "*", "is not an origin as browsers send it; write scheme://host[:port]"),
        ("--certificate", "a.pem", "--certificate and --key belong together; give both"),
    ],
)
def test_an_invalid_option_is_an_error_that_names_it(
    refused: Callable[..., str], option: str, value: str, message: str
) -> None:
    found = refused("--token", "secret", option, value)
    assert message in found
    assert option in found


def get(host: str, path: str) -> tuple[int, str]:
    """The status of an answer, and its cookie."""
    with closing(http.client.HTTPConnection(host, timeout=20)) as line:
        line.request("GET", path)
        answer = line.getresponse()
        answer.read()
        return answer.status, answer.headers["set-cookie"] or ""


@pytest.fixture
def refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that fails before the start; returns its error."""

    def refuse(*more: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["serve", *options, *more])
        assert ended.value.code == 1
        (line,) = capsys.readouterr().err.splitlines()
        return line

    return refuse


def test_an_address_that_is_not_loopback_needs_a_token(refused: Callable[..., str]) -> None:
    message = refused("--host", "0.0.0.0")
    assert "0.0.0.0: other machines can reach this address" in message
    assert "--token" in message


def test_a_port_in_use_is_an_error(refused: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused("--port", str(port))
    assert f"port {port} is already in use; choose another with --port" in message


def test_an_invalid_host_is_an_error(refused: Callable[..., str]) -> None:
    message = refused("--host", "no host", "--token", "secret")
    assert "no host:8000: cannot listen on this address" in message


def test_a_missing_model_is_an_error(tmp_path: Path) -> None:
    message = failed("--port", "0", "--folder", str(tmp_path), "--model", "none.onnx")
    assert "none.onnx: no such model file" in message


def test_a_folder_that_cannot_be_used_is_an_error(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    message = failed("--port", "0", "--model", str(tiny_model), "--folder", str(tmp_path / "file"))
    assert "file" in message


def test_no_torch_is_needed() -> None:
    code = "import sys; import mien.server.run; print('torch' in sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True
    )
    assert printed.stdout == "False\n"


@pytest.mark.parametrize(("ends", "message"), [("exit 0", ""), ("exit 1", NO_BROWSER)])
def test_open_passes_the_address_to_the_browser(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str, message: str
) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{opened}"\n{ends}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    monkeypatch.setenv("PATH", str(tmp_path))  # no other browser of this machine
    with started(*options, "--open") as (process, address):
        wait_until(opened.exists)
        wait_until(lambda: opened.read_text() == f"{address}\n")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20)[1] == message
