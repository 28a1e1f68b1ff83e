"""A session made of the shared clip, its film kept: played, scrubbed, taken away, deleted."""

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import httpx2
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Download, Page, expect

from mien.emotions import COLORS
from mien.inference.records import COLUMNS
from mien.server import jobs
from mien.server.store import faces
from tests.server.page.conftest import WAIT, OpenPage, Studio
from tests.server.page.viewing import cursor, slider, until, wait_for_color, wait_for_cursor

FRAMES, SECONDS = 72, 2.4


@pytest.fixture(scope="module")
def api(studio: Studio) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=studio.url, timeout=60) as client:
        yield client


def send_film(api: httpx2.Client, shared: Path) -> Any:
    """The job that analyzes the clip, and keeps it."""
    film = (shared / "media" / "one_face.mp4").read_bytes()
    given = {"name": "one_face.mp4", "keep": "true"}
    return api.post("/v1/jobs", params=given, content=film).raise_for_status().json()


def make_session(api: httpx2.Client, shared: Path) -> int:
    """The number of a session of the clip, once its job is done."""
    job = send_film(api, shared)
    while job["ended"] is None:
        time.sleep(0.1)
        job = api.get(f"/v1/jobs/{job['id']}").json()
    assert job["status"] == "done"
    return int(job["session"])


@pytest.fixture(scope="module")
def session(api: httpx2.Client, shared: Path) -> int:
    return make_session(api, shared)


@pytest.fixture
def page(studio: Studio, open_page: OpenPage, session: int) -> Page:
    """The session, opened from the list, its film and its timeline there."""
    page = open_page(f"{studio.url}/#/sessions")
    page.locator(f"a[href='#/sessions/{session}']").click()
    expect(page.get_by_role("heading", name="one_face.mp4")).to_be_visible()
    until(page, "document.querySelector('video').readyState >= 2")
    expect(page.get_by_text("In view for 0:02.4")).to_be_visible()
    return page


def film_time(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def wait_for_film(page: Page, seconds: float) -> None:
    """Waits until the film shows a time, not only searches for it."""
    script = (
        "at => { const film = document.querySelector('video');"
        " return !film.seeking && Math.abs(film.currentTime - at) < 0.05; }"
    )
    until(page, script, seconds)


def test_the_timeline_moves_the_film(page: Page) -> None:
    slider(page).focus()
    page.keyboard.press("End")
    wait_for_film(page, SECONDS)
    page.keyboard.press("Home")
    wait_for_film(page, 0)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert cursor(page) == pytest.approx(0.1, abs=0.01)
    wait_for_film(page, 0.1)
    box = slider(page).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40, steps=9)
    page.mouse.up()
    assert 1 < cursor(page) < 1.4
    wait_for_film(page, cursor(page))


def test_the_film_moves_the_cursor(page: Page) -> None:
    page.evaluate("document.querySelector('video').currentTime = 1.5")
    wait_for_cursor(page, 1.5)
    expect(slider(page)).to_have_attribute("aria-valuetext", re.compile(r"0:01\.5, happy \d\d.%"))


def test_they_play_together(page: Page) -> None:
    slider(page).focus()
    page.keyboard.press(" ")
    until(page, "document.querySelector('video').currentTime > 0.3")
    page.keyboard.press(" ")
    until(page, "document.querySelector('video').paused")
    wait_for_cursor(page, film_time(page))


def test_the_face_at_the_cursor_is_named_and_drawn(page: Page) -> None:
    now = page.get_by_role("region", name="At the cursor")
    expect(now.locator("caption .chip")).to_contain_text("neutral")
    page.evaluate("document.querySelector('video').currentTime = 1.2")
    expect(now.locator("caption .chip")).to_contain_text("happy")
    drawn = (
        "it => it.getContext('2d').getImageData(0, 0, it.width, it.height).data.some(one => one)"
    )
    assert page.locator(".film canvas").evaluate(drawn)


def test_the_stack_shows_what_the_toggles_leave(page: Page) -> None:
    wait_for_color(page, 0.6, COLORS["happy"])
    wait_for_color(page, 0.1, COLORS["neutral"])
    page.get_by_role("checkbox", name="happy").uncheck()
    wait_for_color(page, 0.6, "#eceef0")  # nothing
    wait_for_color(page, 0.1, COLORS["neutral"])


def test_zooming_asks_for_what_is_shown(page: Page) -> None:
    slider(page).focus()
    page.keyboard.press("End")
    with page.expect_request("**/timeline?*end=*") as asked:
        page.get_by_role("button", name="Zoom in").click()
    assert "start=1.2" in asked.value.url
    people = page.get_by_role("region", name="People")
    expect(people).to_contain_text("In view for 0:01.2")  # shares follow what is shown
    page.get_by_role("slider", name="Part shown").fill("0")
    expect(people).to_contain_text("neutral 56 %")
    slider(page).focus()
    page.keyboard.press("0")
    expect(people).to_contain_text("In view for 0:02.4")
    expect(page.get_by_role("slider", name="Part shown")).to_be_hidden()
    slider(page).hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    expect(people).to_contain_text("In view for 0:01.9")


