"""The people of a session: shares, names, faces; merged and split by dragging and by menus."""

import csv
import io
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.server.page.conftest import OpenPage, Studio
from tests.server.page.drawn import write_video
from tests.server.page.recorded import record
from tests.server.page.viewing import wait_for_cursor

pytestmark = pytest.mark.slow

BOTH, FIRST = {1: "happy", 2: "sad"}, {1: "neutral"}
TALK = [BOTH] * 20 + [FIRST] * 20 + [BOTH] * 20


@pytest.fixture
def session(api: httpx2.Client) -> str:
    """Person 1 is always in view, person 2 in two stretches."""
    return record(api, "Monday", TALK, ended=True)


@pytest.fixture
def page(studio: Studio, open_page: OpenPage, session: str) -> Page:
    return open_session(studio, open_page, session)


def open_session(studio: Studio, open_page: OpenPage, session: str, **options: object) -> Page:
    page = open_page(f"{studio.url}/#/sessions/{session.rpartition('/')[2]}", **options)
    expect(page.get_by_text("In view for 0:0").first).to_be_visible()
    return page


def people(page: Page) -> Locator:
    return page.get_by_role("region", name="People").locator(".people > li")


def person(page: Page, number: int) -> Locator:
    return people(page).nth(number - 1)


def choose(page: Page, menu: str, item: str) -> None:
    """Chooses from a menu by keyboard."""
    page.get_by_role("button", name=menu, exact=True).press("Enter")
    wanted = page.get_by_role("menuitem", name=item, exact=True)
    expect(page.locator("[role=menuitem]:focus")).to_have_count(1)
    for _ in range(20):
        if wanted.evaluate("item => item === document.activeElement"):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def drag(page: Page, what: Locator, onto: Locator) -> None:
    """Drags by mouse, as a hand does: in steps, with the goal found on the way."""
    what.scroll_into_view_if_needed()
    start = what.bounding_box()
    assert start is not None
    page.mouse.move(start["x"] + 10, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] + 30, start["y"] + 20, steps=3)
    end = onto.bounding_box()
    assert end is not None
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 15, steps=5)
    page.mouse.up()


def undo(page: Page) -> None:
    page.get_by_role("button", name="Undo").last.click()


def records(api: httpx2.Client, session: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(api.get(f"{session}/records").text)))


def times_of(api: httpx2.Client, session: str, number: int) -> list[float]:
    found = [row for row in records(api, session) if row["person"] == str(number)]
    return [float(row["time"]) for row in found]


def test_shares_are_of_the_visible_range(page: Page) -> None:
    expect(person(page, 1)).to_contain_text("happy 67")
    expect(person(page, 1)).to_contain_text("neutral 33")
    expect(person(page, 2)).to_contain_text("In view for 0:04.0")
    page.get_by_role("slider", name="Timeline").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(person(page, 1)).to_contain_text("happy 100")
    expect(person(page, 1)).to_contain_text("In view for 0:01.5")


def test_a_person_is_renamed_in_place(page: Page, api: httpx2.Client, session: str) -> None:
    person(page, 1).get_by_label("Name").fill("Ada <i> 😀")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Faces of Ada <i> 😀")).to_be_visible()
    assert api.get(session).json()["people"][0]["name"] == "Ada <i> 😀"


def test_people_are_merged_and_unmerged_by_menu(
    page: Page, api: httpx2.Client, session: str
) -> None:
    choose(page, "Actions for Person 2", "Merge into Person 1")
    expect(people(page)).to_have_count(1)
    expect(person(page, 1).get_by_label("Name")).to_be_focused()
    assert {row["person"] for row in records(api, session)} == {"1"}
    choose(page, "Actions for Person 1", "Unmerge Person 2")
    expect(people(page)).to_have_count(2)
    expect(person(page, 2).get_by_label("Name")).to_be_focused()
    expect(person(page, 2)).to_contain_text("In view for 0:04.0")
    assert {row["person"] for row in records(api, session)} == {"1", "2"}


def test_dragging_a_person_onto_another_merges_them_and_is_undone(
    page: Page, api: httpx2.Client, session: str
) -> None:
    drag(page, person(page, 2).locator(".grip"), person(page, 1))
    expect(people(page)).to_have_count(1)
    expect(page.get_by_text("Merged Person 2 into Person 1")).to_be_visible()
    undo(page)
    expect(people(page)).to_have_count(2)
    assert {row["person"] for row in records(api, session)} == {"1", "2"}


def test_escape_cancels_a_drag(page: Page) -> None:
    grip, target = person(page, 2).locator(".grip"), person(page, 1)
    start, end = grip.bounding_box(), target.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 10, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(end["x"] + 60, end["y"] + 15, steps=5)
    expect(page.locator(".drag-ghost")).to_have_text("Person 2")
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".drag-ghost")).to_have_count(0)
    expect(people(page)).to_have_count(2)


