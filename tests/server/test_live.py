"""Live images: tracked persons, stale frames dropped, and a server that outlives its clients."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.testclient import TestClient, WebSocketDenialResponse, WebSocketTestSession
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from mien import Analyzer
from mien.errors import AttributeFailedError
from mien.inference.media.sources import open_stream
from mien.inference.pending import PendingResult
from mien.server import limits
from mien.server.settings import Settings
from tests.conftest import EIGHT_LABEL_CARD
from tests.server.conftest import LIVE, encode, image, open_client, serving
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

WATCH = f"{LIVE}/watch"


def ask(live: WebSocketTestSession, message: bytes | dict[str, object]) -> dict[str, object]:
    if isinstance(message, bytes):
        live.send_bytes(message)
    else:
        live.send_json(message)
    return live.receive_json()


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Pauses the detection of faces until the event is set."""
    opened = threading.Event()
    track = Analyzer.track

    def slow_track(analyzer: Analyzer, *_: float) -> Callable[..., PendingResult]:
        classify = track(analyzer)

        def slow(*given: object) -> PendingResult:
            assert opened.wait(20)
            return classify(*given)

        return slow

    monkeypatch.setattr(Analyzer, "track", slow_track)
    return opened


def test_a_clip_has_one_person_whose_curve_is_smoothed(settings: Settings, shared: Path) -> None:
    with (
        open_stream(shared / "media" / "one_face.mp4") as frames,
        open_client(replace(settings, model="paper")) as client,
        client.websocket_connect(LIVE) as live,
    ):
        results = [ask(live, encode(frame.pixels)) for frame in islice(frames, 8)]
    assert [result["frame"] for result in results] == list(range(8))
    times = [result["time"] for result in results]
    assert times[0] == 0
    assert times == sorted(times)
    for result in results:
        (face,) = result["faces"]
        assert face["person"] == 1
        assert set(face["smoothed"]) == set(face["probabilities"])


def test_live_faces_have_the_labels_and_attributes_of_a_model_of_eight_labels(
    settings: Settings, eight_label_model: Path, shared: Path
) -> None:
    photo = (shared / "media" / "one_face.jpg").read_bytes()
    labels = list(EIGHT_LABEL_CARD.labels)
    with (
        open_client(replace(settings, model=str(eight_label_model))) as client,
        client.websocket_connect(LIVE) as live,
    ):
        (face,) = ask(live, photo)["faces"]
    assert list(face["probabilities"]) == list(face["smoothed"]) == labels
    assert face["emotion"] in labels
    assert tuple(face["attributes"]) == Analyzer(eight_label_model).attribute_names
    assert 0 <= face["attributes"]["arousal"] <= 1


