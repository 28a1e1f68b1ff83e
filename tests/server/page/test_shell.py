"""The page around the views: navigation, names for screen readers, sizes."""

import pytest
from playwright.sync_api import Page, expect

from tests.server.page.conftest import OpenPage, Studio

pytestmark = pytest.mark.slow

VIEWS = ("Live", "Analyze", "Sessions")

# Every control's accessible name, "" where it has none.
NAMES = """() => [...document.querySelectorAll("button, input, select, textarea, a, video, img")]
  .filter((element) => element.checkVisibility())
  .map((element) => (element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent
                     ?? element.alt ?? element.textContent).trim())"""
DUPLICATE_IDS = """() => [...document.querySelectorAll("[id]")].map(({id}) => id)
  .filter((id, at, all) => all.indexOf(id) !== at)"""


def go(page: Page, view: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=view).click()
    page.wait_for_url(f"**/#/{view.lower()}")


def test_tabs_open_the_views_and_the_browser_goes_back(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(studio.url)
    page.wait_for_url("**/#/live")
    for view in (*VIEWS[1:], VIEWS[0]):
        go(page, view)
        expect(page).to_have_title(f"{view} · Mien Studio")
        expect(page.locator("nav [aria-current=page]")).to_have_text(view)
    page.go_back()
    expect(page.locator("nav [aria-current=page]")).to_have_text("Sessions")


def test_a_view_can_be_opened_by_keyboard(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(f"{studio.url}/#/live")
    expect(page.get_by_role("button", name="Start camera")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/#/analyze")
    expect(page.get_by_role("main")).to_be_focused()


def test_the_footer_says_what_happens_to_images(studio: Studio, open_page: OpenPage) -> None:
    footer = open_page(studio.url).get_by_role("contentinfo")
    expect(footer).to_contain_text(
        "Your images stay on this computer and are not saved unless you ask."
    )
    expect(footer).to_contain_text("Mien labels visible expressions, not feelings.")


@pytest.mark.parametrize("view", VIEWS)
def test_every_control_has_an_accessible_name(
    studio: Studio, open_page: OpenPage, view: str
) -> None:
    page = open_page(f"{studio.url}/#/{view.lower()}")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    names = page.evaluate(NAMES)
    assert len(names) > 5
    assert all(names)
    assert page.evaluate(DUPLICATE_IDS) == []
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_fits_the_width_of_a_phone(studio: Studio, open_page: OpenPage, view: str) -> None:
    phone = {"width": 360, "height": 740}
    page = open_page(f"{studio.url}/#/{view.lower()}", viewport=phone, has_touch=True)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_page_loads_nothing_from_other_hosts(studio: Studio, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(studio.url)
    for view in VIEWS:
        go(page, view)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert f"{studio.url}/page/js/app.js" in requested
    assert all(url.startswith((studio.url, "blob:")) for url in requested)


def test_an_unknown_address_opens_live(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(f"{studio.url}/#/constructor/1")
    page.wait_for_url("**/#/live")
