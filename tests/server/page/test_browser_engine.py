"""Live in the browser itself: no image is sent, and a recording is as one of the server's."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.server.page.camera import (
    message,
    open_live,
    person,
    record,
    stage,
    start,
    stop_recording,
)
from tests.server.page.conftest import OpenPage, Studio, ask

pytestmark = pytest.mark.slow

LONGEST_TEXT = 200  # letters of what a recording sends; an image of a face has thousands

# Frames of the camera by both engines, each as the first of a stream: those after it depend on when
# they came. The server gets them without loss, for JPEG changes more than the engines differ.
COMPARE = """async (count) => {
  const { LocalEngine } = await import("/page/js/live/local.js");
  const { PersonIds } = await import("/page/js/live/ids.js");
  const video = document.querySelector("video"), canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const engine = new LocalEngine(new PersonIds()), pairs = [];
  const analyzeThere = () => new Promise((resolve) => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/live`);
    socket.onopen = () => canvas.toBlob((png) => socket.send(png));
    socket.onmessage = ({ data }) => {
      socket.close();
      resolve(JSON.parse(data));
    };
  });
  for (let frame = 0; frame < count; frame++) {
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    canvas.getContext("2d").drawImage(video, 0, 0);
    engine.set({ smoothing: frame }); // which starts a stream
    await engine.open();
    pairs.push([await analyzeThere(), await engine.analyze(canvas)]);
  }
  engine.close();
  return pairs;
}"""


# The share of fear on one face before, with and after a profile that learned it from that face.
TEACH = """async (name) => {
  const { ask } = await import("/page/js/api.js");
  const { LocalEngine } = await import("/page/js/live/local.js");
  const { PersonIds } = await import("/page/js/live/ids.js");
  const video = document.querySelector("video"), canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  const png = await new Promise((resolve) => canvas.toBlob(resolve));
  const query = { face_ids: true };
  const { faces: [{ face_id }] } = await ask("POST", "/v1/analyze", { query, body: png });
  await ask("POST", "/v1/profiles", { json: { name } });
  await ask("POST", "/v1/feedback", { json: { label: "fear", face_id, profile: name } });
  const engine = new LocalEngine(new PersonIds()), shares = [];
  for (const profile of [null, name, null]) {
    engine.set({ profile, smoothing: 0 });
    engine.renewProfile(); // as the page does where another profile is chosen
    await engine.open();
    shares.push((await engine.analyze(canvas)).faces[0].probabilities.fear);
  }
  engine.close();
  return shares;
}"""


class Log:
    """What a page sends from now on."""

    def __init__(self, page: Page) -> None:
        self.requests: list[Request] = []
        self.sockets: list[str] = []
        page.on("request", self._add)
        page.on("websocket", lambda socket: self.sockets.append(socket.url))

    def _add(self, request: Request) -> None:
        self.requests.append(request)

    def check_no_image(self) -> None:
        """Fails if anything but short texts and numbers was sent."""
        assert not self.sockets
        for request in self.requests:
            body = request.post_data_buffer
            if body is not None:
                assert request.headers["content-type"] == "application/json"
                assert all(len(text) < LONGEST_TEXT for text in _texts(json.loads(body)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def switch_on(page: Page, **settings: object) -> None:
    values = json.dumps({"inBrowser": True, **settings})
    page.evaluate("(values) => localStorage.setItem('mien-settings', values)", values)
    page.reload()


@pytest.fixture
def live(studio: Studio, open_page: OpenPage) -> Page:
    """Live with the switch on, before the camera starts."""
    page = open_live(studio, open_page)
    switch_on(page)
    return page


def columns(studio: Studio, page: Page, session: int) -> str:
    path = f"/v1/sessions/{session}/records?format=csv"
    return page.request.get(studio.url + path).text().splitlines()[0]


def test_no_image_is_sent_and_the_recording_is_as_one_of_the_server(
    studio: Studio, live: Page, shared: Path
) -> None:
    log = Log(live)
    start(live)
    expect(message(live)).to_have_text("1 face")
    expect(live.locator(".headline")).to_contain_text(re.compile(r"(happy|neutral)\d+"))
    expect(live.get_by_text("In this browser", exact=True)).to_be_visible()
    record(live)
    session = stop_recording(live)
    log.check_no_image()

    found = ask(studio, live, f"/v1/sessions/{session}")
    assert (found["session"]["kind"], found["session"]["detector"]) == ("live", "yunet")
    assert found["session"]["faces"] > 1
    assert len(found["people"]) == 1
    live.get_by_role("button", name="Settings").click()
    live.get_by_role("checkbox", name="Run Live in this browser").uncheck()
    live.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(message(live)).to_have_text("1 face")
    assert len(log.sockets) == 1  # the server analyzes again
    record(live)
    assert columns(studio, live, session) == columns(studio, live, stop_recording(live))

    live.goto(f"{studio.url}/#/sessions")
    live.get_by_role("link", name=found["session"]["name"]).first.click()
    expect(live.get_by_role("region", name="People")).to_contain_text("In view for")


def test_the_settings_apply(studio: Studio, live: Page, shared: Path) -> None:
    live.request.post(f"{studio.url}/v1/profiles", data={"name": "Ann"})
    live.evaluate("localStorage.setItem('mien-profile', 'Ann')")
    switch_on(live, threshold=0.99, smoothing=0.5, saveFaces=True)
    log = Log(live)
    start(live)
    live.get_by_role("button", name="Settings").click()
    with live.expect_response("**/browser/models/small.onnx"):
        live.get_by_role("combobox", name="Model").select_option("small")
    live.get_by_role("combobox", name="Base rates").select_option("uniform")
    live.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(live.locator(".headline")).to_contain_text("unsure")
    record(live)
    session = ask(studio, live, f"/v1/sessions/{stop_recording(live)}")["session"]
    named = {name: session[name] for name in ("model", "prior", "profile", "thumbnails")}
    assert named == {"model": "small", "prior": "uniform", "profile": "Ann", "thumbnails": False}
    log.check_no_image()


def test_what_needs_an_image_says_so(live: Page, shared: Path) -> None:
    start(live)
    live.get_by_role("button", name="Pause").click()
    person(live).get_by_role("button", name="Wrong?").click()
    expect(person(live)).to_contain_text("Corrections need the face on the server")
    live.get_by_role("button", name="Recording options").click()
    expect(stage(live).get_by_role("checkbox", name="Keep a small image")).to_be_disabled()
    live.get_by_role("button", name="More").click()
    live.get_by_role("menuitem", name="Cards for OBS").click()
    expect(live.get_by_role("alert")).to_contain_text("what the server analyzes")


def test_both_engines_name_the_same(live: Page, shared: Path) -> None:
    start(live)
    for there, here in live.evaluate(COMPARE, 8):
        (face,), (other,) = there["faces"], here["faces"]
        assert list(other) == list(face)
        assert other["box"] == pytest.approx(face["box"], abs=1)
        assert other["probabilities"] == pytest.approx(face["probabilities"], abs=0.02)
        *_, second, first = sorted(face["probabilities"].values())
        assert other["emotion"] == face["emotion"] or first - second < 0.04


def test_a_profile_applies_until_it_is_deselected(live: Page, shared: Path) -> None:
    start(live)
    before, taught, after = live.evaluate(TEACH, "Eve")
    assert taught > 0.5 > before
    assert after == pytest.approx(before, abs=0.05)


def refuse(route: Route) -> None:
    error = {"code": "not_found", "message": "the engine is not part of this install."}
    route.fulfill(status=404, json={"error": error})


@pytest.mark.parametrize(
    ("name", "reason"),
    [("mien.js", "not part of this install"), ("yunet.onnx", "yunet.onnx: the server answers 404")],
)
def test_missing_files_turn_the_switch_off(live: Page, name: str, reason: str) -> None:
    live.route(f"**/browser/{name}", refuse)
    expect_left(live, reason)


def test_a_browser_without_simd_turns_the_switch_off(live: Page) -> None:
    live.add_init_script("WebAssembly.validate = () => false")
    live.reload()
    expect_left(live, "This browser has no WebAssembly with SIMD")


def test_a_worker_that_dies_turns_the_switch_off(live: Page, shared: Path) -> None:
    live.add_init_script(
        "window.Worker = class extends Worker {"
        "  constructor(...options) { super(...options); window.engine = this; }"
        "};"
    )
    live.reload()
    start(live)
    live.evaluate("engine.dispatchEvent(new ErrorEvent('error', {message: 'out of memory'}))")
    expect(live.get_by_role("heading", name="Live cannot run in this browser")).to_be_visible()
    expect(stage(live)).to_contain_text("out of memory")


def expect_left(page: Page, reason: str) -> None:
    """The reason is shown, the camera is off, and no image goes to the server instead."""
    log = Log(page)
    page.get_by_role("button", name="Start camera").click()
    expect(page.get_by_role("heading", name="Live cannot run in this browser")).to_be_visible()
    expect(stage(page)).to_contain_text(reason)
    expect(page.get_by_role("button", name="Start camera")).to_be_visible()
    assert page.evaluate("JSON.parse(localStorage.getItem('mien-settings')).inBrowser") is False
    log.check_no_image()
