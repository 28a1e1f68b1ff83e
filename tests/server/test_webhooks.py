"""Webhooks to a real receiver: signed, retried, noted where they fail, and holding nothing up."""

import base64
import hashlib
import hmac
import http.server
import json
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import mien.server.jobs as server_jobs
from mien.server.errors import InvalidFieldError, ServerError
from mien.server.settings import Settings
from mien.server.store.jobs import Job
from mien.server.webhooks import Webhooks
from mien.storage.errors import DiskFullError
from tests.inference.media.videos import make_video, regular
from tests.server.store.studio import open_studio, send_video, wait_for
from tests.waiting import wait_until

SECRET = "whsec_" + base64.b64encode(b"a secret of some bytes").decode()
JOB = Job(1, 2, "analyze", "a.mp4", "done", 1.0, 60, 60, "", 1.0, 2.0)
WAIT = 20


class Receiver:
    """A server that notes requests and answers with the statuses it is given, the last for ever."""

    def __init__(self) -> None:
        self.statuses = [200]
        self.requests: queue.Queue[SimpleNamespace] = queue.Queue()
        self.released = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.requests.put(SimpleNamespace(path=self.path, headers=headers, body=body))
                first, *rest = receiver.statuses
                receiver.statuses = rest or [first]
                if first == 0:  # hangs
                    receiver.released.wait(WAIT)
                    return
                self.send_response(first)
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.address = f"http://{self.host}/ended"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.released.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def sender(receiver: Receiver) -> Iterator[Webhooks]:
    made = Webhooks((receiver.host,), SECRET, delays=(0.0, 0.01, 0.01), timeout=0.5)
    yield made
    made.close()


def reason(sender: Webhooks, address: str) -> str:
    said: queue.Queue[str] = queue.Queue()
    sender.send(address, JOB, said.put)
    return said.get(timeout=WAIT)


def test_the_body_is_signed_as_standard_webhooks_are(receiver: Receiver, sender: Webhooks) -> None:
    sender.send(sender.check(receiver.address), JOB, pytest.fail)
    got = receiver.requests.get(timeout=WAIT)
    assert json.loads(got.body) == {
        "type": "job.done",
        "data": json.loads(json.dumps({name: getattr(JOB, name) for name in JOB.__slots__})),
    }
    headers = got.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + got.body
    digest = hmac.new(b"a secret of some bytes", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_a_receiver_that_fails_twice_is_asked_again(receiver: Receiver, sender: Webhooks) -> None:
    receiver.statuses = [500, 503, 200]
    sender.send(receiver.address, JOB, pytest.fail)
    ids = {receiver.requests.get(timeout=WAIT).headers["webhook-id"] for _ in range(3)}
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("status", "said"),
    [(500, "answered 500"), (302, "answered 302"), (0, "no answer within 0.5 s")],
)
def test_a_receiver_that_never_takes_it_is_told(
    receiver: Receiver, sender: Webhooks, status: int, said: str
) -> None:
    receiver.statuses = [status]
    assert said in reason(sender, receiver.address)
    assert {receiver.requests.get(timeout=WAIT).path for _ in range(3)} == {"/ended"}


def test_a_receiver_that_is_not_there_is_told(receiver: Receiver, sender: Webhooks) -> None:
    assert "cannot be reached" in reason(sender, "http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://example.org/a", "the host example.org is not listed; start the server with"),
        ("http://{host}@example.org/", "not an address"),
        ("ftp://{host}/", "not an address"),
        ("http://[", "not an address"),
        ("{host}", "not an address"),
    ],
)
def test_an_address_that_is_not_listed_is_refused(
    receiver: Receiver, sender: Webhooks, address: str, said: str
) -> None:
    with pytest.raises(InvalidFieldError) as error:
        sender.check(address.format(host=receiver.host))
    assert said in str(error.value)


def test_webhooks_without_a_secret_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="MIEN_WEBHOOK_SECRET"):
        Settings(folder=tmp_path, webhook_hosts=("example.org",))
    assert "secret-text" not in repr(Settings(folder=tmp_path, webhook_secret="secret-text"))


@pytest.mark.slow
def test_the_end_of_a_job_is_told_and_a_failure_noted(
    receiver: Receiver, tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Webhooks.__init__, "__defaults__", ((0.0,), 0.5))
    video = make_video(tmp_path / "a.mp4", regular(30, 30))
    options = {"webhook_hosts": (receiver.host,), "webhook_secret": SECRET}
    with open_studio(tmp_path / "studio", tiny_model, **options) as client:
        job = send_video(client, video, webhook=receiver.address).json()["id"]
        assert wait_for(client, job)["status"] == "done"
        told = json.loads(receiver.requests.get(timeout=WAIT).body)
        assert (told["type"], told["data"]["id"]) == ("job.done", job)
        assert told["data"]["frames"] == 30
        receiver.statuses = [0]
        hanging = send_video(client, video, webhook=receiver.address).json()["id"]
        following = send_video(client, video).json()["id"]
        assert wait_for(client, following)["status"] == "done"
        assert wait_for(client, hanging)["status"] == "done"
        wait_until(lambda: "webhook" in client.get(f"/v1/jobs/{hanging}").json()["message"])
        answer = client.post(
            "/v1/jobs", params={"webhook": "http://example.org/"}, content=video.read_bytes()
        )
        assert answer.status_code != 202
        assert "example.org is not listed" in answer.text


@pytest.mark.slow
def test_a_job_deleted_before_its_end_is_stored_stops_no_other(
    receiver: Receiver, tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_jobs, "_POLL", 0.05)
    settle, full = server_jobs.settle, True

    def settle_later(*given: Any) -> None:
        if full:
            raise DiskFullError("studio.sqlite: cannot be written; make room.")
        settle(*given)

    monkeypatch.setattr(server_jobs, "settle", settle_later)
    video = make_video(tmp_path / "a.mp4", regular(30, 30))
    options = {"webhook_hosts": (receiver.host,), "webhook_secret": SECRET}
    with open_studio(tmp_path / "studio", tiny_model, **options) as client:
        job = send_video(client, video, webhook=receiver.address).json()["id"]
        wait_until(lambda: client.get(f"/v1/jobs/{job}").json()["status"] == "done")
        assert client.delete(f"/v1/jobs/{job}").status_code == 204
        full = False
        following = send_video(client, video, webhook=receiver.address).json()["id"]
        assert wait_for(client, following)["status"] == "done"
        told = json.loads(receiver.requests.get(timeout=WAIT).body)
        assert told["data"]["id"] == following