def open_faces(page: Page, number: int) -> Locator:
    person(page, number).get_by_role("button", name="Faces of").click()
    visits = person(page, number).locator(".visits > ol > li")
    expect(visits.first).to_be_visible()
    return visits


def test_the_faces_of_a_person_are_grouped_by_stretches_in_view(page: Page) -> None:
    visits = open_faces(page, 2)
    expect(visits).to_have_count(2)
    expect(visits.nth(0)).to_contain_text("0:00.0 to 0:02.0")
    expect(visits.nth(1)).to_contain_text("0:04.0 to 0:06.0")
    face = visits.nth(1).get_by_role("button", name="Go to").nth(1)
    expect(face).to_contain_text("sad 70")


def test_a_face_moves_the_cursor_to_its_time(page: Page) -> None:
    visits = open_faces(page, 2)
    visits.nth(1).get_by_role("button", name="Go to 0:04.0 sad").click()
    wait_for_cursor(page, 4.0)


def test_a_stretch_is_dragged_to_a_new_person_and_back(
    page: Page, api: httpx2.Client, session: str
) -> None:
    visits = open_faces(page, 2)
    head = visits.nth(1).locator(".visit-head")
    drag(page, head, page.locator(".new-person"))
    expect(people(page)).to_have_count(3)
    expect(page.get_by_text("Moved 0:04.0 to 0:06.0 of Person 2 to Person 3")).to_be_visible()
    expect(person(page, 3)).to_contain_text("In view for 0:02.0")
    assert min(times_of(api, session, 3)) == pytest.approx(4)
    undo(page)
    expect(people(page)).to_have_count(2)
    assert len(times_of(api, session, 2)) == 40


def test_a_stretch_is_moved_to_another_person_by_menu(
    page: Page, api: httpx2.Client, session: str
) -> None:
    open_faces(page, 2)
    choose(page, "Move 0:04.0 to 0:06.0", "Move to Person 1")
    expect(person(page, 2)).to_contain_text("In view for 0:02.0")
    assert len(times_of(api, session, 1)) == 80
    undo(page)
    expect(person(page, 2)).to_contain_text("In view for 0:04.0")


def test_a_person_is_split_at_the_cursor_and_at_a_face(
    page: Page, api: httpx2.Client, session: str
) -> None:
    visits = open_faces(page, 1)
    choose(page, "Move 0:00.0 to 0:06.0", "Split at the cursor")
    expect(page.get_by_text("Move the cursor between 0:00.0 and 0:06.0")).to_be_visible()
    second = visits.first.locator(".tile").nth(1)
    time = second.get_by_role("button", name="Go to").inner_text().split()[2]
    choose(page, f"Move face at {time}", f"Split here ({time})")
    expect(people(page)).to_have_count(3)
    first = min(times_of(api, session, 3))
    assert f"0:{first:04.1f}" == time
    assert max(times_of(api, session, 1)) < first


def test_the_only_stretch_of_a_person_is_merged_when_moved(page: Page) -> None:
    open_faces(page, 1)
    choose(page, "Move 0:00.0 to 0:06.0", "Move to Person 2")
    expect(people(page)).to_have_count(1)
    expect(page.get_by_text("Merged Person 1 into Person 2")).to_be_visible()


def test_a_recording_is_not_split_and_says_why(
    studio: Studio, open_page: OpenPage, api: httpx2.Client
) -> None:
    page = open_session(studio, open_page, record(api, "Monday", TALK))
    open_faces(page, 2)
    choose(page, "Move 0:04.0 to 0:06.0", "Move to new person")
    expect(page.get_by_role("alert")).to_contain_text("still recording")
    expect(people(page)).to_have_count(2)


def test_faces_of_a_saved_video_have_images(
    studio: Studio, open_page: OpenPage, api: httpx2.Client, tmp_path: Path
) -> None:
    write_video(tmp_path / "drawn.mp4", "libx264", "yuv420p", people=1)
    session = analyze(api, (tmp_path / "drawn.mp4").read_bytes())
    page = open_session(studio, open_page, f"/v1/sessions/{session['id']}")
    image = open_faces(page, 1).first.locator("img").first
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def analyze(api: httpx2.Client, video: bytes) -> Any:
    params = {"name": "drawn.mp4", "keep": "true"}
    job = api.post("/v1/jobs", params=params, content=video).raise_for_status().json()
    while job["ended"] is None:
        job = api.get(f"/v1/jobs/{job['id']}").json()
    assert job["status"] == "done", job
    return api.get(f"/v1/sessions/{job['session']}").json()["session"]
