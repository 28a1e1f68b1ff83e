"""The timeline of a session: a row per person, zoom and pan, stretches and their figures, peaks."""

import re
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from mien.emotions import COLORS
from tests.server.page.conftest import OpenPage, Studio
from tests.server.page.recorded import RATE, record
from tests.server.page.viewing import (
    EMPTY,
    box_of,
    cursor,
    drag,
    seek,
    slider,
    wait_for_color,
    wait_for_cursor,
)

pytestmark = pytest.mark.slow

# Person 2 is sad, out of view, then happy for a while: the peak of "happy" lies at 4 s.
TALK = (
    [{1: "happy", 2: "sad"}] * 20
    + [{1: "neutral"}] * 20
    + [{1: "happy", 2: "happy"}] * 10
    + [{1: "happy", 2: "sad"}] * 10
)
LAPTOP = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def url(studio: Studio) -> Iterator[str]:
    with httpx2.Client(base_url=studio.url, timeout=60) as api:
        yield f"{studio.url}/#{record(api, 'Monday', TALK, ended=True).removeprefix('/v1')}"


@pytest.fixture
def page(open_page: OpenPage, url: str) -> Page:
    page = open_page(url)
    expect(page.get_by_text("In view for 0:06.0")).to_be_visible()
    return page


def row(page: Page, name: str) -> Locator:
    return page.locator(".person-track", has=page.get_by_role("button", name=name, exact=True))


def choose(page: Page, name: str) -> None:
    row(page, name).get_by_role("button", name=name, exact=True).click()


def visible_range(page: Page) -> str:
    found = page.get_by_role("slider", name="Visible range")
    return found.get_attribute("aria-valuetext") or ""


