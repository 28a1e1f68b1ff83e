"""A session recorded live: no video, two people, one of them out of view for a while."""

from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from mien.emotions import COLORS
from tests.server.page.conftest import WAIT, OpenPage, Studio
from tests.server.page.recorded import RATE, record
from tests.server.page.viewing import (
    EMPTY,
    cursor,
    export,
    seek,
    slider,
    wait_for_color,
    wait_for_cursor,
)

pytestmark = pytest.mark.slow

TALK = [{1: "happy", 2: "sad"}] * 20 + [{1: "neutral"}] * 20 + [{1: "happy", 2: "sad"}] * 20


@pytest.fixture
def session(api: httpx2.Client) -> str:
    return record(api, "Monday", TALK, ended=True)


def open_session(studio: Studio, open_page: OpenPage, session: str, **options: object) -> Page:
    page = open_page(f"{studio.url}/#/sessions/{session.rpartition('/')[2]}", **options)
    expect(page.get_by_role("heading", name="Monday")).to_be_visible()
    return page


@pytest.fixture
def page(studio: Studio, open_page: OpenPage, session: str) -> Page:
    page = open_session(studio, open_page, session)
    expect(person(page, 1)).to_contain_text("In view for 0:06.0")
    return page


def person(page: Page, number: int) -> Locator:
    return page.get_by_role("region", name="People").locator(".people > li").nth(number - 1)


def test_the_cursor_moves_without_a_video(page: Page) -> None:
    assert page.locator("video").count() == 0
    face = page.get_by_role("region", name="Current frame")
    expect(face.locator("caption .chip")).to_contain_text("happy 70")
    slider(page).focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("Home")
    for _ in range(12):
        page.keyboard.press("PageUp")
    wait_for_cursor(page, 6)
    for _ in range(15):
        page.keyboard.press("PageDown")
    slider(page).focus()
    page.keyboard.press("ArrowRight")
    assert cursor(page) == pytest.approx(1 / RATE)


def test_choosing_a_person_shows_their_timeline(page: Page) -> None:
    wait_for_color(page, 0.2, COLORS["happy"])
    page.get_by_role("region", name="Timeline").get_by_role(
        "button", name="Person 2", exact=True
    ).click()
    wait_for_color(page, 0.2, COLORS["sad"])
    wait_for_color(page, 0.5, EMPTY)  # out of view
    seek(page, 0.5)
    expect(page.get_by_role("region", name="Current frame")).to_contain_text("Person 2 out of view")


def test_shares_are_of_the_visible_range(page: Page) -> None:
    expect(person(page, 1)).to_contain_text("happy 67")
    expect(person(page, 2)).to_contain_text("In view for 0:04.0")
    slider(page).focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(person(page, 1)).to_contain_text("happy 100")
    expect(person(page, 1)).to_contain_text("In view for 0:01.5")


def test_markers_are_added_jumped_to_edited_and_deleted(
    page: Page, api: httpx2.Client, session: str
) -> None:
    markers = page.get_by_role("region", name="Markers")
    seek(page, 0.5)
    place = cursor(page)
    page.keyboard.press("m")
    note = markers.get_by_role("textbox", name="Note at")
    note.fill("looks away")
    note.blur()
    slider(page).press("Home")
    page.get_by_role("button", name="Add marker").click()
    go = markers.get_by_role("button", name="Go to")
    expect(go).to_have_count(2)
    go.last.click()
    wait_for_cursor(page, place)
    expect(note.last).to_have_value("looks away")
    note.last.fill("is back")
    note.last.blur()
    markers.get_by_role("button", name="Delete marker at 0:00.0").click()
    expect(go).to_have_count(1)
    (stored,) = api.get(session).json()["marks"]
    assert (stored["note"], stored["time"]) == ("is back", pytest.approx(place, abs=0.1))


def test_name_and_notes_are_saved(page: Page, api: httpx2.Client, session: str) -> None:
    page.get_by_text("Notes and consent").click()
    notes = page.get_by_label("Notes", exact=True)
    notes.fill("quiet room")
    notes.blur()
    for name in ("Tuesday", " "):  # a session needs a name
        page.get_by_role("button", name="Rename").click()
        field = page.get_by_role("textbox", name="Name", exact=True)
        field.fill(name)
        field.blur()
        expect(page.get_by_role("heading", level=1)).to_have_text("Tuesday")
    found = api.get(session).json()["session"]
    assert (found["name"], found["notes"]) == ("Tuesday", "quiet room")


