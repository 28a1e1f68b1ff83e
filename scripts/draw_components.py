"""Draws the components of the design system, in light and dark, for docs/design-system.md.

    python -m scripts.draw_components --out docs/design

Builds each component by the modules and stylesheets of Studio's page, in Debian's Chromium.
"""

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from tests.server.page.conftest import Studio

_BUILD = Path(__file__).with_name("components.js")
_NAMES = ("type", "colours", "buttons", "fields", "faces", "states", "messages", "menu", "hint")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="The folder of the images.")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        studio = Studio(Path(folder))
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        try:
            for scheme in ("light", "dark"):
                page = browser.new_page(
                    color_scheme=scheme, viewport={"width": 720, "height": 900}, bypass_csp=True
                )
                page.goto(f"{studio.url}/#/home")
                _draw(page, out, scheme)
        finally:
            browser.close()
            studio.stop()


def _draw(page: Page, out: Path, scheme: str) -> None:
    page.add_script_tag(content=_BUILD.read_text("utf-8"), type="module")
    page.wait_for_selector("#components")
    page.evaluate("document.fonts.ready.then(() => null)")
    for name in _NAMES:
        page.locator(f"#component-{name}").screenshot(
            path=out / f"{name}-{scheme}.png", animations="disabled"
        )


if __name__ == "__main__":
    main()
