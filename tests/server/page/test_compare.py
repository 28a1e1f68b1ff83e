"""Two sessions, or two people, on one time axis, and their differences."""

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from mien.emotions import COLORS
from tests.server.page.conftest import OpenPage, Studio
from tests.server.page.recorded import record
from tests.server.page.viewing import until

pytestmark = pytest.mark.slow

LESS, PERCENT = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}%"


def number_of(session: str) -> str:
    return session.rpartition("/")[2]


@pytest.fixture(scope="module")
def first(api: httpx2.Client) -> str:
    """Four seconds: half happy, half neutral; the stimulus comes at 1 s."""
    session = record(api, "First", [{1: "happy"}] * 20 + [{1: "neutral"}] * 20, ended=True)
    api.post(f"{session}/marks", json={"time": 1, "name": "stimulus"}).raise_for_status()
    return number_of(session)


@pytest.fixture(scope="module")
def second(api: httpx2.Client) -> str:
    """Eight seconds with two people; the stimulus comes at 3 s."""
    frames = [{1: "sad", 2: "happy"}] * 60 + [{1: "happy", 2: "happy"}] * 20
    session = record(api, "Second", frames, ended=True)
    api.patch(f"{session}/people/2", json={"name": "Ada"}).raise_for_status()
    api.post(f"{session}/marks", json={"time": 3, "name": "stimulus"}).raise_for_status()
    return number_of(session)


def open_compare(studio: Studio, open_page: OpenPage, *sides: str, **options: object) -> Page:
    page = open_page(f"{studio.url}/#/sessions/compare/{'/'.join(sides)}", **options)
    expect(page.get_by_role("heading", name="Compare", exact=True)).to_be_visible()
    return page


def cells(page: Page, label: str) -> Locator:
    """A label's row: the shares of A and B, their difference, and the same of the means."""
    table = page.get_by_role("table")
    return table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=label))


def test_two_people_differ_by_their_shares_and_means(
    studio: Studio, open_page: OpenPage, first: str, second: str
) -> None:
    page = open_compare(studio, open_page, f"{first}:1", f"{second}:1")
    shares, means = f"50 %, 25 %, {LESS}25", f"38 %, 21 %, {LESS}16"
    expected = f"{shares} percentage points, {means} percentage points".split(", ")
    expect(cells(page, "happy").get_by_role("cell")).to_have_text(expected)
    table = page.get_by_role("table")
    expect(table).to_contain_text("First · Person 1 · 4.0 s in view, about 40 frames")
    expect(table).to_contain_text("Second · Person 1 · 8.0 s in view, about 80 frames")
    expect(page.get_by_text("do not show whether a difference would appear again")).to_be_visible()


def test_everybody_of_a_session_is_compared_by_their_time_in_view(
    studio: Studio, open_page: OpenPage, first: str, second: str
) -> None:
    page = open_compare(studio, open_page, first, second)
    expect(page.locator(".compared")).to_have_count(3)
    expect(cells(page, "sad").get_by_role("cell").nth(1)).to_have_text("38 %")
    expect(page.get_by_role("table")).to_contain_text("16.0 s in view")
    page.get_by_role("combobox", name="Person").select_option("Ada")
    expect(page.locator(".compared")).to_have_count(2)
    expect(cells(page, "happy").get_by_role("cell").nth(2)).to_have_text("+50 percentage points")
    expect(page).to_have_url(f"{studio.url}/#/sessions/compare/{first}/{second}:2")


def test_rows_are_aligned_at_a_marker_of_both(
    studio: Studio, open_page: OpenPage, first: str, second: str
) -> None:
    page = open_compare(studio, open_page, first, f"{second}:1")
    slider = page.get_by_role("slider", name="Time", exact=True)
    expect(slider).to_have_attribute(
        "aria-valuetext", f"0:00.0; A, Person 1: happy 70{PERCENT}; B, Person 1: sad 70{PERCENT}"
    )
    page.get_by_label("Align at").select_option("Marker “stimulus”")
    expect(slider).to_have_attribute("aria-valuenow", "3.00")
    slider.press("Home")
    expect(slider).to_have_attribute(
        "aria-valuetext", f"{LESS}0:03.0; A, Person 1: Not recorded; B, Person 1: sad 70{PERCENT}"
    )
    wait_for_color(page, 0, 0.1, "transparent")
    wait_for_color(page, 0, 0.4, COLORS["happy"])
    wait_for_color(page, 1, 0.1, COLORS["sad"])


