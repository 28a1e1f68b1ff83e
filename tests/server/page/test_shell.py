"""The page around the views: start, navigation, settings, help, names for screen readers, sizes."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.server.page.conftest import OpenPage, Studio, ask

pytestmark = pytest.mark.slow

VIEWS = ("Live", "Analyze", "Sessions")
ADDRESSES = ("home", "live", "analyze", "sessions")

# Every control's accessible name, "" where it has none.
NAMES = """() => [...document.querySelectorAll("button, input, select, textarea, a, video, img")]
  .filter((element) => element.checkVisibility() && !element.closest("[aria-hidden=true]"))
  .filter((element) => element.getAttribute("alt") !== "")
  .map((element) => (element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent
                     ?? element.alt ?? element.textContent).trim())"""
DUPLICATE_IDS = """() => [...document.querySelectorAll("[id]")].map(({id}) => id)
  .filter((id, at, all) => all.indexOf(id) !== at)"""


def go(page: Page, view: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=view).click()
    page.wait_for_url(f"**/#/{view.lower()}")


def open_settings(page: Page) -> Locator:
    page.get_by_role("button", name="Settings").click()
    return page.get_by_role("dialog", name="Settings")


def test_the_start_offers_three_ways_in(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(studio.url)
    page.wait_for_url("**/#/home")
    main = page.get_by_role("main")
    expect(main).to_contain_text("nothing is saved unless you ask")
    expect(main.get_by_role("link", name="Start camera")).to_have_attribute("href", "#/live/start")
    expect(main.get_by_role("link", name="Try the sample")).to_have_attribute(
        "href", "#/live/sample"
    )
    expect(main.get_by_role("button", name="Choose files")).to_be_visible()


def test_files_chosen_at_the_start_are_analyzed(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = open_page(studio.url)
    page.get_by_role("main").locator("input[type=file]").set_input_files(
        shared / "media" / "one_face.jpg"
    )
    page.wait_for_url("**/#/analyze")
    expect(page.get_by_role("main")).to_contain_text("one_face.jpg")


def test_the_start_lists_the_last_sessions(own_studio: Studio, open_page: OpenPage) -> None:
    page = open_page(own_studio.url)
    expect(page.get_by_role("link", name="Try the sample")).to_be_visible()
    expect(page.get_by_role("heading", name="Continue")).to_have_count(0)
    page.request.post(
        f"{own_studio.url}/v1/sessions", data={"name": "Interview <b>1</b>", "kind": "live"}
    )
    page.reload()
    page.get_by_role("region", name="Continue").get_by_role(
        "link", name="Interview <b>1</b>"
    ).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_tabs_open_the_views_and_the_browser_goes_back(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(studio.url)
    page.wait_for_url("**/#/home")
    for view in VIEWS:
        go(page, view)
        expect(page).to_have_title(f"{view} · Mien Studio")
        expect(page.locator("nav [aria-current=page]")).to_have_text(view)
    page.go_back()
    expect(page.locator("nav [aria-current=page]")).to_have_text("Analyze")


def test_a_view_can_be_opened_by_keyboard(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(f"{studio.url}/#/home")
    expect(page.get_by_role("link", name="Start camera")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    for _ in range(3):
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


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_control_has_an_accessible_name(
    studio: Studio, open_page: OpenPage, address: str
) -> None:
    page = open_page(f"{studio.url}/#/{address}")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    names = page.evaluate(NAMES)
    assert len(names) > 5
    assert all(names)
    assert page.evaluate(DUPLICATE_IDS) == []
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_view_fits_the_width_of_a_phone(
    studio: Studio, open_page: OpenPage, address: str
) -> None:
    phone = {"width": 360, "height": 740}
    page = open_page(f"{studio.url}/#/{address}", viewport=phone, has_touch=True)
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
    assert all(url.startswith((studio.url, "blob:", "data:")) for url in requested)


def test_an_unknown_address_opens_the_start(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(f"{studio.url}/#/constructor/1")
    page.wait_for_url("**/#/home")


def test_the_bundled_font_is_used(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(studio.url)
    page.evaluate("document.fonts.ready.then(() => null)")
    assert page.evaluate("document.fonts.check('15px \"Inter Variable\"')")


def test_settings_hold_in_every_view_and_after_a_reload(
    studio: Studio, open_page: OpenPage
) -> None:
    page = open_page(f"{studio.url}/#/analyze")
    dialog = open_settings(page)
    dialog.get_by_label("Model").select_option("small")
    dialog.get_by_label("Confidence threshold").fill("0.4")
    dialog.get_by_label("Colours").select_option("dark")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.reload()
    dialog = open_settings(page)
    expect(dialog.get_by_label("Model")).to_have_value("small")
    expect(dialog.get_by_label("Confidence threshold")).to_have_value("0.4")
    expect(dialog.get_by_label("Colours")).to_have_value("dark")


def test_settings_work_where_the_browser_stores_nothing(
    studio: Studio, open_page: OpenPage
) -> None:
    page = open_page("about:blank")
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('denied'); }});"
    )
    page.goto(studio.url)
    dialog = open_settings(page)
    dialog.get_by_label("Colours").select_option("dark")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_retention_is_chosen_in_the_settings(own_studio: Studio, open_page: OpenPage) -> None:
    page = open_page(own_studio.url)
    dialog = open_settings(page)
    expect(dialog).to_contain_text(str(own_studio.settings.folder))
    dialog.get_by_label("Delete sessions after").select_option("30")
    expect(dialog.get_by_text("Saved")).to_be_visible()
    assert ask(own_studio, page, "/v1/storage")["keep_days"] == 30


def test_other_devices_are_told_how_to_connect(studio: Studio, open_page: OpenPage) -> None:
    dialog = open_settings(open_page(studio.url))
    expect(dialog).to_contain_text("mien serve --host 0.0.0.0 --token TOKEN --https")


def test_help_says_what_mien_can_and_cannot_tell(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(studio.url)
    page.get_by_role("button", name="Help").click()
    dialog = page.get_by_role("dialog", name="Help")
    expect(dialog).to_contain_text("It is not what a person feels")
    expect(dialog).to_contain_text(re.compile(r"\d\d\s% \(\d\d\s% to \d\d\s%\)"))
    expect(dialog.get_by_role("link", name="API documentation")).to_have_attribute("href", "/docs")
    dialog.get_by_text(re.compile(r"\d+ licences")).click()
    expect(dialog).to_contain_text("Lucide")


def test_keys_open_settings_and_shortcuts_but_not_while_typing(
    studio: Studio, open_page: OpenPage
) -> None:
    page = open_page("about:blank")
    new = {"name": "Monday", "kind": "live"}  # an empty list has no search
    page.request.post(f"{studio.url}/v1/sessions", data=new)
    page.goto(f"{studio.url}/#/sessions")
    expect(page.get_by_role("link", name="Monday").first).to_be_visible()
    page.get_by_role("searchbox").press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("main").press("?")
    shortcuts = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shortcuts).to_contain_text("Add marker")
    shortcuts.get_by_role("button", name="Close").click()
    page.get_by_role("main").press(",")
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()


def test_four_hints_are_shown_once_and_again_on_request(
    studio: Studio, open_page: OpenPage
) -> None:
    page = open_page(f"{studio.url}/#/live/sample")
    for number in range(1, 5):
        hint = page.get_by_role("dialog", name=f"Hint {number} of 4")
        expect(hint).to_be_visible()
        hint.get_by_role("button", name="Done" if number == 4 else "Next").click()
    page.reload()
    expect(page.locator(".headline")).to_contain_text("%")
    expect(page.locator(".hint")).to_have_count(0)
    open_settings(page).get_by_role("button", name="Show the hints again").click()
    page.reload()
    first = page.get_by_role("dialog", name="Hint 1 of 4")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(first).to_be_in_viewport(ratio=1)
    first.get_by_role("button", name="Next").press("Escape")
    expect(page.locator(".hint")).to_have_count(0)
