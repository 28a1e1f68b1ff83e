"""Live, with a camera that shows the shared clip: a man neutral, smiling, neutral again."""

import re
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from mien.emotions import EMOTIONS
from tests.server.page.camera import (
    answer_live,
    make_face,
    message,
    open_live,
    person,
    stage,
    start,
)
from tests.server.page.conftest import WAIT, OpenPage, Studio, ask

pytestmark = pytest.mark.slow

# How many columns of a canvas differ from its first, on which nothing is drawn yet.
DRAWN = """(canvas) => {
  const context = canvas.getContext("2d"), {width, height} = canvas;
  const column = (x) => String(context.getImageData(x, 0, 1, height).data);
  const first = column(0);
  return Array.from({length: width}, (_, x) => column(x)).filter((other) => other !== first).length;
}"""
# How far a strip has moved, in CSS pixels.
MOVED = "(strip) => new DOMMatrix(getComputedStyle(strip.firstChild).transform).m41"


def wait_for_box(canvas: Locator) -> None:
    """Waits for a box and its label: the video moves before the next face is drawn on it."""
    deadline = time.monotonic() + WAIT / 1000
    while canvas.evaluate(DRAWN) <= 100:
        assert time.monotonic() < deadline, "no box was drawn"
        canvas.page.wait_for_timeout(50)


@pytest.fixture
def live(studio: Studio, open_page: OpenPage, shared: Path) -> Page:
    return start(open_live(studio, open_page))


def test_a_face_is_detected_and_labelled(live: Page) -> None:
    expect(message(live)).to_have_text("1 face")
    expect(live.locator(".rate")).to_have_text(re.compile(r"^[\d.]+ fps · \d+ ms$"))
    for emotion in ("happy", "neutral"):  # the clip shows both, over and over
        expect(live.locator(".headline")).to_contain_text(re.compile(rf"{emotion}\d+"))
        expect(person(live).locator(".chip")).to_have_text(re.compile(rf"{emotion} \d+"))
    wait_for_box(live.locator(".media canvas"))


def test_a_busy_server_is_told(studio: Studio, open_page: OpenPage) -> None:
    page, answer = open_live(studio, open_page), {"waited": 10.0}
    answer_live(page, lambda: [make_face(1)], answer)
    start(page)
    expect(page.get_by_text("Server busy")).to_be_visible()
    answer["waited"] = 0.0
    expect(page.get_by_text("Server busy")).to_be_hidden()


def test_a_card_shows_three_labels_until_all_are_asked_for(live: Page) -> None:
    bars = person(live).locator("tbody tr")
    expect(bars).to_have_count(3)
    live.get_by_role("button", name="Pause").click()
    expect(message(live)).to_have_text("Paused")
    person(live).get_by_role("button", name="All").click()
    expect(bars.get_by_role("rowheader")).to_have_text(list(EMOTIONS))
    shares = person(live).locator("td.number").all_inner_texts()
    assert sum(int(share.split()[0]) for share in shares) == pytest.approx(100, abs=4)


def test_the_strip_is_painted_and_moves(live: Page) -> None:
    strip = person(live).get_by_role("img")
    drawn, moved = strip.locator("canvas").evaluate(DRAWN), strip.evaluate(MOVED)
    deadline = time.monotonic() + WAIT / 1000
    while strip.locator("canvas").evaluate(DRAWN) <= drawn + 10 or strip.evaluate(MOVED) >= moved:
        assert time.monotonic() < deadline
        live.wait_for_timeout(100)
    expect(strip).to_have_attribute("aria-label", re.compile("mostly (happy|neutral), then"))


def test_pause_stops_the_strip_until_resume(live: Page) -> None:
    strip = person(live).get_by_role("img")
    live.keyboard.press("Space")
    expect(message(live)).to_have_text("Paused")
    rests = """async (strip) => {
      for (let last = "", since = performance.now(); ;) {
        const now = getComputedStyle(strip.firstChild).transform;
        if (now !== last) since = performance.now();
        if (performance.now() - since > 1500) return true;
        last = now;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }"""
    assert strip.evaluate(rests)
    live.get_by_role("button", name="Resume").click()
    expect(message(live)).to_have_text("1 face")


def test_settings_are_sent_to_the_server(studio: Studio, open_page: OpenPage, shared: Path) -> None:
    page = open_live(studio, open_page)
    page.evaluate(
        "localStorage.setItem('mien-settings', JSON.stringify("
        "{model: 'small', threshold: 0.9, smoothing: 0.5}))"
    )
    page.reload()
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(str(data))))
    start(page)
    for setting in ('"model":"small"', '"unsure_below":0.9', '"smoothing":0.5'):
        assert setting in sent[0]
    expect(page.locator(".headline")).to_contain_text("unsure")


