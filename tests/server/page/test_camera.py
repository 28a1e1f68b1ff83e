"""Where Live's images come from: a camera, which may be denied or unplugged, or the sample."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.server.page.camera import message, open_live, person, stage, start
from tests.server.page.conftest import OpenPage, Studio

pytestmark = pytest.mark.slow


@pytest.fixture
def browser(whole_browser: Browser) -> Browser:
    """One that asks, and can be refused."""
    return whole_browser


def test_the_address_starts_the_camera_at_once(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    expect(person(open_live(studio, open_page, "/start"))).to_be_visible()


def test_the_sample_plays_without_a_camera(studio: Studio, open_page: OpenPage) -> None:
    page = open_live(studio, open_page, "/sample", camera=False)
    expect(stage(page).get_by_text("Sample: a drawn clip")).to_be_visible()
    expect(person(page)).to_be_visible()
    expect(page.locator("video.mirrored")).to_have_count(0)


def test_a_sample_that_is_not_there_is_explained(studio: Studio, open_page: OpenPage) -> None:
    page = open_live(studio, open_page)
    page.route("**/page/sample/*", lambda route: route.fulfill(status=404))
    page.get_by_role("button", name="Try the sample").click()
    expect(page.get_by_role("heading", name="The sample is missing")).to_be_visible()
    expect(page.get_by_role("button", name="Start camera")).to_be_visible()


def test_a_denied_camera_is_explained_and_can_be_started_later(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = open_live(studio, open_page, camera=False)
    page.get_by_role("button", name="Start camera").click()
    expect(page.get_by_role("heading", name="Camera access denied")).to_be_visible()
    expect(message(page)).to_contain_text("Allow the camera for this page")
    page.context.grant_permissions(["camera"])
    start(page)


REFUSALS = {
    "NotFoundError": "Plug one in",
    "NotReadableError": "Another program may be using it",
}


def fail_camera(page: Page, name: str) -> None:
    page.evaluate(
        "(name) => { navigator.mediaDevices.getUserMedia = "
        "() => Promise.reject(new DOMException('', name)); }",
        name,
    )


@pytest.mark.parametrize("name", REFUSALS)
def test_a_failing_camera_is_explained(studio: Studio, open_page: OpenPage, name: str) -> None:
    page = open_live(studio, open_page)
    fail_camera(page, name)
    page.get_by_role("button", name="Start camera").click()
    expect(message(page)).to_contain_text(REFUSALS[name])


def test_an_insecure_address_is_explained(studio: Studio, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', {value: undefined})")
    page.goto(f"{studio.url}/#/live")
    page.get_by_role("button", name="Start camera").click()
    expect(message(page)).to_contain_text("https or 127.0.0.1")


def unplug(page: Page) -> None:
    # Chromium's fake camera cannot be unplugged; a real one sends this event.
    page.evaluate(
        "document.querySelector('video').srcObject.getTracks()[0].dispatchEvent(new Event('ended'))"
    )


def test_an_unplugged_camera_is_reported_and_restarted(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = start(open_live(studio, open_page))
    unplug(page)
    expect(page.get_by_role("heading", name="Camera disconnected")).to_be_visible()
    expect(message(page)).to_have_text("Plug it in again, or start another one.")
    page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    expect(message(page)).to_have_text("1 face")


def test_a_recording_can_be_ended_though_the_camera_is_gone(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = start(open_live(studio, open_page))
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("button", name="Stop recording")).to_be_visible()
    unplug(page)
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_text("Recording saved.")).to_be_visible()


def test_a_token_opens_the_page_and_its_websocket(
    open_page: OpenPage, shared: Path, tmp_path: Path
) -> None:
    studio = Studio(tmp_path / "guarded", token="a&b")
    try:
        page = open_live(studio, open_page)
        expect(page.locator("body")).to_contain_text("open the address that the server printed")
        page.goto(f"{studio.url}/?token=a%26b")
        page.wait_for_url(re.compile("#/home$"))
        page.goto(f"{studio.url}/#/live")
        start(page)
    finally:
        studio.stop()


def test_another_camera_chosen_in_the_settings_is_started(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = start(open_live(studio, open_page))
    asked = """() => {
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (wanted) => {
        window.wanted = wanted.video.deviceId?.exact;
        return open(wanted);
      };
      return navigator.mediaDevices.enumerateDevices()
        .then((all) => all.find(({kind}) => kind === "videoinput").deviceId);
    }"""
    device = page.evaluate(asked)
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("combobox", name="Camera", exact=True).select_option(device)
    page.keyboard.press("Escape")
    expect(person(page)).to_be_visible()
    assert page.evaluate("window.wanted") == device
