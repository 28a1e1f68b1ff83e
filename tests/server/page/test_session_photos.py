"""A session of photos: a grid of results, counted and filtered by label, with details on click."""

import httpx2
import pytest
from playwright.sync_api import Page, expect

from mien.emotions import EMOTIONS
from tests.server.page.conftest import OpenPage, Studio

pytestmark = pytest.mark.slow

PHOTOS = 70
HAPPY, NO_FACE = 60, 4  # the others are sad


@pytest.fixture
def page(studio: Studio, open_page: OpenPage) -> Page:
    with httpx2.Client(base_url=studio.url, timeout=60) as api:
        new = {"name": "Holiday", "kind": "photo"}
        url = f"/v1/sessions/{api.post('/v1/sessions', json=new).json()['id']}"
        photos = [make_photo(number) for number in range(PHOTOS)]
        api.post(f"{url}/frames", json={"frames": photos}).raise_for_status()
    page = open_page(f"{studio.url}/#{url.removeprefix('/v1')}")
    expect(page.get_by_text(f"{PHOTOS} photos with {PHOTOS - NO_FACE} faces.")).to_be_visible()
    return page


def make_photo(number: int) -> dict[str, object]:
    label = "happy" if number < HAPPY else "sad"
    probabilities = {name: 0.7 if name == label else 0.05 for name in EMOTIONS}
    faces = [{"box": [10, 10, 90, 120], "probabilities": probabilities}]
    return {
        "frame": number,
        "source": f"<b>{number}</b>.jpg",
        "width": 640,
        "height": 360,
        "faces": faces if number < PHOTOS - NO_FACE else [],
    }


def test_more_photos_follow_while_scrolling(page: Page) -> None:
    cards = page.locator(".photo")
    assert cards.count() < PHOTOS
    cards.last.scroll_into_view_if_needed()
    page.mouse.wheel(0, 5000)
    expect(cards).to_have_count(PHOTOS)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()


def test_photos_are_filtered_by_label(page: Page) -> None:
    page.get_by_role("button", name=f"sad {PHOTOS - NO_FACE - HAPPY}").click()
    expect(page.locator(".photo")).to_have_count(PHOTOS - NO_FACE - HAPPY)
    expect(page.locator(".photo").first).to_contain_text("sad 70\u00a0%")
    page.get_by_role("button", name=f"no face {NO_FACE}").click()
    expect(page.locator(".photo")).to_have_count(NO_FACE)
    expect(page.locator(".photo").first).to_contain_text("No face detected")
    expect(page.get_by_role("button", name=f"All {PHOTOS}")).to_have_attribute(
        "aria-pressed", "false"
    )


def test_a_photo_opens_its_faces_by_keyboard(page: Page) -> None:
    page.get_by_role("button", name="<b>0</b>.jpg").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="<b>0</b>.jpg")
    expect(dialog.get_by_role("table")).to_contain_text("happy 70")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="<b>0</b>.jpg")).to_be_focused()


def test_photos_offer_no_export_of_events(page: Page) -> None:
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("menuitem", name="Records as CSV")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Events as CSV")).to_have_count(0)