def test_a_correction_is_stored_and_undone(studio: Studio, live: Page) -> None:
    before = ask(studio, live, "/v1/feedback")["counts"].get("surprise", 0)
    live.get_by_role("button", name="Pause").click()
    person(live).get_by_role("button", name="Wrong?").click()
    person(live).get_by_role("button", name="surprise").click()
    toast = live.get_by_role("status").filter(has_text="Saved as surprise (no image stored)")
    expect(toast).to_be_visible()
    expect(person(live).get_by_text("Corrected to surprise")).to_be_visible()
    stored = ask(studio, live, "/v1/feedback")
    assert stored["counts"]["surprise"] == before + 1
    assert stored["feedback"][0]["label"] == "surprise"
    toast.get_by_role("button", name="Undo").click()
    expect(live.get_by_text("Undone")).to_be_visible()
    expect(person(live).get_by_text("Corrected to surprise")).to_be_hidden()
    assert ask(studio, live, "/v1/feedback")["counts"].get("surprise", 0) == before


def test_a_correction_is_about_the_face_of_the_moment_it_was_asked_for(
    studio: Studio, open_page: OpenPage
) -> None:
    page, number = open_live(studio, open_page), iter(range(10**6))
    answer_live(page, lambda: [make_face(1) | {"face_id": f"face-{next(number)}"}])
    page.route(
        "**/v1/feedback",
        lambda route: route.fulfill(status=201, json={"id": 1, "correction": None}),
    )
    start(page).get_by_role("button", name="Wrong?").click()
    with page.expect_request("**/v1/feedback") as first:
        page.get_by_role("button", name="sad").click()
    page.wait_for_timeout(300)
    with page.expect_request("**/v1/feedback") as second:
        page.get_by_role("button", name="fear").click()
    assert first.value.post_data_json["face_id"] == second.value.post_data_json["face_id"]


def test_five_people_fit_on_the_screen_of_a_laptop(studio: Studio, open_page: OpenPage) -> None:
    page = open_live(studio, open_page, viewport={"width": 1280, "height": 800})
    answer_live(page, lambda: [make_face(number) for number in range(1, 6)])
    cards = start(page).get_by_role("region", name=re.compile("^Person "))
    expect(cards).to_have_count(5)
    bottoms = cards.evaluate_all(
        "(cards) => cards.map((card) => card.getBoundingClientRect().bottom)"
    )
    assert max(bottoms) < 800
    assert page.evaluate("scrollY") == 0


def test_another_person_is_shown_in_large_and_one_out_of_view_stays_for_a_while(
    studio: Studio, open_page: OpenPage
) -> None:
    page, faces = open_live(studio, open_page), [make_face(1), make_face(2, "sad")]
    answer_live(page, lambda: faces)
    start(page)
    expect(page.get_by_text("2 faces")).to_be_visible()
    expect(page.locator(".headline")).to_have_text("happy94\u00a0%Person 1")
    page.get_by_role("button", name="Show the label of person 2 in large").click()
    expect(page.locator(".headline")).to_have_text("sad94\u00a0%Person 2")
    del faces[0]
    expect(page.get_by_role("region", name="Person 1")).to_contain_text("Out of view")
    expect(page.locator(".headline")).to_have_text("sad94\u00a0%")


def test_the_hints_start_at_the_first_face(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = start(open_page(f"{studio.url}/#/live"))
    for number in range(1, 5):
        hint = page.get_by_role("dialog", name=f"Hint {number} of 4")
        expect(hint).to_be_visible()
        hint.get_by_role("button").last.click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_reduced_motion_slows_the_strip_and_stops_transitions(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = start(open_live(studio, open_page, reduced_motion="reduce"))
    bar = person(page).locator(".bars .track span").first
    assert bar.evaluate("(bar) => getComputedStyle(bar).transitionDuration") == "0s"
    times = """async (strip) => {
      const times = [], end = performance.now() + 20_000, {style} = strip.firstChild;
      for (let last = style.transform; times.length < 4 && performance.now() < end;) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const now = style.transform;
        if (now !== last) times.push(performance.now());
        last = now;
      }
      return times;
    }"""
    first, *_, fourth = person(page).get_by_role("img").evaluate(times)
    assert fourth - first > 2000  # milliseconds: one movement a second, and the first is seen late


def test_a_snapshot_is_downloaded_as_png(live: Page) -> None:
    with live.expect_download() as saving:
        live.keyboard.press("s")
    image = Path(saving.value.path()).read_bytes()
    assert Image.open(BytesIO(image)).size == (640, 360)
    assert saving.value.suggested_filename.endswith(".png")


def test_full_screen_shows_the_label_over_the_video(live: Page) -> None:
    live.keyboard.press("f")
    expect(live.locator(".screen:fullscreen .headline")).to_be_visible()
    live.get_by_role("main").evaluate("() => document.exitFullscreen()")
    expect(live.locator(".side .headline")).to_be_visible()


def test_picture_in_picture_takes_the_boxes_along_and_brings_them_back(live: Page) -> None:
    with live.context.expect_page() as opened:
        live.keyboard.press("p")
    expect(opened.value.locator("video")).to_be_visible()
    expect(live.locator("video")).to_have_count(0)
    wait_for_box(opened.value.locator(".screen canvas"))
    live.get_by_role("button", name="Bring it back").click()
    expect(live.locator("video")).to_be_visible()
    expect(message(live)).to_have_text("1 face")


def test_stopping_shows_the_ways_in_again(live: Page) -> None:
    live.get_by_role("button", name="Stop camera").click()
    expect(live.get_by_role("button", name="Start camera")).to_be_visible()
    expect(person(live)).to_be_hidden()
    expect(stage(live).get_by_role("button", name="Pause")).to_be_hidden()