def test_feedback_is_kept(page: Page, api: httpx2.Client) -> None:
    before = api.get("/v1/feedback").json()["counts"].get("sad", 0)
    now = page.get_by_role("region", name="At the cursor")
    now.get_by_role("button", name="sad").click()
    expect(now.get_by_text("Kept as sad")).to_be_visible()
    assert api.get("/v1/feedback").json()["counts"]["sad"] == before + 1
    now.get_by_role("button", name="Undo").click()
    expect(now.get_by_text("Taken back")).to_be_visible()
    assert api.get("/v1/feedback").json()["counts"].get("sad", 0) == before


def download(page: Page, name: str) -> Download:
    with page.expect_download() as found:
        page.get_by_role("region", name="Download").get_by_text(name, exact=True).click()
    return found.value


def test_records_download_in_each_format(page: Page, tmp_path: Path) -> None:
    csv_file, lines, parquet = (
        download(page, name).path().read_bytes() for name in ("CSV", "JSON Lines", "Parquet")
    )
    rows = list(csv.DictReader(io.StringIO(csv_file.decode())))
    assert (len(rows), tuple(rows[0])) == (FRAMES, COLUMNS)
    assert [json.loads(line)["frame"] for line in lines.splitlines()] == list(range(FRAMES))
    assert pq.read_table(io.BytesIO(parquet)).num_rows == FRAMES


def test_the_report_opens(page: Page, open_page: OpenPage, tmp_path: Path) -> None:
    found = download(page, "Report")
    assert found.suggested_filename == "one_face.html"
    found.save_as(tmp_path / "one_face.html")
    report = open_page((tmp_path / "one_face.html").as_uri())
    expect(report.get_by_role("heading", name="one_face.mp4")).to_be_visible()
    assert report.locator(".moments img").count() >= 1  # the film was kept, so it has pictures


def test_the_annotated_film_is_made_when_it_is_asked_for(page: Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="Make the annotated film").click()
    link = page.get_by_role("link", name="Annotated film")
    expect(link).to_be_visible(timeout=3 * WAIT)
    path = download(page, "Annotated film").path()
    with av.open(path) as film:
        assert sum(1 for _ in film.decode(video=0)) == FRAMES


def test_a_job_shows_how_far_it_is_and_can_be_cancelled(
    studio: Studio,
    open_page: OpenPage,
    api: httpx2.Client,
    shared: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    until_stopped = jobs._until_stopped

    def slowly(*given: Any) -> Iterator[Any]:
        for frame in until_stopped(*given):
            time.sleep(0.2)
            yield frame

    monkeypatch.setattr(jobs, "_until_stopped", slowly)
    monkeypatch.setattr(faces, "EVERY", 0.1)
    page = open_page(f"{studio.url}/#/sessions/{send_film(api, shared)['session']}")
    expect(page.get_by_text(re.compile(r"Analyzing the film: [1-9]\d?.%"))).to_be_visible()
    expect(page.get_by_text("In view for")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cut short: what was stored until then is here.")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_hidden()


def test_a_film_that_cannot_be_played_is_told(
    studio: Studio, open_page: OpenPage, session: int
) -> None:
    page = open_page(f"{studio.url}/#/live")
    page.route("**/film", lambda route: route.fulfill(content_type="video/mp4", body=b"no film"))
    page.goto(f"{studio.url}/#/sessions/{session}")
    expect(page.get_by_text("This browser cannot play the film")).to_be_visible()
    slider(page).focus()
    page.keyboard.press("End")
    assert cursor(page) == pytest.approx(SECONDS)


def test_deleting_leaves_nothing(
    studio: Studio, open_page: OpenPage, api: httpx2.Client, shared: Path
) -> None:
    number = make_session(api, shared)
    page = open_page(f"{studio.url}/#/sessions/{number}")
    page.get_by_role("button", name="Delete session").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page).to_have_url(f"{studio.url}/#/sessions")
    expect(page.get_by_text("is deleted")).to_be_visible()
    assert page.locator(f"a[href='#/sessions/{number}']").count() == 0
    assert api.get(f"/v1/sessions/{number}").status_code == 404
    assert not (studio.settings.folder / "films" / f"{number}").exists()
    page.goto(f"{studio.url}/#/sessions/{number}")
    expect(page.get_by_role("heading", name="This session is not there")).to_be_visible()
