"""The page around the views: its places, its names for screen readers, its sizes."""

import pytest
from playwright.sync_api import Page, expect

from tests.server.page.conftest import OpenPage, Studio

VIEWS = ("Live", "Analyze", "Sessions")

# Every control's name as a screen reader takes it, "" where it has none.
NAMES = """() => [...document.querySelectorAll("button, input, select, textarea, a, video, img")]
  .filter((one) => one.checkVisibility())
  .map((one) => (one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.alt
                 ?? one.textContent).trim())"""
DOUBLED = """() => [...document.querySelectorAll("[id]")].map(({id}) => id)
  .filter((id, at, all) => all.indexOf(id) !== at)"""


def go(page: Page, view: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=view).click()
    page.wait_for_url(f"**/#/{view.lower()}")


def test_the_tabs_lead_to_the_views_and_back(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(studio.url)
    page.wait_for_url("**/#/live")
    for view in (*VIEWS[1:], VIEWS[0]):
        go(page, view)
        expect(page).to_have_title(f"{view} · Mien Studio")
        expect(page.locator("nav [aria-current=page]")).to_have_text(view)
    page.go_back()
    expect(page.locator("nav [aria-current=page]")).to_have_text("Sessions")


def test_the_keyboard_alone_reaches_a_view(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(f"{studio.url}/#/live")
    expect(page.get_by_role("button", name="Start the camera")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/#/analyze")
    expect(page.get_by_role("main")).to_be_focused()


def test_the_page_says_what_it_does_with_pictures(studio: Studio, open_page: OpenPage) -> None:
    footer = open_page(studio.url).get_by_role("contentinfo")
    expect(footer).to_contain_text("kept nowhere unless you ask for it")
    expect(footer).to_contain_text("what a person feels, a face does not tell")


@pytest.mark.parametrize("view", VIEWS)
def test_everything_has_a_name(studio: Studio, open_page: OpenPage, view: str) -> None:
    page = open_page(f"{studio.url}/#/{view.lower()}")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    names = page.evaluate(NAMES)
    assert len(names) > 5
    assert all(names)
    assert page.evaluate(DOUBLED) == []
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("view", VIEWS)
def test_a_phone_need_not_scroll_sideways(studio: Studio, open_page: OpenPage, view: str) -> None:
    phone = {"width": 360, "height": 740}
    page = open_page(f"{studio.url}/#/{view.lower()}", viewport=phone, has_touch=True)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_nothing_is_loaded_from_elsewhere(studio: Studio, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(studio.url)
    for view in VIEWS:
        go(page, view)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert f"{studio.url}/page/js/app.js" in asked
    assert all(url.startswith((studio.url, "blob:")) for url in asked)


def test_an_unknown_place_opens_live(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(f"{studio.url}/#/constructor/1")
    page.wait_for_url("**/#/live")
