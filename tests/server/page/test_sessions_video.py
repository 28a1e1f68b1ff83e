"""A session of the shared clip with its video saved: playback, seeking, downloads, deletion."""

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
from playwright.sync_api import Download, Page, Route, expect

from mien.emotions import COLORS
from mien.inference.records import Layout
from mien.server import jobs
from mien.server.store import faces
from tests.server.page.conftest import WAIT, OpenPage, Studio
from tests.server.page.viewing import (
    EMPTY,
    box_of,
    cursor,
    export,
    seek,
    slider,
    until,
    wait_for_color,
    wait_for_cursor,
)

pytestmark = pytest.mark.slow

FRAMES, SECONDS = 72, 2.4


def send_video(api: httpx2.Client, shared: Path) -> Any:
    """Starts the job that analyzes the clip and saves it; returns it."""
    video = (shared / "media" / "one_face.mp4").read_bytes()
    params = {"name": "one_face.mp4", "keep": "true"}
    return api.post("/v1/jobs", params=params, content=video).raise_for_status().json()


def make_session(api: httpx2.Client, shared: Path) -> int:
    """Returns the id of a session of the clip, once its job is done."""
    job = send_video(api, shared)
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
    """The session, opened from the list, its video and its timeline loaded."""
    page = open_page(f"{studio.url}/#/sessions")
    page.locator(f"a[href='#/sessions/{session}']").click()
    expect(page.get_by_role("heading", name="one_face.mp4")).to_be_visible()
    until(page, "document.querySelector('video').readyState >= 2")
    expect(page.get_by_text("In view for 0:02.4")).to_be_visible()
    return page


