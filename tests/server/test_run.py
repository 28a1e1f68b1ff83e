"""`mien serve` as a process that is stopped, or whose database is damaged: no data are lost."""

import http.client
import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import pytest

from mien.server import run
from mien.server.settings import Settings
from mien.server.store import FILE_NAME
from tests.cli.test_serve import failed, started
from tests.inference.media.videos import make_video, regular
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
FRAMES = 2000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "studio"


@pytest.fixture
def options(folder: Path, tiny_model: Path) -> list[str]:
    return ["--model", str(tiny_model), "--folder", str(folder)]


def ask(address: str, method: str, path: str, body: bytes | None = None) -> Any:
    """Sends a request, and returns the JSON of the response."""
    host = address.removeprefix("http://").rstrip("/")
    with closing(http.client.HTTPConnection(host, timeout=20)) as line:
        line.request(method, path, body)
        return json.loads(line.getresponse().read())


@pytest.fixture
def video(tmp_path: Path) -> bytes:
    """Without a face, and long: a server that is slow to hear of its end must not finish it."""
    short = make_video(tmp_path / "a.mp4", regular(30, 100), size=(1280, 720))
    return repeat(short, tmp_path / "b.mp4", FRAMES // 100).read_bytes()


def repeat(video: Path, path: Path, times: int) -> Path:
    """Writes a video again and again, its packets as they are, since encoding takes long."""
    with av.open(str(path), "w") as container:
        stream, end = None, 0
        for _ in range(times):
            with av.open(str(video)) as source:
                (track,) = source.streams.video
                stream = stream or container.add_stream_from_template(track)
                packets = [it for it in source.demux(track) if it.size]
                length = sum(it.duration for it in packets)
                for packet in packets:
                    packet.pts, packet.dts = packet.pts + end, packet.dts + end
                    packet.stream = stream
                    container.mux(packet)
            end += length
    return path


def stop(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Sends SIGTERM; returns the exit status and the errors."""
    process.terminate()
    complaints = process.communicate(timeout=30)[1]
    return process.returncode, complaints


def test_sigterm_during_a_job_keeps_its_frames(
    options: list[str], folder: Path, video: bytes
) -> None:
    with started(*options) as (process, address):
        running, waiting = (
            ask(address, "POST", "/v1/jobs?name=talk.mp4", video)["id"] for _ in range(2)
        )
        wait_until(lambda: ask(address, "GET", f"/v1/jobs/{running}")["frames"] > 0, 30)
        reported = ask(address, "GET", f"/v1/jobs/{running}")["frames"]
        assert stop(process) == (0, "")
    with started(*options) as (process, address):
        jobs = {job["id"]: job for job in ask(address, "GET", "/v1/jobs")["jobs"]}
        assert {job["status"] for job in jobs.values()} == {"interrupted"}
        assert {job["message"] for job in jobs.values()} == {"the server was stopped"}
        assert jobs[waiting]["frames"] == 0
        session = ask(address, "GET", f"/v1/sessions/{jobs[running]['session']}")["session"]
        assert (session["name"], session["status"]) == ("talk.mp4", "interrupted")
        assert 0 < reported <= session["frames"] == jobs[running]["frames"] < FRAMES
        assert list((folder / "films").iterdir()) == []
        again = ask(address, "POST", "/v1/jobs", video)
        assert again["status"] == "queued"
        assert stop(process) == (0, "")


def test_a_damaged_database_is_named_and_stays_unchanged(options: list[str], folder: Path) -> None:
    folder.mkdir(mode=0o700)  # else that it is tightened is told, too
    content = b"SQLite format 3\0" + b"\xff" * 5000
    (folder / FILE_NAME).write_bytes(content)
    (folder / FILE_NAME).chmod(0o600)
    message = failed("--port", "0", *options)
    assert f"{folder / FILE_NAME}: is damaged" in message
    assert (folder / FILE_NAME).read_bytes() == content


@pytest.fixture
def running(options: list[str]) -> Iterator[str]:
    with started(*options) as (_, address):
        yield address


def test_a_second_server_of_a_folder_is_refused(
    options: list[str], folder: Path, running: str
) -> None:
    message = failed("--port", "0", *options)
    assert f"{folder / FILE_NAME}: is in use by another program" in message
    assert ask(running, "GET", "/v1/sessions") == {"sessions": []}


def test_no_answer_waits_to_be_sent(tmp_path: Path) -> None:
    with closing(run._listen(Settings(port=0, folder=tmp_path))) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        with (
            closing(socket.create_connection(listener.getsockname())),
            closing(listener.accept()[0]) as connection,
        ):
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
