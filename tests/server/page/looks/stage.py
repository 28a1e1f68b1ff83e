"""A page whose content never varies: drawn faces, fixed answers and a clock that stands still."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
from PIL import Image
from playwright.sync_api import Browser, Page, Route, WebSocketRoute

from tests.server.page.conftest import WAIT, Studio
from tests.server.page.drawn import CAMERA_SIZE, answer, draw_face, encode, write_video
from tests.server.page.looks.study import make_study
from tests.server.page.recorded import record
from tests.server.store.studio import send_video, wait_for

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
PHOTO_SIZE = (640, 480)
DARK = 64  # of 255; a drawn face stands before a background of 230
TALK = (
    [{1: "neutral", 2: "sad"}] * 40
    + [{1: "happy", 2: "neutral"}] * 60
    + [{1: "neutral"}] * 30
    + [{1: "surprise", 2: "happy"}] * 50
)
ABOUT = {
    "version": "1.0.0",
    "addresses": ["http://127.0.0.1:8000"],
    "secure": False,
    "reachable": False,
    "folder": "/home/ada/.local/share/mien",
    "keep_days": None,
    "token": False,
    "fingerprint": None,
    "model": "default",
    "detector": "yunet",
    "licences": [{"name": "Mien", "version": "1.0.0", "licence": "Apache-2.0"}],
}
STORAGE = {
    "folder": "/home/ada/.local/share/mien",
    "bytes": 48_200_000,
    "video_bytes": 31_000_000,
    "free_bytes": 120_000_000_000,
    "sessions": 3,
    "keep_days": None,
    "keep_days_is_fixed": False,
}


@dataclass(frozen=True)
class Photo:
    """A drawn photo and what the server answers for it; None where it never answers."""

    name: str
    content: bytes
    answer: Mapping[str, Any] | None

    @property
    def file(self) -> dict[str, Any]:
        """As Playwright gives it to a page."""
        return {"name": self.name, "mimeType": "image/jpeg", "buffer": self.content}


def draw_photo(
    name: str, labels: Sequence[str], seed: int, confidence: float = 0.82, is_answered: bool = True
) -> Photo:
    """Returns a photo with one face for each label."""
    centers = [(at + 0.5) / max(len(labels), 1) for at in range(len(labels))]
    content = encode(draw_face(PHOTO_SIZE, centers, seed))
    found = answer(PHOTO_SIZE, centers, labels, confidence)
    return Photo(name, content, {**found, "source": name} if is_answered else None)


@dataclass(frozen=True)
class Stage:
    """A page of the server, and the sessions that it has by name."""

    page: Page
    url: str
    sessions: Mapping[str, int]
    photos: dict[bytes, Photo] = field(default_factory=dict)

    def open(self, place: str) -> None:
        """Opens a view, such as "live"."""
        self.page.goto(f"{self.url}/#/{place}")

    def answer_photos(self, *photos: Photo) -> list[dict[str, Any]]:
        """Returns the photos as files; the server will answer for them as they say."""
        self.photos.update((photo.content, photo) for photo in photos)
        return [photo.file for photo in photos]

    def have_no_sessions(self) -> None:
        """Has the server answer as one that is new."""
        self.page.route("**/v1/sessions?*", lambda route: route.fulfill(json={"sessions": []}))
        nothing = {**STORAGE, "bytes": 0, "video_bytes": 0, "sessions": 0}
        self.page.route("**/v1/storage", lambda route: route.fulfill(json=nothing))


@contextmanager
def open_stage(
    browser: Browser, studio: Studio, sessions: Mapping[str, int], **options: Any
) -> Iterator[Stage]:
    """Opens a page, still blank, in a context of its own."""
    context = browser.new_context(
        permissions=["camera"],
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
        **options,
    )
    context.set_default_timeout(WAIT)
    page = context.new_page()
    stage = Stage(page, studio.url, sessions)
    page.clock.set_fixed_time(NOW)
    page.add_init_script("localStorage.setItem('mien-tour', 'seen')")
    page.route("**/v1/about", lambda route: route.fulfill(json=ABOUT))
    page.route("**/v1/storage", lambda route: route.fulfill(json=STORAGE))
    page.route("**/v1/analyze*", lambda route: _answer_photo(route, stage.photos))
    page.route_web_socket("**/v1/live", _answer_camera)
    yield stage
    context.close()
    _delete_others(studio, sessions)


def _delete_others(studio: Studio, sessions: Mapping[str, int]) -> None:
    """Deletes what a state recorded."""
    with httpx2.Client(base_url=studio.url, timeout=60) as api:
        for session in api.get("/v1/sessions").json()["sessions"]:
            if session["id"] not in sessions.values():
                api.delete(f"/v1/sessions/{session['id']}").raise_for_status()


def _answer_photo(route: Route, photos: Mapping[bytes, Photo]) -> None:
    photo = photos.get(route.request.post_data_buffer or b"")
    if photo is None:
        body = {"error": {"code": "bad_image", "message": "this is not an image."}}
        route.fulfill(status=400, json=body)
    elif photo.answer is not None:
        route.fulfill(json=photo.answer)


def _answer_camera(socket: WebSocketRoute) -> None:
    found = answer(CAMERA_SIZE, [0.25, 0.75], ["happy", "neutral"])
    nothing = answer(CAMERA_SIZE, [], [])
    frames = count()

    def receive(message: str | bytes) -> None:
        if isinstance(message, str):
            socket.send('{"settings": {}}')
        else:
            frame = next(frames)
            result = nothing if _is_black(message) else found
            socket.send(json.dumps({**result, "frame": frame, "time": frame / 15}))

    socket.on_message(receive)


def _is_black(image: bytes) -> bool:
    """Whether an image shows nothing, as a camera's first ones may where the machine is busy.

    With faces found in it, a card would keep a black portrait: for a second, or while paused.
    """
    with Image.open(BytesIO(image)) as opened:
        opened.draft("L", (80, 45))
        _, brightest = opened.convert("L").getextrema()
    return brightest < DARK


def fill(studio: Studio, folder: Path) -> dict[str, int]:
    """Records the sessions of the stage; returns their ids by name."""
    video = folder / "drawn.mp4"
    write_video(video, "libx264", "yuv420p", seconds=2)
    with httpx2.Client(base_url=studio.url, timeout=60) as api:
        job = send_video(api, video, name="Interview.mp4", keep=True)
        sessions = {"video": int(wait_for(api, job.json()["id"])["session"])}
        for name in ("Monday", "Tuesday"):
            url = record(api, name, TALK, ended=True)
            sessions[name] = int(url.rpartition("/")[2])
        marks = f"/v1/sessions/{sessions['Monday']}/marks"
        for mark in (
            {"time": 3.0, "note": "laughs"},
            {"time": 6.0, "duration": 4.0, "name": "question"},
        ):
            api.post(marks, json=mark).raise_for_status()
    studio.stop()  # it locks its database
    _set_times(studio.settings.folder / "studio.sqlite")
    study = make_study(folder / "study", video)
    studio.settings = replace(studio.settings, study=study, coder="ada")
    studio.start()
    return sessions


def _set_times(database: Path) -> None:
    """Sets when each session began, which is otherwise now."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "UPDATE sessions SET started = ?1 - 86400 * id, ended = ?1 - 86400 * id + 60",
            (NOW.timestamp(),),
        )