def test_the_report_of_a_live_session_opens(
    page: Page, open_page: OpenPage, tmp_path: Path
) -> None:
    with page.expect_download() as found:
        export(page, "Report").click()
    found.value.save_as(tmp_path / "report.html")
    report = open_page((tmp_path / "report.html").as_uri())
    expect(report.get_by_role("heading", name="Monday")).to_be_visible()


def test_the_page_follows_a_running_recording(
    studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    url = record(api, "Monday", [])
    page = open_session(studio, open_page, url)
    expect(page.get_by_role("button", name="Stop recording")).to_be_visible()
    record(api, "Monday", [{1: "happy"}] * 10, url=url)
    expect(page.get_by_text("In view for 0:01.0")).to_be_visible()
    record(api, "Monday", [{1: "sad"}] * 10, url=url)
    expect(page.get_by_text("In view for 0:02.0")).to_be_visible()
    wait_for_color(page, 0.8, COLORS["sad"])
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_role("button", name="Stop recording")).to_be_hidden()
    assert api.get(url).json()["session"]["status"] == "done"


def test_a_session_deleted_meanwhile_is_not_found(
    studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    url = record(api, "Monday", [{1: "happy"}] * 10)
    page = open_session(studio, open_page, url)
    api.delete(url).raise_for_status()
    expect(page.get_by_role("heading", name="Session not found")).to_be_visible()
    page.get_by_role("link", name="All sessions").click()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()


def test_loading_continues_once_the_server_is_back(own_studio: Studio, open_page: OpenPage) -> None:
    with httpx2.Client(base_url=own_studio.url) as api:
        url = record(api, "Monday", TALK, ended=True)
    page = open_session(own_studio, open_page, url)
    expect(person(page, 1)).to_contain_text("In view for 0:06.0")
    own_studio.stop()
    page.get_by_role("button", name="Zoom in").click()
    expect(page.get_by_text("The Mien server is not responding")).to_be_visible()
    own_studio.start()
    expect(page.get_by_text("In view for 0:03.0")).to_be_visible(timeout=WAIT)


def test_a_busy_server_is_asked_again_for_the_timeline(
    studio: Studio, open_page: OpenPage, session: str
) -> None:
    page = open_page(f"{studio.url}/#/sessions")
    body = {"error": {"code": "too_many_requests", "message": "wait, then retry."}}
    refusal = {"status": 429, "headers": {"Retry-After": "1"}, "json": body}
    page.route("**/timeline?*", lambda route: route.fulfill(**refusal), times=1)
    page.goto(f"{studio.url}/#/sessions/{session.rpartition('/')[2]}")
    expect(person(page, 1)).to_contain_text("In view for 0:06.0")
    assert page.get_by_role("alert").count() == 0


def test_an_address_without_a_session_says_not_found(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(f"{studio.url}/#/sessions")
    for session_id in ("0", "999999", "x", "..", "1e3", "%00"):
        page.goto(f"{studio.url}/#/sessions/{session_id}")
        expect(page.get_by_role("heading", name="Session not found")).to_be_visible()
        page.get_by_role("link", name="All sessions").click()
        expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()


def test_a_session_of_photos_shows_every_face(
    studio: Studio, open_page: OpenPage, api: httpx2.Client, shared: Path
) -> None:
    photo = (shared / "media" / "five_faces.jpg").read_bytes()
    answer = api.post("/v1/analyze", params={"face_ids": True}, content=photo).json()
    new = {"name": "Monday", "kind": "photo"}
    url = f"/v1/sessions/{api.post('/v1/sessions', json=new).json()['id']}"
    frame = answer | {"frame": 0, "source": "five_faces.jpg"}
    api.post(f"{url}/frames", json={"frames": [frame]}).raise_for_status()
    page = open_session(studio, open_page, url)
    page.get_by_role("button", name="five_faces.jpg").click()
    photo_faces = page.get_by_role("dialog", name="five_faces.jpg")
    expect(photo_faces.get_by_role("table")).to_have_count(5)
    photo_faces.get_by_role("button", name="Wrong?").first.click()
    photo_faces.get_by_role("button", name="surprise").first.click()
    expect(page.get_by_text("Saved as surprise")).to_be_visible()


def test_a_session_fits_the_width_of_a_phone(
    studio: Studio, open_page: OpenPage, session: str
) -> None:
    page = open_session(studio, open_page, session, viewport={"width": 360, "height": 740})
    expect(person(page, 1)).to_contain_text("In view for 0:06.0")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.goto(f"{studio.url}/#/sessions")
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
