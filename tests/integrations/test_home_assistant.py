"""Home Assistant's sensors through a real broker: mosquitto."""

import json
import queue
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mien.errors import MienError
from mien.integrations import home_assistant
from mien.integrations.address import parse_address
from mien.integrations.home_assistant import HomeAssistant
from mien.results import Box, Face, FrameResult

pytestmark = pytest.mark.slow
mqtt = pytest.importorskip("paho.mqtt.client")
enums = pytest.importorskip("paho.mqtt.enums")

WAIT = 20
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


class Broker:
    """A mosquitto that can be stopped and started again on its port."""

    def __init__(self, folder: Path, password: str = "") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        lines = [f"listener {self.port} 127.0.0.1", f"allow_anonymous {str(not password).lower()}"]
        if password:
            file = folder / "passwords"
            file.touch(0o600)
            made = ["mosquitto_passwd", "-b", str(file), "ada", password]
            subprocess.run(made, check=True, capture_output=True)
            lines += [f"password_file {file}", "user root"]
        self._config = folder / "mosquitto.conf"
        self._config.write_text("\n".join(lines) + "\n")
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self._config)], stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + WAIT
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(WAIT)

    @property
    def address(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}/My desk"


@pytest.fixture
def make_broker(tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    if MOSQUITTO is None:
        pytest.skip("needs mosquitto")
    made: list[Broker] = []

    def make(**options: str) -> Broker:
        made.append(Broker(tmp_path, **options))
        return made[-1]

    yield make
    for broker in made:
        broker.stop()


def listen(broker: Broker, *topics: str) -> tuple[object, "queue.Queue[tuple[str, str]]"]:
    """A client that hears some topics, and what it heard."""
    heard: queue.Queue[tuple[str, str]] = queue.Queue()
    client = mqtt.Client(enums.CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _d, it: heard.put((it.topic, it.payload.decode()))
    client.on_connect = lambda it, *_: [it.subscribe(topic, 1) for topic in topics]
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    return client, heard


def wait_for(heard: "queue.Queue[tuple[str, str]]", topic: str) -> str:
    while True:
        found, payload = heard.get(timeout=WAIT)
        if found == topic:
            return payload


def result(happy: float = 0.75, faces: int = 1) -> FrameResult:
    shares = (0.0, 0.0, 0.0, happy, 0.0, 0.0, 1 - happy)
    face = Face(box=Box(1, 2, 3, 4), probabilities=shares, person=1)
    return FrameResult("0", 9, 9, (face,) * faces)


def test_sensors_appear_show_the_face_and_go_offline(make_broker: Callable[..., Broker]) -> None:
    broker = make_broker()
    client, heard = listen(broker, "mien/#", "homeassistant/#")
    sender = HomeAssistant(parse_address(broker.address))
    label = json.loads(wait_for(heard, "homeassistant/sensor/mien_my_desk/label/config"))
    assert label["state_topic"] == "mien/my_desk/state"
    assert label["unique_id"] == "mien_my_desk_label"
    assert wait_for(heard, label["availability_topic"]) == "online"
    sender.send(result())
    state = json.loads(wait_for(heard, label["state_topic"]))
    assert (state["label"], state["confidence"], state["faces"]) == ("happy", 75, 1)
    sender.send(result(0.2))
    assert json.loads(wait_for(heard, label["state_topic"]))["label"] == "neutral"
    sender.send(FrameResult("0", 9, 9, ()))
    assert json.loads(wait_for(heard, label["state_topic"]))["label"] == "none"
    sender.close()
    assert wait_for(heard, label["availability_topic"]) == "offline"
    client.disconnect()
    client.loop_stop()


def test_a_broker_that_goes_away_stops_nothing_and_is_found_again(
    make_broker: Callable[..., Broker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_assistant, "INTERVAL", 0.05)
    broker = make_broker()
    sender = HomeAssistant(parse_address(broker.address))
    broker.stop()
    for _ in range(5):
        sender.send(result())
    broker.start()
    client, heard = listen(broker, "mien/#")
    deadline = time.monotonic() + WAIT
    while heard.empty() or heard.get_nowait()[0] != "mien/my_desk/state":
        assert time.monotonic() < deadline
        sender.send(result())
        time.sleep(0.1)
    sender.close()
    client.disconnect()
    client.loop_stop()


def test_a_broker_that_is_not_there_or_refuses_is_one_error(
    make_broker: Callable[..., Broker], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MienError, match="the broker cannot be used"):
        HomeAssistant(parse_address("mqtt://127.0.0.1:9/desk"))
    broker = make_broker(password="secret")
    with pytest.raises(MienError, match=r"not authori[sz]ed.*MIEN_MQTT_USER"):
        HomeAssistant(parse_address(broker.address))
    monkeypatch.setenv("MIEN_MQTT_USER", "ada")
    monkeypatch.setenv("MIEN_MQTT_PASSWORD", "secret")
    HomeAssistant(parse_address(broker.address)).close()


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"mqtt://127.0.0.1:{silent.getsockname()[1]}/desk"
        with pytest.raises(MienError, match=r"no answer within 0\.3 s"):
            HomeAssistant(parse_address(address), wait=0.3)