def test_every_person_has_a_row_and_the_chosen_one_is_larger(page: Page) -> None:
    expect(page.locator(".person-track")).to_have_count(2)
    wait_for_color(page, 0.1, COLORS["happy"])
    expect(page.get_by_role("button", name="Person 1", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    choose(page, "Person 2")
    wait_for_color(page, 0.1, COLORS["sad"])
    wait_for_color(page, 0.5, EMPTY)  # out of view
    heights = [box_of(row(page, name))["height"] for name in ("Person 1", "Person 2")]
    assert heights[0] < heights[1]


def test_one_cursor_runs_over_all_rows(page: Page) -> None:
    seek(page, 0.51)
    assert cursor(page) == pytest.approx(3.06, abs=0.02)
    expect(slider(page)).to_have_attribute("aria-valuetext", "0:03.0, neutral 70\u00a0%")
    choose(page, "Person 2")
    expect(slider(page)).to_have_attribute("aria-valuetext", "0:03.0, out of view")
    line, rows = box_of(slider(page)), box_of(page.locator(".people-rows"))
    assert line["y"] + line["height"] >= rows["y"] + rows["height"] - 4
    center = line["x"] + line["width"] / 2
    charts = box_of(page.locator(".surface"))
    assert center == pytest.approx(charts["x"] + 0.51 * charts["width"], abs=3)


def test_rows_show_labels_alone_when_asked_also_after_a_reload(page: Page) -> None:
    height = box_of(row(page, "Person 2"))["height"]
    page.get_by_role("button", name="Labels only").click()
    wait_for_color(page, 0.1, COLORS["happy"])
    assert box_of(row(page, "Person 2"))["height"] < height
    page.reload()
    expect(page.get_by_role("button", name="Labels only")).to_have_attribute("aria-pressed", "true")


def test_find_jumps_to_a_persons_peak_in_two_clicks(page: Page) -> None:
    page.get_by_role("button", name="Find in Person 2").click()
    page.get_by_role("menuitem", name=re.compile("Most happy")).click()
    wait_for_cursor(page, 4)
    expect(slider(page)).to_have_attribute("aria-valuetext", "0:04.0, happy 70\u00a0%")


def test_dragging_over_the_charts_tells_the_figures_of_the_stretch(page: Page) -> None:
    drag(page, page.locator(".surface"), 0.26, 0.51)
    panel = page.get_by_role("region", name="Selection")
    expect(panel).to_contain_text("0:01.5 to 0:03.0 · 1.5 s")
    person = panel.locator("tbody").filter(has_text="Person 1")
    expect(person).to_contain_text("in view for 1.5 s")
    expect(person.get_by_role("row", name=re.compile("neutral"))).to_contain_text("71\u00a0%")
    expect(panel.locator("tbody").filter(has_text="Person 2")).to_contain_text("in view for 0.4 s")
    person.get_by_role("button", name="Go to the peak of neutral").click()
    wait_for_cursor(page, 2)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_a_stretch_becomes_an_interval_or_the_visible_range(page: Page, studio: Studio) -> None:
    drag(page, page.locator(".surface"), 0.26, 0.51)
    panel = page.get_by_role("region", name="Selection")
    panel.get_by_role("button", name="Zoom to it").click()
    assert visible_range(page) == "0:01.5 to 0:03.0"
    panel.get_by_role("button", name="Mark as interval").click()
    expect(page.get_by_text("Added interval at 0:01.5 to 0:03.0")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".lane .interval")).to_have_count(0)


def test_a_stretch_is_selected_by_keys(page: Page) -> None:
    slider(page).focus()
    page.keyboard.press("PageUp")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    panel = page.get_by_role("region", name="Selection")
    expect(panel).to_contain_text("0:02.0 to 0:02.5")
    page.keyboard.press("Shift+ArrowLeft")
    expect(panel).to_contain_text("0:02.0 to 0:02.4")


def test_the_visible_range_is_moved_by_mouse_and_keys(page: Page) -> None:
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert visible_range(page) == "0:00.0 to 0:01.5"
    drag(page, page.locator(".axis"), 0.91, 0.4)
    assert visible_range(page) == "0:00.7 to 0:02.2"
    drag(page, page.locator(".overview"), 0.25, 0.5)
    assert visible_range(page) == "0:02.2 to 0:03.7"
    window = page.get_by_role("slider", name="Visible range")
    window.press("End")
    assert visible_range(page) == "0:04.5 to 0:06.0"
    page.keyboard.press("0")
    assert visible_range(page) == "0:00.0 to 0:06.0"


def test_scrubbing_loads_no_frames_until_it_rests(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    script = """() => {
        const cursor = document.querySelector(".cursor");
        for (let step = 0; step < 50; step++)
          cursor.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
    }"""
    page.evaluate(script)
    assert cursor(page) == pytest.approx(50 / RATE)
    expect(page.get_by_role("region", name="Current frame")).to_contain_text("0:05.0")
    page.wait_for_timeout(300)
    assert not [url for url in asked if "/frames" in url]  # the session's frames are loaded


def test_five_people_fit_on_the_screen_of_a_laptop(studio: Studio, open_page: OpenPage) -> None:
    with httpx2.Client(base_url=studio.url, timeout=60) as api:
        people = dict.fromkeys(range(1, 6), "happy")
        session = record(api, "Five", [people] * 10, ended=True)
    page = open_page(f"{studio.url}/#{session.removeprefix('/v1')}", viewport=LAPTOP)
    expect(page.locator(".person-track")).to_have_count(5)
    bottom = page.locator(".overview").bounding_box()
    assert bottom is not None
    assert bottom["y"] + bottom["height"] <= LAPTOP["height"]


def test_names_of_any_script_stay_text(studio: Studio, open_page: OpenPage) -> None:
    names = ["<b>Bo</b>", "مريم عبد الله", "👩‍🔬 " + "Ada " * 49]
    with httpx2.Client(base_url=studio.url, timeout=60) as api:
        session = record(api, "<i>Any</i>", [{1: "happy", 2: "sad", 3: "fear"}] * 10, ended=True)
        for number, name in enumerate(names, 1):
            api.patch(f"{session}/people/{number}", json={"name": name}).raise_for_status()
    page = open_page(
        f"{studio.url}/#{session.removeprefix('/v1')}", viewport={"width": 360, "height": 740}
    )
    expect(page.get_by_role("heading", name="<i>Any</i>")).to_be_visible()
    expect(page.locator(".person-track .who .name")).to_have_text([name.strip() for name in names])
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_an_interrupted_recording_says_how_to_go_on(
    own_studio: Studio, open_page: OpenPage
) -> None:
    with httpx2.Client(base_url=own_studio.url, timeout=60) as api:
        session = record(api, "Monday", [{1: "happy"}] * 10)
    own_studio.stop()
    own_studio.start()
    page = open_page(f"{own_studio.url}/#{session.removeprefix('/v1')}")
    expect(
        page.get_by_text("Interrupted. Everything recorded until then is saved.")
    ).to_be_visible()
    expect(page.get_by_text("In view for 0:01.0")).to_be_visible()
    page.get_by_role("link", name="Record another session").click()
    expect(page).to_have_url(f"{own_studio.url}/#/live")


def test_a_recording_without_anybody_says_so(studio: Studio, open_page: OpenPage) -> None:
    with httpx2.Client(base_url=studio.url, timeout=60) as api:
        session = record(api, "Nobody", [{}] * 10)
        page = open_page(f"{studio.url}/#{session.removeprefix('/v1')}")
        expect(page.get_by_role("region", name="Timeline")).to_contain_text("No face detected")
        record(api, "Nobody", [{1: "happy"}] * 10, url=session)
        expect(page.get_by_role("button", name="Person 1", exact=True)).to_be_visible()
