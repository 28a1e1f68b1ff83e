"""Makes the images of docs/studio.md: Studio in a real Chromium, light and dark, wide and phone.

Run it as `.venv/bin/python benchmarks/screenshots.py docs/studio`.
"""

import shutil
import sys
import tempfile
from contextlib import chdir
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.conftest import SHARED
from tests.server.page.conftest import Studio, write_camera_video

SIZES = {"wide": {"width": 1180, "height": 720}, "phone": {"width": 390, "height": 844}}
# A third of the bytes; this method leaves small things their colours.
PALETTE = {"colors": 256, "method": Image.Quantize.MAXCOVERAGE, "kmeans": 2}
CAMERA = Path("camera.mjpeg")  # Chromium calls the camera so


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chdir(folder), sync_playwright() as playwright:
        write_camera_video(CAMERA)
        studio = Studio(Path(folder) / "studio")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[
                *("--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"),
                f"--use-file-for-fake-video-capture={CAMERA}",
            ],
        )
        try:
            shoot_all(browser, studio, out)
        finally:
            browser.close()
            studio.stop()


def shoot_all(browser: Browser, studio: Studio, out: Path) -> None:
    for scheme, size in product(("light", "dark"), SIZES):
        context = browser.new_context(
            viewport=SIZES[size], color_scheme=scheme, permissions=["camera"]
        )
        for name, show in {"analyze": show_analyze, "live": show_live}.items():
            page = context.new_page()
            page.goto(f"{studio.url}/#/{name}")
            show(page)
            save(page, out / f"{name}-{size}-{scheme}.png")
        context.close()


def show_live(page: Page) -> None:
    page.get_by_role("button", name="Start camera").click()
    expect(page.get_by_role("region", name="Person 1")).to_be_visible(timeout=20_000)
    page.wait_for_timeout(15_000)  # half a timeline
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(3000)  # until what is said is of the image that is held


def show_analyze(page: Page) -> None:
    photo = SHARED / "media" / "five_faces.jpg"
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.get_by_role("region", name="Face 5")).to_be_visible(timeout=20_000)
    page.wait_for_timeout(500)


def save(page: Page, path: Path) -> None:
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(**PALETTE).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
