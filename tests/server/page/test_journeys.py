"""The ways through the page that must work in every browser: Chromium and Firefox."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.server.page.conftest import WAIT, OpenPage, Studio
from tests.server.page.drawn import draw_face
from tests.server.page.recorded import record

pytestmark = pytest.mark.slow


@pytest.fixture(params=["drawing_browser", "firefox"])
def open_anywhere(request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Opens pages in Chromium, then in Firefox."""
    browser: Browser = request.getfixturevalue(request.param)
    permissions = ["camera"] if request.param == "drawing_browser" else []
    context = browser.new_context(permissions=permissions)
    context.set_default_timeout(WAIT)

    def open_new(url: str) -> Page:
        page = context.new_page()
        page.goto(url)
        return page

    yield open_new
    context.close()


def test_live_answers_the_camera(studio: Studio, open_anywhere: OpenPage) -> None:
    page = open_anywhere(studio.url)
    page.get_by_role("link", name="Start camera").click()
    expect(page.get_by_text(re.compile(r"^[\d.]+ fps · \d+ ms$"))).to_be_visible()


def test_live_runs_in_the_browser(studio: Studio, open_anywhere: OpenPage) -> None:
    page = open_anywhere(studio.url)
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("checkbox", name="Run Live in this browser").check()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("link", name="Start camera").click()
    expect(page.get_by_text("In this browser", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"^[\d.]+ fps · \d+ ms$"))).to_be_visible()


def test_a_photo_is_analyzed(studio: Studio, open_anywhere: OpenPage, tmp_path: Path) -> None:
    photo = tmp_path / "drawn.png"
    draw_face((640, 360), [0.25, 0.75]).save(photo)
    page = open_anywhere(f"{studio.url}/#/analyze")
    page.locator("input[type=file]").first.set_input_files(photo)
    expect(page.get_by_role("listitem").get_by_text("2 faces")).to_be_visible()


def test_a_session_is_opened_by_keyboard(studio: Studio, open_anywhere: OpenPage) -> None:
    with httpx2.Client(base_url=studio.url, timeout=60) as api:
        record(api, "Monday", [{1: "happy", 2: "sad"}] * 20, ended=True)
    page = open_anywhere(f"{studio.url}/#/sessions")
    link = page.get_by_role("link", name="Monday").first
    expect(link).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        if link.evaluate("(link) => link === document.activeElement"):
            break
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"#/sessions/\d+$"))
    expect(page.get_by_role("slider", name="Timeline")).to_be_visible()
