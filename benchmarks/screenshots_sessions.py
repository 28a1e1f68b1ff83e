"""Makes the images of Studio's sessions for docs/studio.md: the list, and a video's viewer.

.venv/bin/python benchmarks/screenshots_sessions.py docs/studio
"""

import shutil
import sys
import tempfile
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.screenshots import SIZES, save
from tests.conftest import SHARED
from tests.server.page.conftest import Studio
from tests.server.page.recorded import record
from tests.server.page.viewing import wait_for_cursor
from tests.server.store.studio import send_video, wait_for

TALL = {"wide": {"width": 1180, "height": 1060}, "phone": SIZES["phone"]}
WAYS = [("wide", "light"), ("wide", "dark"), ("phone", "light"), ("phone", "dark")]


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        studio = Studio(Path(folder) / "studio")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            session = fill(studio)
            shoot_all(browser, studio, session, out)
        finally:
            browser.close()
            studio.stop()


def fill(studio: Studio) -> int:
    """Records a few sessions; returns the number of the clip's, its video kept."""
    with httpx2.Client(base_url=studio.url, timeout=60) as api:
        record(api, "Interview, Monday", [{1: "neutral", 2: "happy"}] * 600, ended=True)
        job = send_video(api, SHARED / "media" / "one_face.mp4", name="one_face.mp4", keep=True)
        session = int(wait_for(api, job.json()["id"])["session"])
        api.post(f"/v1/sessions/{session}/marks", json={"time": 1.2, "note": "a broad smile"})
        record(api, "Usability test", [{1: "neutral"}] * 40)
    return session


def shoot_all(browser: Browser, studio: Studio, session: int, out: Path) -> None:
    for size, scheme in WAYS:
        context = browser.new_context(viewport=TALL[size], color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{studio.url}/#/sessions/{session}")
        show_smile(page)
        save(page, out / f"sessions-video-{size}-{scheme}.png")
        context.close()
    page = browser.new_page(viewport={"width": 1180, "height": 420})
    page.goto(f"{studio.url}/#/sessions")
    expect(page.get_by_role("listitem")).to_have_count(3)
    save(page, out / "sessions-list-wide-light.png")


def show_smile(page: Page) -> None:
    expect(page.get_by_text("In view for 0:02.4")).to_be_visible()
    page.get_by_role("button", name="Go to 0:01.2").click()
    wait_for_cursor(page, 1.2)
    page.mouse.move(0, 0)
    page.wait_for_timeout(4000)  # the video's own buttons go away
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
