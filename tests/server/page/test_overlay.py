"""The overlay for OBS: what Live shows in another window, on a transparent ground."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.server.page.camera import open_live, start
from tests.server.page.conftest import OpenPage, Studio

pytestmark = pytest.mark.slow


def open_overlay(studio: Studio, open_page: OpenPage, query: str = "") -> Page:
    """In a browser of its own, as OBS has one."""
    return open_page(
        f"{studio.url}/page/overlay.html{query}", viewport={"width": 640, "height": 360}
    )


def test_a_card_follows_live_and_disappears_with_it(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    overlay = open_overlay(studio, open_page)
    expect(overlay.get_by_text("Start the camera in Mien Studio's Live view.")).to_be_visible()
    live = start(open_live(studio, open_page))
    card = overlay.get_by_role("region", name="Person")
    expect(card).to_contain_text("%")
    expect(overlay.get_by_text("Start the camera")).to_be_hidden()
    live.close()
    expect(card).to_have_count(0)


def test_the_ground_is_transparent_and_the_boxes_are_not(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    start(open_live(studio, open_page))
    overlay = open_overlay(studio, open_page, "?show=boxes")
    expect(overlay.get_by_text("Start the camera")).to_be_hidden()
    image = Image.open(BytesIO(overlay.screenshot(omit_background=True))).convert("RGBA")
    alpha = image.getchannel("A")
    assert alpha.getpixel((2, 2)) == 0
    assert alpha.getextrema() == (0, 255)


def test_the_overlay_finds_a_server_that_was_away(
    own_studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    overlay = open_overlay(own_studio, open_page)
    expect(overlay.get_by_text("Start the camera")).to_be_visible()
    own_studio.stop()
    own_studio.start()
    start(open_live(own_studio, open_page))
    expect(overlay.get_by_role("region", name="Person")).to_contain_text("%")
