"""The list of sessions: facts, search, order, paging, selection, export and deletion."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.server.page.conftest import OpenPage, Studio
from tests.server.page.recorded import record

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def list_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A server to which only the tests of this file record."""
    studio = Studio(tmp_path_factory.mktemp("list"))
    yield studio
    studio.stop()


@pytest.fixture
def api(list_studio: Studio) -> Iterator[httpx2.Client]:
    """A client of that server, which has no sessions yet."""
    with httpx2.Client(base_url=list_studio.url, timeout=60) as client:
        for session in client.get("/v1/sessions", params={"limit": 500}).json()["sessions"]:
            client.delete(f"/v1/sessions/{session['id']}").raise_for_status()
        yield client


def open_list(list_studio: Studio, open_page: OpenPage, **options: object) -> Page:
    page = open_page(f"{list_studio.url}/#/sessions", **options)
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()
    return page


def names(page: Page) -> Locator:
    return page.get_by_role("table", name="Sessions").get_by_role("link")


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name))


def record_days(api: httpx2.Client) -> None:
    for name in ("Monday", "Tuesday", "Wednesday"):
        record(api, name, [{1: "happy"}] * 5, ended=True)


def test_an_empty_list_offers_the_ways_to_a_session(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    page = open_list(list_studio, open_page)
    expect(page.get_by_role("heading", name="No sessions yet")).to_be_visible()
    for name, place in (("Try the sample", "live/sample"), ("Analyze a video", "analyze")):
        link = page.get_by_role("link", name=name)
        expect(link).to_have_attribute("href", f"#/{place}")
    page.get_by_role("link", name="Record in Live").click()
    expect(page).to_have_url(f"{list_studio.url}/#/live")


def test_a_row_shows_what_a_session_is(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    frames = [{1: "happy", 2: "happy"}] * 20 + [{1: "sad", 2: "sad"}] * 10
    url = record(api, "Monday <b>", frames, ended=True)
    api.patch(f"{url}/people/2", json={"name": "مريم"}).raise_for_status()
    shown = row(open_list(list_studio, open_page), "Monday")
    expect(shown.get_by_role("link")).to_have_text("Monday <b>")
    expect(shown.get_by_role("img", name="Mostly happy, then sad")).to_be_visible()
    expect(shown.get_by_role("img", name="Live")).to_be_visible()
    cells = shown.get_by_role("cell")
    expect(cells.nth(4)).to_have_text("مريم +1")
    expect(cells.nth(5)).to_have_text("0:02")
    expect(cells.nth(8)).to_have_text("Done")


def test_a_session_where_nobody_was_in_view_says_so(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    record(api, "Monday", [{}] * 10, ended=True)
    shown = row(open_list(list_studio, open_page), "Monday")
    expect(shown.get_by_role("img", name="No face detected")).to_be_visible()
    expect(shown).to_contain_text("0 people")


def test_the_head_tells_the_storage_used(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    record_days(api)
    page = open_list(list_studio, open_page)
    expect(page.get_by_text("3 sessions, ")).to_contain_text("free")
    row(page, "Monday").get_by_role("button", name="Delete Monday").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("2 sessions, ")).to_be_visible()
    page.get_by_role("button", name="Storage settings").click()
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()


def test_search_finds_names_notes_people_and_markers(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    record_days(api)
    monday, tuesday = record(api, "One", [{1: "sad"}]), record(api, "Two", [{1: "sad"}])
    api.patch(f"{monday}/people/1", json={"name": "Ada"}).raise_for_status()
    marker = {"time": 0, "name": "stimulus"}
    api.post(f"{tuesday}/marks", json=marker).raise_for_status()
    page = open_list(list_studio, open_page)
    search = page.get_by_role("searchbox", name="Search")
    for text, found in (("TUES", ["Tuesday"]), ("ada", ["One"]), ("stimul", ["Two"])):
        search.fill(text)
        expect(names(page)).to_have_text(found)
    page.get_by_label("Kind").select_option("Video")
    expect(page.get_by_role("heading", name="No matching sessions")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(names(page)).to_have_count(5)
    page.get_by_label("Status").select_option("In progress")
    expect(names(page)).to_have_text(["Two", "One"])


def test_the_list_is_sorted(list_studio: Studio, open_page: OpenPage, api: httpx2.Client) -> None:
    for name, frames in (("Trial 2", 40), ("Trial 10", 90), ("Another", 10)):
        record(api, name, [{1: "happy"}] * frames, ended=True)
    page = open_list(list_studio, open_page)
    sort = page.get_by_label("Sort")
    expect(names(page)).to_have_text(["Another", "Trial 10", "Trial 2"])
    for order, expected in (
        ("Name", ["Another", "Trial 2", "Trial 10"]),
        ("Longest", ["Trial 10", "Trial 2", "Another"]),
        ("Largest", ["Trial 10", "Trial 2", "Another"]),
        ("Oldest", ["Trial 2", "Trial 10", "Another"]),
    ):
        sort.select_option(order)
        expect(names(page)).to_have_text(expected)


def test_more_sessions_are_shown_by_the_keyboard_and_by_scrolling(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    for number in range(53):
        record(api, f"Trial {number}", [], ended=True)
    page = open_list(list_studio, open_page)
    expect(names(page)).to_have_count(50)
    page.get_by_role("button", name="Show more sessions").focus()
    expect(names(page)).to_have_text([f"Trial {number}" for number in reversed(range(53))])
    expect(page.get_by_role("link", name="Trial 2", exact=True)).to_be_focused()
    expect(page.get_by_role("button", name="Show more sessions")).to_be_hidden()
    page.reload()
    page.get_by_label("Sort").select_option("Oldest")
    expect(names(page)).to_have_text([f"Trial {number}" for number in range(50)])
    page.mouse.move(300, 400)
    page.mouse.wheel(0, 5000)
    expect(names(page)).to_have_text([f"Trial {number}" for number in range(53)])


def test_the_keyboard_deletes_a_session_after_confirmation(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    record_days(api)
    page = open_list(list_studio, open_page)
    page.get_by_role("link", name="Tuesday").focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("dialog")).to_contain_text("Delete “Tuesday”?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="Tuesday")).to_be_focused()
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(names(page)).to_have_text(["Wednesday", "Monday"])
    expect(page.get_by_role("link", name="Monday")).to_be_focused()
    assert stored(api) == ["Wednesday", "Monday"]


def stored(api: httpx2.Client) -> list[str]:
    return [session["name"] for session in api.get("/v1/sessions").json()["sessions"]]


def test_several_sessions_are_selected_by_mouse_and_deleted_at_once(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    record_days(api)
    record(api, "Thursday", [{1: "happy"}], ended=True)
    page = open_list(list_studio, open_page)
    page.get_by_label("Select Thursday").check()
    page.get_by_label("Select Tuesday").click(modifiers=["Shift"])
    for name in ("Thursday", "Wednesday", "Tuesday"):
        expect(page.get_by_label(f"Select {name}")).to_be_checked()
    page.get_by_label("Select Wednesday").uncheck()
    bar = page.get_by_role("group", name="Selected sessions")
    expect(bar.get_by_role("status")).to_have_text("2 sessions selected")
    bar.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("Delete 2 sessions?")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(names(page)).to_have_text(["Wednesday", "Monday"])
    expect(bar).to_be_hidden()
    expect(page.get_by_text("Deleted 2 sessions")).to_be_visible()
    assert stored(api) == ["Wednesday", "Monday"]


def test_sessions_are_selected_by_keyboard(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    record_days(api)
    page = open_list(list_studio, open_page)
    count = page.get_by_role("group", name="Selected sessions").get_by_role("status")
    page.get_by_role("link", name="Wednesday").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Tuesday")).to_be_focused()
    page.keyboard.press(" ")
    expect(page.get_by_label("Select Tuesday")).to_be_checked()
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_role("link", name="Monday")).to_be_focused()
    expect(count).to_have_text("2 sessions selected")
    page.keyboard.press("Control+a")
    expect(count).to_have_text("3 sessions selected")
    page.keyboard.press("Escape")
    expect(count).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Monday")).to_be_visible()


def test_the_selected_sessions_are_exported(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client, tmp_path: Path
) -> None:
    record_days(api)
    page = open_list(list_studio, open_page)
    for name in ("Monday", "Wednesday"):
        page.get_by_label(f"Select {name}").check()
    page.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as found:
        page.get_by_role("menuitem", name="JSON Lines").click()
    found.value.save_as(tmp_path / "export.zip")
    assert set(zipfile.ZipFile(tmp_path / "export.zip").namelist()) == {
        "Monday.jsonl",
        "Wednesday.jsonl",
    }


def test_two_selected_sessions_are_compared(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    record_days(api)
    page = open_list(list_studio, open_page)
    page.get_by_label("Select Monday").check()
    expect(page.get_by_role("button", name="Compare")).to_be_disabled()
    page.get_by_label("Select Wednesday").check()
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    sides = page.get_by_role("combobox", name="Session")
    expect(sides.nth(0).locator("option:checked")).to_contain_text("Monday")
    expect(sides.nth(1).locator("option:checked")).to_contain_text("Wednesday")


def test_a_session_in_use_is_not_deleted_and_says_why(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    record(api, "Monday", [{1: "happy"}], ended=True)
    page = open_list(list_studio, open_page)
    sentence = "Session 1: job 7 is still at work on it; cancel that one first, or wait."
    body = {"error": {"code": "conflict", "message": sentence}}
    page.route("**/v1/sessions/*", lambda route: route.fulfill(status=409, json=body))
    page.get_by_role("button", name="Delete Monday").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alert")).to_have_text(sentence)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("link", name="Monday")).to_be_visible()


def test_the_row_of_a_recording_updates_itself(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    url = record(api, "Monday", [{1: "happy"}] * 5)
    page = open_list(list_studio, open_page)
    expect(row(page, "Monday")).to_contain_text("Recording")
    page.get_by_label("Select Monday").check()
    record(api, "Monday", [{1: "sad"}] * 25, url=url, ended=True)
    expect(row(page, "Monday")).to_contain_text("0:02")
    expect(row(page, "Monday")).to_contain_text("Done")
    expect(page.get_by_label("Select Monday")).to_be_checked()


def test_the_list_fits_the_width_of_a_phone(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    record(api, "A long name " * 16, [dict.fromkeys(range(9), "happy")] * 9, ended=True)
    page = open_list(list_studio, open_page, viewport={"width": 360, "height": 740})
    page.get_by_role("checkbox").check()
    expect(page.get_by_role("button", name="Clear selection")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
