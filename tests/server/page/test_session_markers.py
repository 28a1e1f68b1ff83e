"""Markers as flags and intervals as bars in a session's timeline, by mouse and by keys."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.server.page.conftest import OpenPage, Studio
from tests.server.page.recorded import RATE, record
from tests.server.page.viewing import box_of, seek, slider, wait_for_cursor

pytestmark = pytest.mark.slow

SECONDS = 6

Markers = Callable[[], Any]


@pytest.fixture
def session(api: httpx2.Client) -> str:
    return record(api, "Monday", [{1: "happy"}] * (SECONDS * RATE), ended=True)


@pytest.fixture
def markers(api: httpx2.Client, session: str) -> Markers:
    """Returns the stored markers."""
    return lambda: api.get(session).json()["marks"]


@pytest.fixture
def page(studio: Studio, open_page: OpenPage, api: httpx2.Client, session: str) -> Page:
    """The session with a marker at 1 s and an interval from 3 s to 4 s."""
    for marker in ({"time": 1, "name": "smile"}, {"time": 3, "duration": 1, "name": "talk"}):
        api.post(f"{session}/marks", json=marker).raise_for_status()
    page = open_page(f"{studio.url}/#{session.removeprefix('/v1')}")
    expect(page.locator(".lane .flag")).to_be_visible()
    return page


def flag(page: Page, time: str) -> Locator:
    return page.locator(".lane").get_by_role("button", name=f"Marker at {time}")


def interval(page: Page, times: str) -> Locator:
    return page.locator(".lane").get_by_role("button", name=f"Interval at {times}")


def pull(page: Page, element: Locator, seconds: float) -> None:
    """Drags an element of the lane along the time axis."""
    box, lane = box_of(element), box_of(page.locator(".lane"))
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + seconds / SECONDS * lane["width"], y, steps=9)
    page.mouse.up()


def test_a_flag_is_dragged_and_put_back(page: Page, markers: Markers) -> None:
    pull(page, flag(page, "0:01.0"), 1.04)
    expect(page.get_by_text("Moved marker to 0:02.0")).to_be_visible()
    assert markers()[0]["time"] == pytest.approx(2, abs=0.05)
    page.get_by_role("button", name="Undo").click()
    expect(flag(page, "0:01.0")).to_be_visible()
    assert markers()[0]["time"] == 1


def test_a_click_on_a_flag_moves_the_cursor_there(page: Page, markers: Markers) -> None:
    flag(page, "0:01.0").click()
    wait_for_cursor(page, 1)
    assert markers()[0]["time"] == 1


def test_the_edges_of_an_interval_and_the_whole_are_dragged(page: Page, markers: Markers) -> None:
    lane = page.locator(".lane")
    pull(page, lane.get_by_role("slider", name="End of talk"), 1.04)
    expect(interval(page, "0:03.0 to 0:05.0")).to_be_visible()
    pull(page, lane.get_by_role("slider", name="Start of talk"), -0.96)
    expect(interval(page, "0:02.0 to 0:05.0")).to_be_visible()
    pull(page, interval(page, "0:02.0 to 0:05.0"), 0.5)
    expect(page.get_by_text("Moved interval to 0:02.5 to 0:05.5")).to_be_visible()
    stored = markers()[1]
    assert (stored["time"], stored["duration"]) == pytest.approx((2.5, 3), abs=0.1)


def test_markers_are_moved_by_keys(page: Page, markers: Markers) -> None:
    flag(page, "0:01.0").press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(flag(page, "0:02.1")).to_be_focused()
    wait_for_cursor(page, 2.1)
    expect(page.get_by_text("Moved marker to 0:02.1")).to_be_visible()
    assert markers()[0]["time"] == pytest.approx(2.1)
    edge = page.get_by_role("slider", name="End of talk")
    edge.press("Shift+ArrowRight")
    expect(edge).to_have_attribute("aria-valuetext", "0:05.0")
    expect(page.get_by_text("Moved interval to 0:03.0 to 0:05.0")).to_be_visible()
    assert markers()[1]["duration"] == pytest.approx(2)


def test_enter_edits_a_name_in_place(page: Page, markers: Markers) -> None:
    flag(page, "0:01.0").press("Enter")
    field = page.get_by_role("textbox", name="Name of the marker at 0:01.0")
    expect(field).to_be_focused()
    field.fill("ضحكة <b>")
    field.press("Enter")
    expect(flag(page, "0:01.0")).to_contain_text("ضحكة <b>")
    expect(flag(page, "0:01.0")).to_be_focused()
    assert markers()[0]["name"] == "ضحكة <b>"
    page.keyboard.press("Enter")
    page.keyboard.type("other")
    page.keyboard.press("Escape")
    assert markers()[0]["name"] == "ضحكة <b>"


def test_delete_removes_a_marker_until_it_is_undone(page: Page, markers: Markers) -> None:
    flag(page, "0:01.0").press("Delete")
    expect(page.locator(".lane .flag")).to_have_count(0)
    expect(interval(page, "0:03.0 to 0:04.0")).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(flag(page, "0:01.0")).to_contain_text("smile")
    assert [marker["name"] for marker in markers()] == ["smile", "talk"]


def test_markers_are_added_by_double_click_button_and_key(page: Page, markers: Markers) -> None:
    box = box_of(page.locator(".lane"))
    page.mouse.dblclick(box["x"] + 0.51 * box["width"], box["y"] + 8)
    expect(flag(page, "0:03.0")).to_be_visible()
    seek(page, 0.76)
    page.keyboard.press("m")
    expect(flag(page, "0:04.5")).to_be_visible()
    slider(page).press("Home")
    page.get_by_role("button", name="Add marker").click()
    expect(flag(page, "0:00.0")).to_be_visible()
    times = [marker["time"] for marker in markers() if not marker["duration"]]
    assert times == pytest.approx([0, 1, 3.06, 4.56], abs=0.02)


def test_an_interval_runs_from_one_press_of_its_key_to_the_next(page: Page) -> None:
    slider(page).press("End")
    page.keyboard.press("i")
    expect(page.get_by_text("Interval from 0:06.0. Move the cursor to its end.")).to_be_visible()
    seek(page, 0.76)
    page.keyboard.press("i")
    expect(interval(page, "0:04.5 to 0:06.0")).to_be_visible()


def test_keys_of_the_timeline_stay_out_of_fields(page: Page, markers: Markers) -> None:
    note = page.get_by_role("textbox", name="Note at 0:01.0")
    note.fill("")
    note.press_sequentially("mi 0+")
    note.blur()
    expect(note).to_have_value("mi 0+")
    page.wait_for_load_state("networkidle")
    assert [marker["note"] for marker in markers()] == ["mi 0+", ""]


def test_the_list_jumps_to_markers_describes_and_deletes_them(page: Page, markers: Markers) -> None:
    listed = page.get_by_role("region", name="Markers and intervals")
    listed.get_by_role("button", name="Go to 0:03.0").click()
    wait_for_cursor(page, 3)
    item = listed.get_by_role("listitem").nth(1)
    item.get_by_text("Details").click()
    item.get_by_label("Who").select_option("Person 1")
    item.get_by_label("Leave out of summaries").check()
    item.get_by_role("textbox", name="Condition at").fill("joy")
    item.get_by_role("textbox", name="Condition at").blur()
    expect(item.locator("summary")).to_contain_text("joy · Person 1 · left out")
    stored = markers()[1]
    assert (stored["person"], stored["excluded"], stored["condition"]) == (1, True, "joy")
    listed.get_by_role("button", name="Delete marker at 0:03.0").click()
    expect(listed.get_by_role("listitem")).to_have_count(1)


def test_dragging_stops_with_escape(page: Page, markers: Markers) -> None:
    element = flag(page, "0:01.0")
    box = box_of(element)
    element.focus()
    page.mouse.move(box["x"] + 5, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 8, steps=5)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(flag(page, "0:01.0")).to_be_visible()
    assert markers()[0]["time"] == 1