def test_a_failing_attribute_is_logged_and_the_live_client_learns_no_details(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise AttributeFailedError("raised ValueError", subject="/some/path")

    with client.websocket_connect(LIVE) as live:
        with monkeypatch.context() as patch:
            patch.setattr("mien.server.routes.live.read_image", fail)
            answer = ask(live, image())
        assert ask(live, image())["frame"] == 1
    message = "the server failed; its log has the details."
    assert answer == {"error": {"code": "failed", "message": message}, "frame": 0}
    assert "AttributeFailedError: /some/path: raised ValueError" in caplog.text


def test_persons_of_two_clients_do_not_mix(client: TestClient) -> None:
    with client.websocket_connect(LIVE) as first, client.websocket_connect(LIVE) as second:
        assert [ask(first, image())["frame"] for _ in range(3)] == [0, 1, 2]
        assert ask(second, image())["frame"] == 0


def test_newer_frames_replace_a_pending_frame(client: TestClient, hold: threading.Event) -> None:
    with client.websocket_connect(LIVE) as live:
        for seed in range(10):
            live.send_bytes(image(seed=seed))
        assert ask(live, {"unsure_below": 0.5})["settings"]["unsure_below"] == 0.5
        hold.set()
        assert [live.receive_json()["frame"] for _ in range(2)] == [0, 9]
        assert ask(live, image())["frame"] == 10
    dropped = client.get("/metrics").text
    assert "mien_live_frames_dropped_total" in dropped


def test_settings_apply_to_the_next_frames(client: TestClient, shared: Path) -> None:
    photo = (shared / "media" / "one_face.jpg").read_bytes()
    with client.websocket_connect(LIVE) as live:
        answer = ask(live, {"model": "paper", "unsure_below": 1.0, "face_ids": True})
        assert answer["settings"]["model"] == "paper"
        (face,) = ask(live, photo)["faces"]
        assert face["emotion"] == "unsure"
        assert face["face_id"]
        ask(live, {"unsure_below": 0.0, "model": "tiny", "face_ids": False})
        (other,) = ask(live, photo)["faces"]
        assert other["emotion"] != "unsure"
        assert other["person"] == face["person"]
        assert other["probabilities"] != face["probabilities"]
        assert "face_id" not in other


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("", "Invalid JSON"),
        ("[" * 100_000, "Invalid JSON"),
        ("[]", "should be an object"),
        ('{"unsure_below": 2}', "unsure_below: "),
        ('{"unsure_below": NaN}', "unsure_below: "),
        ('{"unsure_below": "0"}', "unsure_below: "),
        ('{"smoothing": -1}', "smoothing: "),
        ('{"smoothing": 2.5}', "smoothing: "),
        ('{"other": 1}', "other: "),
        ('{"model": "../paper"}', "model not found; choose from "),
    ],
)
def test_an_invalid_setting_is_refused_and_nothing_changes(
    client: TestClient, message: str, expected: str
) -> None:
    with client.websocket_connect(LIVE) as live:
        live.send_text(message)
        assert expected in live.receive_json()["error"]["message"]
        assert ask(live, {})["settings"]["unsure_below"] == 0
        assert ask(live, image())["faces"] == []


def test_smoothing_is_a_setting_and_people_keep_their_ids(client: TestClient, shared: Path) -> None:
    with (
        open_stream(shared / "media" / "one_face.mp4") as frames,
        client.websocket_connect(LIVE) as live,
    ):
        images = [encode(frame.pixels) for frame in islice(frames, 6)]
        ask(live, {"model": "paper", "smoothing": 0})
        for sent in images[:3]:
            (face,) = ask(live, sent)["faces"]
            assert face["smoothed"] == face["probabilities"]
        assert ask(live, {"smoothing": 2})["settings"]["smoothing"] == 2
        for sent in images[3:]:
            (smooth,) = ask(live, sent)["faces"]
        assert smooth["smoothed"] != smooth["probabilities"]
        assert smooth["person"] == face["person"] == 1


def test_the_results_of_the_last_client_are_passed_on_without_images(
    client: TestClient, shared: Path
) -> None:
    photo = (shared / "media" / "one_face.jpg").read_bytes()
    with (
        client.websocket_connect(WATCH) as watcher,
        client.websocket_connect(LIVE) as first,
        client.websocket_connect(LIVE) as live,
    ):
        ask(first, image())
        result = ask(live, photo)
        assert watcher.receive_json() == result
        assert len(result["faces"]) == 1


def test_too_many_watchers_are_refused_and_one_that_leaves_makes_room(settings: Settings) -> None:
    with open_client(replace(settings, queue=1)) as client:
        with client.websocket_connect(WATCH):
            with pytest.raises(WebSocketDenialResponse) as refused:
                client.websocket_connect(WATCH).__enter__()
            assert refused.value.status_code == 503
        wait_until(lambda: client.app.state.live.watchers == 0)
        with client.websocket_connect(WATCH) as watcher, client.websocket_connect(LIVE) as live:
            assert ask(live, image()) == watcher.receive_json()


def test_an_error_names_its_frame_and_the_next_frame_is_analyzed(client: TestClient) -> None:
    with client.websocket_connect(LIVE) as live:
        for number, (frame, code) in enumerate([(b"", "bad_request"), (b"x", "unreadable")]):
            answer = ask(live, frame)
            assert (answer["frame"], answer["error"]["code"]) == (number, code)
        assert ask(live, image())["frame"] == 2


