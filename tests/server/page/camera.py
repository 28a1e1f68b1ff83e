"""What tests do with Live: its camera shows the shared clip, or faces that a test makes up."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from mien.emotions import EMOTIONS
from tests.server.page.conftest import OpenPage, Studio


def open_live(studio: Studio, open_page: OpenPage, place: str = "", **options: object) -> Page:
    """Opens Live in a browser that has seen the hints."""
    seen = [{"name": "mien-tour", "value": "seen"}]
    state = {"cookies": [], "origins": [{"origin": studio.url, "localStorage": seen}]}
    return open_page(f"{studio.url}/#/live{place}", storage_state=state, **options)


def start(page: Page) -> Page:
    page.get_by_role("button", name="Start camera").click()
    expect(person(page)).to_be_visible()
    return page


def person(page: Page) -> Locator:
    """The last person: on a busy machine, the same man may get another person id."""
    return page.get_by_role("region", name=re.compile(r"^Person \d+$")).last


def stage(page: Page) -> Locator:
    return page.get_by_role("region", name="Camera", exact=True)


def message(page: Page) -> Locator:
    return stage(page).locator(".message:visible")


def record(page: Page) -> None:
    """Records for two seconds."""
    page.get_by_role("button", name="Record", exact=True).click()
    expect(stage(page).get_by_role("timer", name="Recording")).to_have_text(
        re.compile(r"0:(0[2-9]|[1-5]\d)")
    )


def stop_recording(page: Page) -> int:
    """Returns the session's id."""
    page.get_by_role("button", name="Stop recording").click()
    link = page.get_by_role("link", name="Open session")
    return int(str(link.get_attribute("href")).rpartition("/")[2])


def make_face(person: int, label: str = "happy", attributes: Any = None) -> dict[str, Any]:
    """A face as the server answers it."""
    probabilities = {name: 0.94 if name == label else 0.01 for name in EMOTIONS}
    return {
        "box": [120 * (person - 1) + 10, 80, 90, 120],
        "emotion": label,
        "confidence": 0.94,
        "probabilities": probabilities,
        "smoothed": probabilities,
        "attributes": attributes or {},
        "person": person,
        "face_id": f"face-{person}",
    }


def answer_live(
    page: Page, find_faces: Callable[[], Sequence[Any]], more: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Answers each frame with faces in place of the server; returns the settings that are sent.

    Each answer has `more`, as it is then, too.
    """
    settings: list[dict[str, Any]] = []

    def answer(socket: WebSocketRoute) -> None:
        def reply(message: str | bytes) -> None:
            if isinstance(message, str):
                settings.append(json.loads(message))
                return
            result = {"frame": 0, "time": 0, "width": 640, "height": 360, "faces": find_faces()}
            socket.send(json.dumps(result | dict(more or {})))

        socket.on_message(reply)

    page.route_web_socket("**/v1/live", answer)
    return settings