def video_time(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def wait_for_video(page: Page, seconds: float) -> None:
    """Waits until the video displays a time, after seeking it."""
    script = (
        "at => { const video = document.querySelector('video');"
        " return !video.seeking && Math.abs(video.currentTime - at) < 0.05; }"
    )
    until(page, script, seconds)


def test_the_video_has_the_aspect_ratio_of_its_frames(
    studio: Studio, open_page: OpenPage, session: int
) -> None:
    def make_portrait(route: Route) -> None:
        body = route.fetch().json()
        body["session"] |= {"width": 360, "height": 640}
        route.fulfill(json=body)

    page = open_page(f"{studio.url}/#/live")
    page.route(f"**/v1/sessions/{session}", make_portrait)
    page.goto(f"{studio.url}/#/sessions/{session}")
    box = page.locator(".player .media").bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(360 / 640, rel=0.02)


def test_the_timeline_seeks_the_video(page: Page) -> None:
    slider(page).focus()
    page.keyboard.press("End")
    wait_for_video(page, SECONDS)
    page.keyboard.press("Home")
    wait_for_video(page, 0)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert cursor(page) == pytest.approx(0.1, abs=0.01)
    wait_for_video(page, 0.1)
    seek(page, 0.75)
    assert cursor(page) == pytest.approx(0.75 * SECONDS, abs=0.02)
    wait_for_video(page, cursor(page))
    grip, charts = box_of(page.locator(".cursor .grip")), box_of(page.locator(".surface"))
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(charts["x"] + charts["width"] / 2, grip["y"], steps=9)
    page.mouse.up()
    assert cursor(page) == pytest.approx(SECONDS / 2, abs=0.02)
    wait_for_video(page, cursor(page))


def test_the_video_moves_the_cursor(page: Page) -> None:
    page.evaluate("document.querySelector('video').currentTime = 1.5")
    wait_for_cursor(page, 1.5)
    expect(slider(page)).to_have_attribute("aria-valuetext", re.compile(r"0:01\.5, happy \d\d.%"))


def test_the_space_bar_plays_and_pauses(page: Page) -> None:
    slider(page).focus()
    page.keyboard.press(" ")
    until(page, "document.querySelector('video').currentTime > 0.3")
    page.keyboard.press(" ")
    until(page, "document.querySelector('video').paused")
    wait_for_cursor(page, video_time(page))
    page.get_by_role("button", name="Zoom in").focus()
    page.keyboard.press(" ")  # presses the button
    expect(page.get_by_role("button", name="Zoom out")).to_be_enabled()
    assert page.evaluate("document.querySelector('video').paused")


def test_the_face_in_the_current_frame_is_labelled_and_boxed(page: Page) -> None:
    face = page.get_by_role("region", name="Current frame")
    expect(face.locator("caption .chip")).to_contain_text("neutral")
    page.evaluate("document.querySelector('video').currentTime = 1.2")
    expect(face.locator("caption .chip")).to_contain_text("happy")
    drawn = """() => {
      const canvas = document.querySelector(".player canvas");
      const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return image.data.some((value) => value);
    }"""
    until(page, drawn)


def test_the_chart_leaves_out_labels_that_are_unchecked(page: Page) -> None:
    wait_for_color(page, 0.6, COLORS["happy"])
    wait_for_color(page, 0.1, COLORS["neutral"])
    page.get_by_role("checkbox", name="happy").focus()
    page.keyboard.press(" ")
    wait_for_color(page, 0.6, EMPTY)
    wait_for_color(page, 0.1, COLORS["neutral"])


def test_zooming_loads_the_visible_range(page: Page) -> None:
    slider(page).focus()
    page.keyboard.press("End")
    with page.expect_request("**/timeline?*end=*") as asked:
        page.get_by_role("button", name="Zoom in").click()
    assert "start=1.2" in asked.value.url
    people = page.get_by_role("region", name="People")
    expect(people).to_contain_text("In view for 0:01.2")  # shares are of the visible range
    page.get_by_role("slider", name="Visible range").press("Home")
    expect(people).to_contain_text("neutral 67 %")
    slider(page).focus()
    page.keyboard.press("0")
    expect(people).to_contain_text("In view for 0:02.4")
    expect(page.get_by_role("button", name="Show all")).to_be_disabled()
    page.locator(".surface").hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    expect(people).to_contain_text("In view for 0:01.9")


def test_a_correction_in_the_current_frame_is_stored_and_undone(
    page: Page, api: httpx2.Client
) -> None:
    before = api.get("/v1/feedback").json()["counts"].get("sad", 0)
    face = page.get_by_role("region", name="Current frame")
    face.get_by_role("button", name="Wrong?").click()
    face.get_by_role("button", name="sad").click()
    expect(page.get_by_text("Saved as sad")).to_be_visible()
    assert api.get("/v1/feedback").json()["counts"]["sad"] == before + 1
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone")).to_be_visible()
    assert api.get("/v1/feedback").json()["counts"].get("sad", 0) == before


def download(page: Page, item: str) -> Download:
    with page.expect_download() as found:
        export(page, item).click()
    return found.value


def test_records_download_in_each_format(page: Page, tmp_path: Path) -> None:
    csv_file, lines, parquet = (
        download(page, f"Records as {name}").path().read_bytes()
        for name in ("CSV", "JSON Lines", "Parquet")
    )
    rows = list(csv.DictReader(io.StringIO(csv_file.decode())))
    objects = [json.loads(line) for line in lines.splitlines()]
    table = pq.read_table(io.BytesIO(parquet))
    assert (len(rows), table.num_rows) == (FRAMES, FRAMES)
    assert [record["frame"] for record in objects] == list(range(FRAMES))
    assert set(Layout().names) <= {*rows[0]}  # attributes add columns
    assert tuple(rows[0]) == tuple(objects[0]) == tuple(table.column_names)


def test_the_report_opens_with_images_of_the_video(
    page: Page, open_page: OpenPage, tmp_path: Path
) -> None:
    found = download(page, "Report")
    assert found.suggested_filename == "one_face.html"
    found.save_as(tmp_path / "one_face.html")
    report = open_page((tmp_path / "one_face.html").as_uri())
    expect(report.get_by_role("heading", name="one_face.mp4")).to_be_visible()
    assert (
        report.locator(".moments img").count() >= 1
    )  # the video was saved, so the report has images


def test_the_annotated_video_is_created_on_demand(page: Page, tmp_path: Path) -> None:
    export(page, "Create annotated video").click()
    expect(page.get_by_text("Creating annotated video")).to_be_visible()
    expect(page.get_by_text("Creating annotated video")).to_be_hidden(timeout=3 * WAIT)
    path = download(page, "Annotated video").path()
    with av.open(path) as video:
        assert sum(1 for _ in video.decode(video=0)) == FRAMES


def test_a_job_shows_its_progress_and_can_be_cancelled(
    studio: Studio,
    open_page: OpenPage,
    api: httpx2.Client,
    shared: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    until_stopped = jobs._until_stopped

    def slowly(*arguments: Any) -> Iterator[Any]:
        for frame in until_stopped(*arguments):
            time.sleep(0.2)
            yield frame

    monkeypatch.setattr(jobs, "_until_stopped", slowly)
    monkeypatch.setattr(faces, "EVERY", 0.1)
    page = open_page(f"{studio.url}/#/sessions/{send_video(api, shared)['session']}")
    expect(page.get_by_text(re.compile(r"Analyzing video · [1-9]\d?.%"))).to_be_visible()
    expect(page.get_by_text("In view for")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(
        page.get_by_text("Interrupted. Everything recorded until then is saved.")
    ).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_hidden()


def test_a_video_that_cannot_be_played_is_explained(
    studio: Studio, open_page: OpenPage, session: int
) -> None:
    page = open_page(f"{studio.url}/#/live")
    page.route("**/film", lambda route: route.fulfill(content_type="video/mp4", body=b"no video"))
    page.goto(f"{studio.url}/#/sessions/{session}")
    expect(page.get_by_text("This browser cannot play the video")).to_be_visible()
    slider(page).focus()
    page.keyboard.press("End")
    assert cursor(page) == pytest.approx(SECONDS)


def test_deleting_a_session_deletes_its_files(
    studio: Studio, open_page: OpenPage, api: httpx2.Client, shared: Path
) -> None:
    session_id = make_session(api, shared)
    page = open_page(f"{studio.url}/#/sessions/{session_id}")
    page.get_by_role("button", name="Delete session").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(f"{studio.url}/#/sessions")
    expect(page.get_by_text("Deleted “one_face.mp4”")).to_be_visible()
    assert page.locator(f"a[href='#/sessions/{session_id}']").count() == 0
    assert api.get(f"/v1/sessions/{session_id}").status_code == 404
    assert not (studio.settings.folder / "films" / f"{session_id}").exists()
    page.goto(f"{studio.url}/#/sessions/{session_id}")
    expect(page.get_by_role("heading", name="Session not found")).to_be_visible()