def test_too_many_live_clients_are_refused_with_retry_after(settings: Settings) -> None:
    with open_client(replace(settings, queue=1)) as client:
        with client.websocket_connect(LIVE):
            with pytest.raises(WebSocketDenialResponse) as refused:
                client.websocket_connect(LIVE).__enter__()
            assert refused.value.status_code == 503
            assert refused.value.headers["retry-after"] == "1"
        with client.websocket_connect(LIVE) as live:
            assert ask(live, image())["frame"] == 0


def test_a_full_queue_of_images_does_not_stop_live(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_client(settings) as client, client.websocket_connect(LIVE) as live:
        monkeypatch.setattr(limits, "PATIENCE", 0.05)
        monkeypatch.setattr(client.app.state.engine, "_places", asyncio.Semaphore(0))
        assert client.post("/v1/analyze", content=image()).status_code == 503
        assert ask(live, image())["faces"] == []


def test_a_client_learns_that_frames_wait_and_are_dropped(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = client.app.state.engine
    analyze_frame, free = engine.analyze_frame, asyncio.Event()

    async def busily(*given: object) -> object:
        await free.wait()
        return await analyze_frame(*given)

    monkeypatch.setattr(engine, "analyze_frame", busily)
    with client.websocket_connect(LIVE) as live:
        live.send_bytes(image())
        assert ask(live, {})["settings"]  # the first frame waits for the engine
        for _ in range(5):
            live.send_bytes(image())
        assert ask(live, {})["settings"]
        started = time.monotonic()
        while time.monotonic() - started < 0.1:
            time.sleep(0.01)
        client.portal.call(free.set)
        first, second = live.receive_json(), live.receive_json()
    assert (first["frame"], first["dropped"]) == (0, 0)
    assert (second["frame"], second["dropped"]) == (5, 4)
    assert first["waited"] >= 0.1
    assert second["waited"] >= 0.1


def test_a_frame_that_is_too_large_ends_the_connection(served: int, settings: Settings) -> None:
    with connect(f"ws://127.0.0.1:{served}/v1/live") as live:
        live.send(bytes(settings.max_bytes + 1))
        with pytest.raises(ConnectionClosedError) as closed:
            live.recv(timeout=10)
        assert closed.value.rcvd.code == 1009
    answers(served)


def answers(port: int) -> None:
    """Checks that a real server still analyzes images of a new client."""
    with connect(f"ws://127.0.0.1:{port}/v1/live") as live:
        live.send(image())
        assert json.loads(live.recv(timeout=20))["faces"] == []


HANDSHAKE = (
    b"GET /v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def test_a_client_that_stops_reading_is_disconnected(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.server.routes.live._SEND_TIMEOUT", 0.3)
    question = b"\x81\x82\0\0\0\0{}"  # a text message, its mask all zeros
    with serving(settings) as (app, port), socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", port))
        deaf.sendall(HANDSHAKE)
        wait_until(lambda: len(app.state.live) == 1)
        deaf.settimeout(0.1)
        with suppress(TimeoutError, OSError):
            while True:
                deaf.sendall(question * 100)
        wait_until(lambda: not app.state.live)
        answers(port)


MESSAGES = st.lists(
    st.one_of(
        st.binary(max_size=100),
        st.text(max_size=100),
        st.sampled_from([image(), image()[:500], image(kind="PNG"), b"\xff\xd8\xff"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(["model", "unsure_below", "face_ids", "x"]), inner
                )
            ),
            max_leaves=5,
        ).map(json.dumps),
    ),
    max_size=8,
)


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MESSAGES, st.booleans())
def test_no_messages_stop_the_server(served: int, messages: list[bytes | str], rude: bool) -> None:
    with connect(f"ws://127.0.0.1:{served}/v1/live") as live:
        for message in messages:
            live.send(message)
        if rude:
            live.socket.close()
        else:
            live.send(json.dumps({}))
            while "settings" not in json.loads(live.recv(timeout=20)):
                pass
    answers(served)


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=64))
def test_no_bytes_after_the_handshake_stop_the_server(served: int, noise: bytes) -> None:
    with socket.create_connection(("127.0.0.1", served), timeout=10) as line:
        line.sendall(HANDSHAKE)
        assert line.recv(65536).startswith(b"HTTP/1.1 101 ")
        line.sendall(noise)
    answers(served)
