"""Open Sound Control: each frame is one bundle, for TouchDesigner, Max, Pure Data, Ableton."""

import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mien.errors import MienError
from mien.integrations.address import Address
from mien.results import Face, FrameResult

if TYPE_CHECKING:
    from pythonosc.osc_bundle_builder import OscBundleBuilder


class OscSender:
    """Sends results over UDP, which neither answers nor waits.

    A frame is one bundle: `/mien/frame` with its number, time and number of faces; then for each
    face, by its person or its place, `/mien/person/1/label`, `/confidence`, `/probabilities` in
    the order of the labels, and `/box` as x, y, width and height in shares of the image.

    Args:
        address: where to.

    Raises:
        MienError: python-osc is not installed, or the host is not known.
    """

    def __init__(self, address: Address) -> None:
        try:
            from pythonosc.udp_client import UDPClient  # noqa: PLC0415 - an extra
        except ModuleNotFoundError:
            raise MienError(
                "'python-osc' is not installed", remedy="pip install 'mien[osc]'"
            ) from None
        try:
            socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise MienError(
                f"the host cannot be found ({error.strerror})",
                subject=address,
                remedy="check the address",
            ) from None
        self._client = UDPClient(address.host, address.port)

    def send(self, result: FrameResult) -> None:
        """Sends one frame; what cannot be sent is lost, as UDP does."""
        from pythonosc.osc_bundle_builder import (  # noqa: PLC0415 - an extra
            IMMEDIATELY,
            OscBundleBuilder,
        )

        bundle = OscBundleBuilder(IMMEDIATELY)
        _add(bundle, "/mien/frame", [result.frame, float(result.time), len(result.faces)])
        for number, face in enumerate(result.faces, 1):
            _add_face(bundle, f"/mien/person/{face.person or number}", face, result)
        try:
            self._client.send(bundle.build())
        except OSError:  # nobody listens, or the network is away
            return

    def close(self) -> None:
        """Closes the socket."""
        self._client._sock.close()


def _add_face(bundle: "OscBundleBuilder", prefix: str, face: Face, result: FrameResult) -> None:
    box, width, height = face.box, result.width, result.height
    places = [box.x / width, box.y / height, box.width / width, box.height / height]
    _add(bundle, f"{prefix}/label", [face.emotion])
    _add(bundle, f"{prefix}/confidence", [face.confidence])
    _add(bundle, f"{prefix}/probabilities", list(face.displayed))
    _add(bundle, f"{prefix}/box", places)


def _add(bundle: "OscBundleBuilder", address: str, values: Sequence[str | int | float]) -> None:
    from pythonosc.osc_message_builder import OscMessageBuilder  # noqa: PLC0415 - an extra

    message = OscMessageBuilder(address)
    for value in values:
        message.add_arg(value)
    bundle.add_content(message.build())
