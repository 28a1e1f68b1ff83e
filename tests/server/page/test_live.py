"""Live, with a camera that shows the shared clip: a man neutral, smiling, neutral again."""

import re
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from mien.emotions import EMOTIONS
from tests.server.conftest import wait_until
from tests.server.page.conftest import WAIT, OpenPage, Studio, ask

pytestmark = pytest.mark.slow

# How many columns of a canvas differ from its first, on which nothing is drawn yet.
DRAWN = """(canvas) => {
  const context = canvas.getContext("2d"), {width, height} = canvas;
  const column = (x) => String(context.getImageData(x, 0, 1, height).data);
  const first = column(0);
  return Array.from({length: width}, (_, x) => column(x)).filter((other) => other !== first).length;
}"""


@pytest.fixture
def live(studio: Studio, open_page: OpenPage, shared: Path) -> Page:
    return start(open_page(studio.url))


def start(page: Page) -> Page:
    page.get_by_role("button", name="Start camera").click()
    expect(person(page)).to_be_visible()
    return page


def person(page: Page) -> Locator:
    """The last person: on a busy machine, the same man may get another person id."""
    return page.get_by_role("region", name=re.compile(r"^Person \d+$")).last


def message(page: Page) -> Locator:
    return page.get_by_role("region", name="Camera", exact=True).locator(".message")


def test_a_face_is_detected_and_labelled(live: Page) -> None:
    expect(message(live)).to_have_text("1 face")
    expect(live.locator(".rate")).to_have_text(re.compile(r"^[\d.]+ fps · \d+ ms$"))
    label = person(live).locator("caption")
    for emotion in ("happy", "neutral"):  # the clip shows both, over and over
        expect(label).to_have_text(re.compile(rf"Person \d+{emotion} \d+"))
    shares = person(live).locator("td.number").all_inner_texts()
    assert len(shares) == len(EMOTIONS)
    assert sum(int(share.split()[0]) for share in shares) == pytest.approx(100, abs=4)
    assert live.locator(".media canvas").evaluate(DRAWN) > 100  # a box, and its label


def test_the_timeline_advances(live: Page) -> None:
    timeline = person(live).get_by_role("img")
    drawn = timeline.evaluate(DRAWN)
    deadline = time.monotonic() + WAIT / 1000
    while timeline.evaluate(DRAWN) <= drawn + 10:
        assert time.monotonic() < deadline
        live.wait_for_timeout(100)
    expect(timeline).to_have_attribute("aria-label", re.compile("mostly (happy|neutral), then"))


# Whether a canvas stays the same for three seconds.
RESTS = """async (canvas) => {
  const end = performance.now() + 20_000;
  for (let last = "", since = 0; performance.now() < end;) {
    const now = canvas.toDataURL();
    if (now !== last) since = performance.now();
    if (performance.now() - since > 3000) return true;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}"""


def test_pause_stops_the_timeline_until_resume(live: Page) -> None:
    timeline = person(live).get_by_role("img")
    live.get_by_role("button", name="Pause").click()
    expect(message(live)).to_have_text("Paused")
    assert timeline.evaluate(RESTS)
    live.get_by_role("button", name="Resume").click()
    expect(message(live)).to_have_text("1 face")


def test_model_and_threshold_are_sent_to_the_server(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = open_page(studio.url)
    page.get_by_role("combobox", name=re.compile("^Model")).select_option("small")
    page.get_by_label("Confidence threshold").fill("90")
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(str(data))))
    start(page)
    assert '"model":"small"' in sent[0]
    assert '"unsure_below":0.9' in sent[0]
    expect(person(page).locator("caption")).to_contain_text("unsure")


def test_a_correction_is_stored_and_undone(studio: Studio, live: Page) -> None:
    before = ask(studio, live, "/v1/feedback")["counts"].get("surprise", 0)
    live.get_by_role("button", name="Pause").click()
    assert person(live).get_by_role("img").evaluate(RESTS)
    status = person(live).get_by_role("status")
    person(live).get_by_role("button", name="surprise").click()
    expect(status).to_contain_text("Saved as surprise (no image stored)")
    stored = ask(studio, live, "/v1/feedback")
    assert stored["counts"]["surprise"] == before + 1
    assert stored["feedback"][0]["label"] == "surprise"
    status.get_by_role("button", name="Undo").click()
    expect(status).to_have_text("Undone")
    assert ask(studio, live, "/v1/feedback")["counts"].get("surprise", 0) == before


def record(page: Page) -> None:
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator(".recording")).to_have_text(re.compile(r"Recording 0:(0[2-9]|[1-5]\d)"))


def stop_recording(page: Page) -> int:
    """Returns the session's id."""
    page.get_by_role("button", name="Stop recording").click()
    link = page.get_by_role("link", name="Open session")
    return int(str(link.get_attribute("href")).rpartition("/")[2])