def wait_for_color(page: Page, row: int, x: float, color: str) -> None:
    script = """
        ([row, x, color]) => {
          const canvas = document.querySelectorAll(".compared canvas")[row];
          const context = canvas.getContext("2d");
          const pixel = context.getImageData(canvas.width * x, canvas.height * 0.3, 1, 1).data;
          if (!pixel[3]) return color === "transparent";
          const hex = (value) => value.toString(16).padStart(2, "0");
          return `#${Array.from(pixel.slice(0, 3), hex).join("")}` === color;
        }"""
    until(page, script, [row, x, color])


def test_figures_are_of_the_visible_range(
    studio: Studio, open_page: OpenPage, first: str, second: str
) -> None:
    page = open_compare(studio, open_page, first, f"{second}:1")
    table = page.get_by_role("table")
    expect(table).to_contain_text("8.0 s in view")
    page.get_by_role("button", name="Show common part").click()
    expect(table).to_contain_text("4.0 s in view, about 40 frames")
    expect(table).not_to_contain_text("8.0 s in view")
    page.keyboard.press("+")
    expect(table).to_contain_text("2.0 s in view")
    expect(cells(page, "happy").get_by_role("cell").nth(0)).to_have_text("100 %")
    page.keyboard.press("0")
    expect(table).to_contain_text("8.0 s in view")


def test_the_other_side_is_chosen_on_the_page(
    studio: Studio, open_page: OpenPage, first: str, second: str
) -> None:
    page = open_page(f"{studio.url}/#/sessions/{first}")
    page.get_by_role("link", name="Compare …").click()
    expect(page.get_by_role("heading", name="Two sessions, or two people of one")).to_be_visible()
    choice = page.get_by_role("combobox", name="Session").nth(1)
    choice.select_option(second)
    expect(page.get_by_role("heading", name="Differences")).to_be_visible()
    expect(page).to_have_url(f"{studio.url}/#/sessions/compare/{first}/{second}")
    choice.select_option(first)
    expect(cells(page, "happy").get_by_role("cell").nth(2)).to_have_text("0 percentage points")


def test_two_people_of_a_session_are_compared_from_its_page(
    studio: Studio, open_page: OpenPage, second: str
) -> None:
    page = open_page(f"{studio.url}/#/sessions/{second}")
    page.get_by_role("button", name="Actions for Person 1", exact=True).click()
    page.get_by_role("menuitem", name="Compare with Ada").click()
    expect(page).to_have_url(f"{studio.url}/#/sessions/compare/{second}:1/{second}:2")
    expect(page.get_by_role("table")).to_contain_text("Second · Ada")


def test_what_cannot_be_compared_says_why(
    studio: Studio, open_page: OpenPage, api: httpx2.Client, first: str
) -> None:
    new = {"name": "Photos", "kind": "photo"}
    photos = api.post("/v1/sessions", json=new).raise_for_status().json()["id"]
    page = open_compare(studio, open_page, str(photos), "999999")
    expect(page.get_by_text("Photos have no timeline. Choose a recording")).to_be_visible()
    expect(page.get_by_text("Session not found. Choose another one.")).to_be_visible()
    page.goto(f"{studio.url}/#/sessions/compare/x:y/{first}")
    expect(page.get_by_text("Session not found. Choose another one.")).to_be_visible()


def test_a_comparison_fits_the_width_of_a_phone(
    studio: Studio, open_page: OpenPage, first: str, second: str
) -> None:
    page = open_compare(studio, open_page, first, second, viewport={"width": 360, "height": 740})
    expect(page.get_by_role("table")).to_contain_text("in view")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
