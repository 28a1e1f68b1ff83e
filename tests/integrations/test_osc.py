"""Each frame arrives as one bundle of OSC."""

import socket
from collections.abc import Iterator

import pytest

from mien.cli import main
from mien.errors import MienError
from mien.integrations.address import parse_address
from mien.integrations.osc import OscSender
from mien.results import Box, Face, FrameResult

osc_packet = pytest.importorskip("pythonosc.osc_packet")


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)
        yield server


def address(receiver: socket.socket) -> str:
    return f"osc://127.0.0.1:{receiver.getsockname()[1]}"


def receive(receiver: socket.socket) -> dict[str, list]:
    packet = osc_packet.OscPacket(receiver.recv(65536))
    return {it.message.address: list(it.message.params) for it in packet.messages}


def test_a_frame_is_a_bundle(receiver: socket.socket) -> None:
    shares = (0.0, 0.0, 0.0, 0.75, 0.0, 0.0, 0.25)
    face = Face(box=Box(10, 20, 30, 40), probabilities=shares, smoothed=shares, person=4)
    sender = OscSender(parse_address(address(receiver)))
    sender.send(FrameResult("0", 100, 200, (face,), frame=7, time=0.5))
    sender.close()
    found = receive(receiver)
    assert found["/mien/frame"] == [7, 0.5, 1]
    assert found["/mien/person/4/label"] == ["happy"]
    assert found["/mien/person/4/probabilities"] == pytest.approx(shares)
    assert found["/mien/person/4/box"] == pytest.approx([0.1, 0.1, 0.3, 0.2])


@pytest.mark.slow
def test_a_video_is_sent_from_the_command_line(receiver: socket.socket, shared) -> None:
    clip = str(shared / "media" / "one_face.mp4")
    with pytest.raises(SystemExit) as stop:
        main(["send", clip, "--to", address(receiver), "--fps", "2", "--model", "small"])
    assert not stop.value.code
    frames = [receive(receiver)["/mien/frame"] for _ in range(5)]
    assert [frame[0] for frame in frames] == [0, 15, 30, 45, 60]


def test_nobody_who_listens_is_no_error() -> None:
    sender = OscSender(parse_address("osc://127.0.0.1:9"))
    for _ in range(3):
        sender.send(FrameResult("0", 10, 10, ()))
    sender.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://example.org", "use one of mqtt://host, mqtts://host, osc://host"),
        ("osc://", "not an address"),
        ("osc://host:port", "not an address"),
        ("mqtt://ada:secret@host/desk", "set MIEN_MQTT_USER and MIEN_MQTT_PASSWORD"),
    ],
)
def test_a_wrong_address_is_told(text: str, said: str) -> None:
    with pytest.raises(MienError) as error:
        parse_address(text)
    assert said in str(error.value)
    assert "secret" not in str(error.value)