def test_a_recording_becomes_a_session_with_records(studio: Studio, live: Page) -> None:
    record(live)
    session_id = stop_recording(live)
    session = ask(studio, live, f"/v1/sessions/{session_id}")["session"]
    assert (session["kind"], session["status"]) == ("live", "done")
    assert session["faces"] >= session["frames"] > 1
    assert session["seconds"] >= 2
    rows = live.request.get(f"{studio.url}/v1/sessions/{session_id}/records?format=csv").text()
    assert rows.count("\n") == session["faces"] + 1
    live.get_by_role("link", name="Open session").click()
    live.wait_for_url(f"**/#/sessions/{session_id}")
    expect(live.get_by_role("main")).to_contain_text(session["name"])


def test_leaving_the_view_ends_the_recording(studio: Studio, live: Page) -> None:
    record(live)
    with live.expect_response(lambda answer: answer.request.method == "PATCH"):
        live.get_by_role("link", name="Analyze").click()
    (session,) = ask(studio, live, "/v1/sessions?limit=1")["sessions"]
    assert session["status"] == "done"
    assert session["frames"] > 1


def test_closing_the_page_ends_the_recording(studio: Studio, live: Page) -> None:
    record(live)
    dialogs: list[str] = []
    live.once("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    live.goto(f"{studio.url}/healthz")
    assert dialogs == ["beforeunload"]

    def done() -> bool:
        (session,) = ask(studio, live, "/v1/sessions?limit=1")["sessions"]
        return bool(session["status"] == "done")

    wait_until(done)  # the page's last request may arrive after the next page's first


def test_a_token_opens_the_page_and_its_websocket(
    open_page: OpenPage, shared: Path, tmp_path: Path
) -> None:
    studio = Studio(tmp_path / "guarded", token="a&b")
    try:
        page = open_page(studio.url)
        expect(page.locator("body")).to_contain_text("open the address that the server printed")
        page.goto(f"{studio.url}/?token=a%26b")
        page.wait_for_url(f"{studio.url}/#/live")
        start(page)
    finally:
        studio.stop()


def test_reduced_motion_slows_the_timeline_and_stops_transitions(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = start(open_page(studio.url, reduced_motion="reduce"))
    bar = person(page).locator(".bars .track span").first
    assert bar.evaluate("(bar) => getComputedStyle(bar).transitionDuration") == "0s"
    timeline = person(page).get_by_role("img")
    times = """async (canvas) => {
      const times = [], end = performance.now() + 20_000;
      for (let last = canvas.toDataURL(); times.length < 4 && performance.now() < end;) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const image = canvas.toDataURL();
        if (image !== last) times.push(performance.now());
        last = image;
      }
      return times;
    }"""
    first, *_, fourth = timeline.evaluate(times)
    assert fourth - first > 2000  # milliseconds: one drawing a second, and the first is seen late


def test_a_snapshot_is_downloaded_as_png(live: Page) -> None:
    with live.expect_download() as saving:
        live.get_by_role("button", name="Take snapshot").click()
    image = Path(saving.value.path()).read_bytes()
    assert Image.open(BytesIO(image)).size == (640, 360)
    assert saving.value.suggested_filename.endswith(".png")


def test_a_denied_camera_is_explained_and_can_be_allowed(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = open_page(studio.url, camera=False)
    page.get_by_role("button", name="Start camera").click()
    expect(message(page)).to_contain_text("Camera access denied. Allow it")
    page.context.grant_permissions(["camera"])
    start(page)


REFUSALS = {
    "NotFoundError": "No camera found. Plug one in",
    "NotReadableError": "another program may be using it",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_failing_camera_is_explained(studio: Studio, open_page: OpenPage, name: str) -> None:
    page = open_page(studio.url)
    page.evaluate(
        "(name) => { navigator.mediaDevices.getUserMedia = "
        "() => Promise.reject(new DOMException('', name)); }",
        name,
    )
    page.get_by_role("button", name="Start camera").click()
    expect(message(page)).to_contain_text(REFUSALS[name])


def test_an_insecure_address_is_explained(studio: Studio, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', {value: undefined})")
    page.goto(studio.url)
    page.get_by_role("button", name="Start camera").click()
    expect(message(page)).to_contain_text("https or 127.0.0.1")


def test_an_unplugged_camera_is_reported_and_restarted(live: Page) -> None:
    # Chromium's fake camera cannot be unplugged; a real one sends these events.
    live.evaluate(
        "document.querySelector('video').srcObject.getTracks()[0].dispatchEvent(new Event('ended'))"
    )
    expect(message(live)).to_contain_text("Camera disconnected. Plug it in again")
    live.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    expect(message(live)).to_have_text("1 face")


def test_recording_continues_in_a_new_session_after_a_restart_of_the_server(
    own_studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = start(open_page(own_studio.url))
    record(page)
    people = page.get_by_role("region", name=re.compile(r"^Person \d+$")).count()
    own_studio.stop()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The Mien server is not responding.")
    own_studio.start()
    expect(page.get_by_text("Reconnected to the Mien server.")).to_be_visible()
    expect(alert).to_have_count(0)
    # The new server cannot know who was in view before.
    expect(page.get_by_role("region", name=f"Person {people + 1}", exact=True)).to_be_visible()
    stop_recording(page)
    after, before = ask(own_studio, page, "/v1/sessions")["sessions"]
    assert (before["status"], after["status"]) == ("interrupted", "done")
    assert min(before["frames"], after["frames"]) > 0
