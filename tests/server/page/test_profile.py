"""Personal profiles: what corrections change, undo, versions, export, restarts."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av
import pytest
from playwright.sync_api import Browser, Error, Locator, Page, Playwright, Route, expect

from mien.emotions import EMOTIONS
from tests.server.page.camera import person, start, stop_recording
from tests.server.page.conftest import OpenPage, Studio, ask, launch_chromium

pytestmark = pytest.mark.slow

OpenLive = Callable[[Studio], Page]


@pytest.fixture(scope="module")
def still_browser(
    playwright: Playwright, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """Chromium whose camera shows a still image of one face."""
    video = tmp_path_factory.mktemp("still") / "face.mjpeg"
    with av.open(shared / "media" / "one_face.mp4") as clip, av.open(video, "w", "mjpeg") as out:
        stream = out.add_stream("mjpeg", rate=30, width=640, height=360, pix_fmt="yuvj420p")
        first = next(clip.decode(video=0)).reformat(format="yuvj420p")
        for number in range(30):
            first.pts = number
            out.mux(stream.encode(first))
        out.mux(stream.encode(None))
    launched = launch_chromium(playwright, video)
    yield launched
    launched.close()


@pytest.fixture
def open_live(still_browser: Browser) -> Iterator[OpenLive]:
    """Opens Live, its camera on."""
    context = still_browser.new_context(permissions=["camera"])
    context.set_default_timeout(20_000)
    context.add_init_script("localStorage.setItem('mien-tour', 'seen')")

    def open_new(studio: Studio) -> Page:
        page = context.new_page()
        page.goto(f"{studio.url}/#/live")
        return start(page)

    yield open_new
    context.close()


@contextmanager
def opened_panel(page: Page) -> Iterator[Locator]:
    """The personal profile in the settings, which are closed again."""
    page.get_by_role("button", name="Settings").click()
    yield page.get_by_role("region", name="Personal profile")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def label(page: Page) -> Locator:
    return person(page).locator(".chip").first


def create(page: Page, name: str) -> None:
    with opened_panel(page) as panel:
        panel.get_by_text("New profile").click()
        panel.get_by_label("Name", exact=True).fill(name)
        panel.get_by_role("button", name="Create profile").click()
        expect(panel).to_contain_text(f"{name} has no corrections yet")


def correct(page: Page, emotion: str) -> None:
    """Corrects the face in view; again, where the press fell between two frames."""
    saved = page.get_by_text(f"Saved as {emotion} to profile").first
    for _ in range(9):
        if not person(page).get_by_role("group").first.is_visible():
            person(page).get_by_role("button", name="Wrong?").click()
        person(page).get_by_role("button", name=emotion, exact=True).click()
        with suppress(Error):
            return saved.wait_for(timeout=5000)
    raise AssertionError(page.locator("main").inner_text())


def displayed_label(face: Locator) -> str:
    """The label that a face displays."""
    found = re.search("|".join(EMOTIONS), face.locator(".chip").first.inner_text())
    assert found
    return found.group()


def test_a_correction_changes_the_label_is_undone_restored_and_survives_a_restart(
    own_studio: Studio, open_live: OpenLive
) -> None:
    page = open_live(own_studio)
    create(page, "Ada")
    wrong = displayed_label(person(page))
    right = "sad" if wrong != "sad" else "happy"
    correct(page, right)
    expect(label(page)).to_contain_text(right)
    with opened_panel(page) as panel:
        expect(panel).to_contain_text("Ada has learned from 1 correction.")
        expect(panel).to_contain_text(
            re.compile("apply to all faces|affects only very similar faces")
        )
        expect(panel.get_by_role("table")).to_contain_text(
            "Accuracy on your 1 correction (cross-validated)"
        )
        panel.get_by_role("button", name="Undo last correction").click()
        expect(panel).to_contain_text("Ada has no corrections yet")
    expect(label(page)).to_contain_text(wrong)
    with opened_panel(page) as panel:
        panel.get_by_text("Manage profile").click()
        panel.get_by_role("button", name="Restore version 1").click()
        expect(panel).to_contain_text("Ada has learned from 1 correction.")
    expect(label(page)).to_contain_text(right)
    own_studio.stop()
    own_studio.start()
    page.reload()
    start(page)
    expect(label(page)).to_contain_text(right)
    found = ask(own_studio, page, "/v1/profiles/Ada")
    assert [version["cause"] for version in found["versions"]] == ["teach", "undo", "rollback"]


def test_profiles_are_created_chosen_exported_deleted_and_imported(
    own_studio: Studio, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(own_studio.url)
    create(page, "Ada")
    with opened_panel(page) as panel:
        panel.get_by_text("New profile").click()
        panel.get_by_role("button", name="Create profile").click()  # the browser asks for a name
        panel.get_by_label("Name", exact=True).fill("a/b")
        panel.get_by_role("button", name="Create profile").click()
        expect(panel).to_contain_text("use 1 to 64 letters")
        panel.get_by_text("Manage profile").click()
        with page.expect_download() as download:
            panel.get_by_role("link", name="Export profile").click()
        file = tmp_path / "ada.mien-profile"
        download.value.save_as(file)
        panel.get_by_text("Delete Ada …").click()
        panel.get_by_role("button", name="Delete permanently").click()
        expect(panel.get_by_role("combobox", name=re.compile("^Profile"))).to_have_value("")
        assert ask(own_studio, page, "/v1/profiles") == {"profiles": []}
        panel.get_by_label("or import from a file").set_input_files(file)
        expect(panel.get_by_role("combobox", name=re.compile("^Profile"))).to_have_value("Ada")
        expect(panel).to_contain_text("Ada has no corrections yet")
    page.reload()
    with opened_panel(page) as panel:
        expect(panel.get_by_role("combobox", name=re.compile("^Profile"))).to_have_value("Ada")


def test_a_late_list_does_not_deselect_a_profile_that_is_newer(
    own_studio: Studio, open_live: OpenLive
) -> None:
    page, held = open_live(own_studio), []

    def hold_the_first(route: Route) -> None:
        if route.request.method == "GET" and not held:
            held.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/v1/profiles", hold_the_first)
    create(page, "Ada")
    ((route, answer),) = held
    assert answer.json() == {"profiles": []}
    with page.expect_response("**/v1/profiles"):
        route.fulfill(response=answer)
    with opened_panel(page) as panel:
        expect(panel).to_contain_text("Ada has no corrections yet")
        expect(panel.get_by_role("combobox", name=re.compile("^Profile"))).to_have_value("Ada")


def test_a_session_names_its_profile(own_studio: Studio, open_live: OpenLive) -> None:
    page = open_live(own_studio)
    create(page, "Ada")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("timer", name="Recording").first).to_be_visible()
    with opened_panel(page) as panel:
        expect(panel.get_by_role("combobox", name=re.compile("^Profile"))).to_be_disabled()
        panel.get_by_text("New profile").click()
        expect(panel.get_by_role("button", name="Create profile")).to_be_disabled()
        expect(panel.get_by_label("or import from a file")).to_be_disabled()
        panel.get_by_text("Manage profile").click()
        panel.get_by_text("Delete Ada …").click()
        expect(panel.get_by_role("button", name="Delete permanently")).to_be_disabled()
    session = stop_recording(page)
    with opened_panel(page) as panel:
        expect(panel.get_by_role("combobox", name=re.compile("^Profile"))).to_be_enabled()
    page.goto(f"{own_studio.url}/#/sessions/{session}")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"default [0-9.]+ · profile Ada"))


def test_a_corrected_photo_gets_the_right_label_when_analyzed_again(
    own_studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = open_page(own_studio.url)
    create(page, "Ada")
    page.goto(f"{own_studio.url}/#/analyze")
    photo = shared / "media" / "one_face.jpg"

    def open_photo() -> Locator:
        page.locator("input[type=file]").first.set_input_files(photo)
        face = page.get_by_role("region", name="Face 1").first
        expect(face).to_be_visible()
        return face

    face = open_photo()
    right, other = ("sad", "fear") if displayed_label(face) != "sad" else ("happy", "fear")
    face.get_by_role("button", name="Wrong?").click()
    face.get_by_role("button", name=right, exact=True).click()
    expect(page.get_by_text(f"Saved as {right} to profile Ada")).to_be_visible()
    face.get_by_role("button", name=other, exact=True).click()
    expect(face.locator(".feedback output")).to_contain_text(f"labelled {right} already")
    page.reload()
    assert displayed_label(open_photo()) == right


def test_a_profile_of_another_model_is_explained_and_deselected(
    own_studio: Studio, open_live: OpenLive
) -> None:
    page = open_live(own_studio)
    create(page, "Ada")
    correct(page, "sad")
    page.get_by_role("button", name="Settings").click()
    dialog = page.get_by_role("dialog", name="Settings")
    dialog.get_by_role("combobox", name=re.compile("^Model")).select_option("small")
    expect(page.get_by_role("alert").filter(has_text="Profile")).to_contain_text(
        "Profile 'Ada' was taught with the model default"
    )
    expect(dialog.get_by_role("combobox", name=re.compile("^Profile"))).to_have_value("")
