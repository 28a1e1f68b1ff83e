"""The list of sessions: facts, filters, paging and deletion."""

from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Page, expect

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
        for session in client.get("/v1/sessions").json()["sessions"]:
            client.delete(f"/v1/sessions/{session['id']}").raise_for_status()
        yield client


def open_list(list_studio: Studio, open_page: OpenPage) -> Page:
    page = open_page(f"{list_studio.url}/#/sessions")
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
    return page


def test_an_empty_list_says_how_to_record(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    page = open_list(list_studio, open_page)
    expect(page.get_by_text("No sessions yet. Record one in")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Live").click()
    expect(page).to_have_url(f"{list_studio.url}/#/live")


def test_a_session_shows_its_facts(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    record(api, "Monday <b>", [{1: "happy", 2: "sad"}] * 30, ended=True)
    row = open_list(list_studio, open_page).get_by_role("listitem")
    expect(row.get_by_role("link")).to_have_text("Monday <b>")
    expect(row).to_contain_text("Live · 0:02 · 2 people · 30 frames · Done")


def test_the_list_is_filtered(list_studio: Studio, open_page: OpenPage, api: httpx2.Client) -> None:
    record(api, "Monday", [{1: "happy"}], ended=True)
    record(api, "Tuesday", [{1: "happy"}])
    page = open_list(list_studio, open_page)
    names = page.get_by_role("list").get_by_role("link")
    expect(names).to_have_text(["Tuesday", "Monday"])
    page.get_by_label("Name or notes").fill("MOND")
    expect(names).to_have_text(["Monday"])
    page.get_by_label("Name or notes").fill("")
    page.get_by_label("Status").select_option("In progress")
    expect(names).to_have_text(["Tuesday"])
    page.get_by_label("Kind").select_option("Video")
    expect(page.get_by_text("No matching sessions")).to_be_visible()


def test_older_sessions_are_loaded_on_demand(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    for number in range(23):
        record(api, f"Trial {number}", [], ended=True)
    page = open_list(list_studio, open_page)
    names = page.get_by_role("list").get_by_role("link")
    expect(names).to_have_count(20)
    page.get_by_role("button", name="Show older sessions").click()
    expect(names).to_have_text([f"Trial {number}" for number in reversed(range(23))])
    expect(page.get_by_role("link", name="Trial 2", exact=True)).to_be_focused()
    expect(page.get_by_role("button", name="Show older sessions")).to_be_hidden()


def test_the_keyboard_deletes_a_session_after_confirmation(
    list_studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    for name in ("Monday", "Tuesday"):
        record(api, name, [{1: "happy"}], ended=True)
    page = open_list(list_studio, open_page)
    page.get_by_role("link", name="Tuesday").focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("dialog")).to_contain_text("Delete “Tuesday”?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="Tuesday")).to_be_focused()
    page.keyboard.press("Delete")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("list").get_by_role("link")).to_have_text(["Monday"])
    expect(page.get_by_role("link", name="Monday")).to_be_focused()
    assert [session["name"] for session in api.get("/v1/sessions").json()["sessions"]] == ["Monday"]


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
    row = open_list(list_studio, open_page).get_by_role("listitem")
    expect(row).to_contain_text("5 frames · Recording")
    record(api, "Monday", [{1: "happy"}] * 3, url=url, ended=True)
    expect(row).to_contain_text("8 frames · Done")
