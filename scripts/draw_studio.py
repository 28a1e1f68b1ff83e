"""Draws every state of Studio's page in four widths, light and dark, for docs/studio.md.

    python -m scripts.draw_studio --out docs/studio

The states and their drawn content are those of the tests (tests/server/page/looks).
"""

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from tests.server.page.conftest import Studio, launch_chromium
from tests.server.page.drawn import write_camera
from tests.server.page.looks.stage import Stage, fill, open_stage
from tests.server.page.looks.states import STATES

_SIZES = {"wide": (1920, 1080), "desktop": (1440, 900), "laptop": (1280, 800), "phone": (390, 844)}
_HEIGHT = 560  # pixels of each screenshot in its sheet
_GAP = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="The folder of the sheets.")
    parser.add_argument("states", nargs="*", help="All by default.")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        camera = Path(folder) / "camera.mjpeg"
        write_camera(camera)
        studio = Studio(Path(folder) / "studio")
        browser = launch_chromium(playwright, camera)
        try:
            sessions = fill(studio, Path(folder))
            for name in arguments.states or STATES:
                with open_stage(browser, studio, sessions) as stage:
                    STATES[name](stage)
                    sheet = _draw(stage)
                    sheet.save(arguments.out / f"{name}.webp", quality=82, method=6)
                    print(name, flush=True)
        finally:
            browser.close()
            studio.stop()


def _draw(stage: Stage) -> Image.Image:
    """Returns a sheet: light above dark, from wide to narrow."""
    rows = [
        [_capture(stage.page, scheme, size) for size in _SIZES.values()]
        for scheme in ("light", "dark")
    ]
    width = sum(image.width for image in rows[0]) + _GAP * (len(rows[0]) - 1)
    sheet = Image.new("RGB", (width, 2 * _HEIGHT + _GAP), "#888")
    for line, row in enumerate(rows):
        left = 0
        for image in row:
            sheet.paste(image, (left, line * (_HEIGHT + _GAP)))
            left += image.width + _GAP
    return sheet


def _capture(page: Page, scheme: str, size: tuple[int, int]) -> Image.Image:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page.wait_for_timeout(700)  # charts are drawn again after a pause
    image = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    return image.resize((round(width * _HEIGHT / height), _HEIGHT), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
