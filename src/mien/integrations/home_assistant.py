"""Home Assistant over MQTT: sensors that appear by themselves, and go offline with Mien."""

import json
import os
import re
import threading
from time import monotonic
from typing import Any

from mien.errors import MienError
from mien.integrations.address import Address
from mien.results import FrameResult

USER, PASSWORD = "MIEN_MQTT_USER", "MIEN_MQTT_PASSWORD"
"""Environment variables of the account at the broker."""

INTERVAL = 1.0
"""Seconds between two states; a state whose label or number of faces changes is sent at once."""

_WAIT = 10.0  # seconds for the broker to answer
_SENSORS = {
    "label": ("Expression", "{{ value_json.label }}", "mdi:emoticon-outline", None),
    "confidence": ("Confidence", "{{ value_json.confidence }}", "mdi:percent", "%"),
    "faces": ("Faces", "{{ value_json.faces }}", "mdi:account-multiple", None),
}


class HomeAssistant:
    """Publishes the largest face of each frame as the state of a device with three sensors.

    Topics, for the name "desk": `mien/desk/state`, JSON with label, confidence in %, faces, person
    and probabilities; `mien/desk/availability`, "online" or "offline", which the broker sends when
    Mien is gone; and Home Assistant's discovery below `homeassistant/sensor/mien_desk/`.

    Args:
        address: of the broker: `mqtt`, or `mqtts` for TLS; its name is the device's.
        wait: seconds for the broker to answer.

    Raises:
        MienError: paho-mqtt is not installed, or the broker cannot be reached or refuses.
    """

    def __init__(self, address: Address, wait: float = _WAIT) -> None:
        try:
            from paho.mqtt.client import Client  # noqa: PLC0415 - an extra
            from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415
        except ModuleNotFoundError:
            raise MienError(
                "'paho-mqtt' is not installed", remedy="pip install 'mien[mqtt]'"
            ) from None
        self._address = address
        self._name = re.sub(r"\W+", "_", address.name).strip("_").lower() or "camera"
        self._topic = f"mien/{self._name}"
        self._last: tuple[Any, ...] = ()
        self._sent = float("-inf")
        self._answered, self._refusal = threading.Event(), ""
        client = Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=True)
        client.will_set(f"{self._topic}/availability", "offline", qos=1, retain=True)
        if user := os.environ.get(USER):
            client.username_pw_set(user, os.environ.get(PASSWORD))
        if address.scheme == "mqtts":
            client.tls_set()
        client.on_connect = self._on_connect
        self._client = client
        self._connect(wait)

    def send(self, result: FrameResult) -> None:
        """Publishes a frame, if there is something new or `INTERVAL` has passed.

        While the broker is away nothing is kept for it: the next state is the present one.
        """
        state = _state(result)
        new = (state["label"], state["faces"])
        if new == self._last and monotonic() - self._sent < INTERVAL:
            return
        if self._client.is_connected():
            self._client.publish(f"{self._topic}/state", json.dumps(state), retain=True)
            self._last, self._sent = new, monotonic()

    def close(self) -> None:
        """Says goodbye, and disconnects."""
        if self._client.is_connected():
            gone = self._client.publish(
                f"{self._topic}/availability", "offline", qos=1, retain=True
            )
            gone.wait_for_publish(_WAIT)
        self._client.disconnect()
        self._client.loop_stop()

    def _connect(self, wait: float) -> None:
        try:
            self._client.connect(self._address.host, self._address.port)
        except (OSError, ValueError) as error:
            raise self._unreachable(str(getattr(error, "strerror", None) or error)) from None
        self._client.loop_start()
        self._answered.wait(wait)
        if self._refusal or not self._answered.is_set():
            self._client.loop_stop()
            self._client.disconnect()
            raise self._unreachable(self._refusal or f"no answer within {wait:g} s")

    def _unreachable(self, reason: str) -> MienError:
        return MienError(
            f"the broker cannot be used ({reason})",
            subject=self._address,
            remedy=f"check the address, {USER} and {PASSWORD}",
        )

    def _on_connect(self, client: Any, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        """Announces the device, also after each reconnection; runs in the client's thread."""
        if reason.is_failure:
            self._refusal = str(reason).lower()
        else:
            for key in _SENSORS:
                topic = f"homeassistant/sensor/mien_{self._name}/{key}/config"
                client.publish(topic, json.dumps(self._discovery(key)), qos=1, retain=True)
            client.publish(f"{self._topic}/availability", "online", qos=1, retain=True)
        self._answered.set()

    def _discovery(self, key: str) -> dict[str, Any]:
        name, template, icon, unit = _SENSORS[key]
        device = {"identifiers": [f"mien_{self._name}"], "name": f"Mien {self._name}"}
        found: dict[str, Any] = {
            "name": name,
            "unique_id": f"mien_{self._name}_{key}",
            "state_topic": f"{self._topic}/state",
            "value_template": template,
            "availability_topic": f"{self._topic}/availability",
            "icon": icon,
            "device": {**device, "manufacturer": "Mien"},
        }
        if unit is not None:
            found |= {"unit_of_measurement": unit, "state_class": "measurement"}
        if key == "label":
            found["json_attributes_topic"] = f"{self._topic}/state"
        return found


def _state(result: FrameResult) -> dict[str, Any]:
    if not result.faces:
        return {"label": "none", "confidence": 0, "faces": 0}
    face = result.faces[0]
    return {
        "label": face.emotion,
        "confidence": round(100 * face.confidence),
        "faces": len(result.faces),
        "person": face.person,
        "probabilities": {name: round(value, 3) for name, value in face.displayed.items()},
    }
