"""Personal profiles: what corrections change, undo, versions, export, restarts."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import av
import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect

from mien.emotions import EMOTIONS
from tests.server.page.conftest import OpenPage, Studio, ask

pytestmark = pytest.mark.slow

OpenLive = Callable[[Studio], Page]


@pytest.fixture(scope="module")
def still_browser(
    browser: Browser, shared: Path, tmp_path_factory: pytest.TempPathFactory
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
    options = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"]
    launched = browser.browser_type.launch(
        executable_path="/usr/bin/chromium",
        args=[*options, f"--use-file-for-fake-video-capture={video}"],
    )
    yield launched
    launched.close()


@pytest.fixture
def open_live(still_browser: Browser) -> Iterator[OpenLive]:
    """Opens Live, its camera on."""
    context = still_browser.new_context(permissions=["camera"])
    context.set_default_timeout(20_000)

    def open_new(studio: Studio) -> Page:
        page = context.new_page()
        page.goto(studio.url)
        page.get_by_role("button", name="Start camera").click()
        expect(person(page)).to_be_visible()
        return page

    yield open_new
    context.close()


def person(page: Page) -> Locator:
    """The person in view: on a busy machine, the same face may get another person id."""
    return page.get_by_role("region", name=re.compile("^Person ")).last


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Personal profile")


def label(page: Page) -> Locator:
    return person(page).locator("caption")


def create(page: Page, name: str) -> None:
    panel(page).get_by_text("New profile").click()
    panel(page).get_by_label("Name", exact=True).fill(name)
    panel(page).get_by_role("button", name="Create profile").click()
    expect(panel(page)).to_contain_text(f"{name} has no corrections yet")


def correct(page: Page, emotion: str) -> None:
    """Corrects the face in view; again, where the press fell between two frames."""
    learned = panel(page).get_by_text("has learned from")
    for _ in range(9):
        person(page).get_by_role("button", name=emotion, exact=True).click()
        with suppress(Error):
            return learned.wait_for(timeout=5000)
    raise AssertionError(page.locator("main").inner_text())


def displayed_label(face: Locator) -> str:
    """The label that a face displays."""
    found = re.search("|".join(EMOTIONS), face.locator("caption").inner_text())
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
    expect(panel(page)).to_contain_text("Ada has learned from 1 correction.")
    expect(panel(page)).to_contain_text(
        re.compile("apply to all faces|affects only very similar faces")
    )
    expect(panel(page).get_by_role("table")).to_contain_text(
        "Accuracy on your 1 correction (cross-validated)"
    )
    panel(page).get_by_role("button", name="Undo last correction").click()
    expect(label(page)).to_contain_text(wrong)
    expect(panel(page)).to_contain_text("Ada has no corrections yet")
    panel(page).get_by_text("Manage profile").click()
    panel(page).get_by_role("button", name="Restore version 1").click()
    expect(label(page)).to_contain_text(right)
    own_studio.stop()
    own_studio.start()
    page.reload()
    page.get_by_role("button", name="Start camera").click()
    expect(label(page)).to_contain_text(right)
    expect(panel(page)).to_contain_text("Ada has learned from 1 correction.")
    found = ask(own_studio, page, "/v1/profiles/Ada")
    assert [version["cause"] for version in found["versions"]] == ["teach", "undo", "rollback"]


def test_profiles_are_created_chosen_exported_deleted_and_imported(
    own_studio: Studio, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(own_studio.url)
    create(page, "Ada")
    panel(page).get_by_role("button", name="Create profile").click()  # the browser asks for a name
    panel(page).get_by_label("Name", exact=True).fill("a/b")
    panel(page).get_by_role("button", name="Create profile").click()
    expect(panel(page)).to_contain_text("use 1 to 64 letters")
    panel(page).get_by_text("Manage profile").click()
    with page.expect_download() as download:
        panel(page).get_by_role("link", name="Export profile").click()
    file = tmp_path / "ada.mien-profile"
    download.value.save_as(file)
    panel(page).get_by_text("Delete Ada …").click()
    panel(page).get_by_role("button", name="Delete permanently").click()
    expect(panel(page).get_by_label("Profile")).to_have_value("")
    assert ask(own_studio, page, "/v1/profiles") == {"profiles": []}
    panel(page).get_by_label("or import from a file").set_input_files(file)
    expect(panel(page).get_by_label("Profile")).to_have_value("Ada")
    expect(panel(page)).to_contain_text("Ada has no corrections yet")
    page.goto(f"{own_studio.url}/#/analyze")
    expect(page.get_by_label("Profile")).to_have_value("Ada")


def test_a_session_names_its_profile(own_studio: Studio, open_live: OpenLive) -> None:
    page = open_live(own_studio)
    create(page, "Ada")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(panel(page).get_by_label("Profile")).to_be_disabled()
    expect(panel(page).get_by_role("button", name="Create profile")).to_be_disabled()
    expect(panel(page).get_by_label("or import from a file")).to_be_disabled()
    panel(page).get_by_text("Manage profile").click()
    panel(page).get_by_text("Delete Ada …").click()
    expect(panel(page).get_by_role("button", name="Delete permanently")).to_be_disabled()
    expect(page.get_by_text("Recording 0:0")).to_be_visible()
    page.get_by_role("button", name="Stop recording").click()
    expect(panel(page).get_by_label("Profile")).to_be_enabled()
    expect(panel(page).get_by_role("button", name="Create profile")).to_be_enabled()
    page.get_by_role("link", name="Open session").click()
    expect(page.locator("main header")).to_contain_text(
        re.compile(r"default [0-9.]+ · profile Ada")
    )


def test_a_corrected_photo_gets_the_right_label_when_dropped_again(
    own_studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = open_page(own_studio.url)
    create(page, "Ada")
    page.goto(f"{own_studio.url}/#/analyze")
    photo = shared / "media" / "one_face.jpg"

    def drop() -> Locator:
        page.locator("input[type=file]").set_input_files(photo)
        face = page.get_by_role("region", name="Face 1").first
        expect(page.get_by_text("1 face", exact=True).first).to_be_visible()
        return face

    face = drop()
    right, other = ("sad", "fear") if displayed_label(face) != "sad" else ("happy", "fear")
    status = face.locator(".feedback output")
    face.get_by_role("button", name=right, exact=True).click()
    expect(status).to_contain_text(f"Saved as {right} to profile Ada")
    face.get_by_role("button", name=other, exact=True).click()
    expect(status).to_contain_text(f"labelled {right} already")
    page.get_by_role("button", name="Clear list").click()
    assert displayed_label(drop()) == right


def test_a_profile_of_another_model_is_explained_and_deselected(
    own_studio: Studio, open_live: OpenLive
) -> None:
    page = open_live(own_studio)
    create(page, "Ada")
    correct(page, "sad")
    page.get_by_role("combobox", name=re.compile("^Model")).select_option("small")
    expect(page.get_by_role("alert")).to_contain_text(
        "Profile 'Ada' was taught with the model default"
    )
    expect(panel(page).get_by_label("Profile")).to_have_value("")
