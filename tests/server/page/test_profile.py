"""The whole loop: a face is called wrong, corrected, right, undone, wrong again, and kept."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import av
import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect

from mien.emotions import EMOTIONS
from tests.server.page.conftest import OpenPage, Studio, ask

OpenLive = Callable[[Studio], Page]


@pytest.fixture(scope="module")
def still_browser(
    browser: Browser, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """Chromium whose camera shows one face that keeps still."""
    film = tmp_path_factory.mktemp("still") / "face.mjpeg"
    with av.open(shared / "media" / "one_face.mp4") as clip, av.open(film, "w", "mjpeg") as out:
        stream = out.add_stream("mjpeg", rate=30, width=640, height=360, pix_fmt="yuvj420p")
        first = next(clip.decode(video=0)).reformat(format="yuvj420p")
        for number in range(30):
            first.pts = number
            out.mux(stream.encode(first))
        out.mux(stream.encode(None))
    options = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"]
    found = browser.browser_type.launch(
        executable_path="/usr/bin/chromium",
        args=[*options, f"--use-file-for-fake-video-capture={film}"],
    )
    yield found
    found.close()


@pytest.fixture
def open_live(still_browser: Browser) -> Iterator[OpenLive]:
    """Opens Live, its camera on."""
    context = still_browser.new_context(permissions=["camera"])
    context.set_default_timeout(20_000)

    def open_one(studio: Studio) -> Page:
        page = context.new_page()
        page.goto(studio.url)
        page.get_by_role("button", name="Start the camera").click()
        expect(person(page)).to_be_visible()
        return page

    yield open_one
    context.close()


def person(page: Page) -> Locator:
    """Who is in view: on a busy machine, a face may be lost and found as the next person."""
    return page.get_by_role("region", name=re.compile("^Person ")).last


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="What you taught")


def label(page: Page) -> Locator:
    return person(page).locator("caption")


def begin(page: Page, name: str) -> None:
    panel(page).get_by_text("Begin another profile").click()
    panel(page).get_by_label("Name", exact=True).fill(name)
    panel(page).get_by_role("button", name="Begin a profile").click()
    expect(panel(page)).to_contain_text(f"{name} holds no corrections yet")


def correct(page: Page, emotion: str) -> None:
    """Says what the face in view really shows; again, where it was between two frames."""
    learned = panel(page).get_by_text("has learned from")
    for _ in range(9):
        person(page).get_by_role("button", name=emotion, exact=True).click()
        with suppress(Error):
            return learned.wait_for(timeout=5000)
    raise AssertionError(page.locator("main").inner_text())


def called(face: Locator) -> str:
    """What a face is called now."""
    found = re.search("|".join(EMOTIONS), face.locator("caption").inner_text())
    assert found
    return found.group()


def test_the_whole_loop_and_a_restart(own_studio: Studio, open_live: OpenLive) -> None:
    page = open_live(own_studio)
    begin(page, "Ada")
    wrong = called(person(page))
    right = "sad" if wrong != "sad" else "happy"
    correct(page, right)
    expect(label(page)).to_contain_text(right)
    expect(panel(page)).to_contain_text("Ada has learned from 1 correction.")
    expect(panel(page)).to_contain_text(re.compile("The gate is (open|closed)"))
    expect(panel(page).get_by_role("table")).to_contain_text("Called right")
    panel(page).get_by_role("button", name="Undo the last correction").click()
    expect(label(page)).to_contain_text(wrong)
    expect(panel(page)).to_contain_text("Ada holds no corrections yet")
    panel(page).get_by_text("Versions, export, deletion").click()
    panel(page).get_by_role("button", name="Go back to version 1").click()
    expect(label(page)).to_contain_text(right)
    own_studio.stop()
    own_studio.start()
    page.reload()
    page.get_by_role("button", name="Start the camera").click()
    expect(label(page)).to_contain_text(right)
    expect(panel(page)).to_contain_text("Ada has learned from 1 correction.")
    found = ask(own_studio, page, "/v1/profiles/Ada")
    assert [one["cause"] for one in found["versions"]] == ["teach", "undo", "rollback"]


def test_profiles_are_begun_chosen_exported_and_deleted(
    own_studio: Studio, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(own_studio.url)
    begin(page, "Ada")
    panel(page).get_by_role("button", name="Begin a profile").click()  # the browser wants a name
    panel(page).get_by_label("Name", exact=True).fill("a/b")
    panel(page).get_by_role("button", name="Begin a profile").click()
    expect(panel(page)).to_contain_text("a profile's name has 1 to 64 letters")
    panel(page).get_by_text("Versions, export, deletion").click()
    with page.expect_download() as download:
        panel(page).get_by_role("link", name="Export to a file").click()
    file = tmp_path / "ada.mien-profile"
    download.value.save_as(file)
    panel(page).get_by_text("Delete Ada …").click()
    panel(page).get_by_role("button", name="Delete for good").click()
    expect(panel(page).get_by_label("Profile")).to_have_value("")
    assert ask(own_studio, page, "/v1/profiles") == {"profiles": []}
    panel(page).get_by_label("or take one that was exported").set_input_files(file)
    expect(panel(page).get_by_label("Profile")).to_have_value("Ada")
    expect(panel(page)).to_contain_text("Ada holds no corrections yet")
    page.goto(f"{own_studio.url}/#/analyze")
    expect(page.get_by_label("Profile")).to_have_value("Ada")


def test_a_recording_says_who_answered(own_studio: Studio, open_live: OpenLive) -> None:
    page = open_live(own_studio)
    begin(page, "Ada")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(panel(page).get_by_label("Profile")).to_be_disabled()
    expect(panel(page).get_by_role("button", name="Begin a profile")).to_be_disabled()
    expect(panel(page).get_by_label("or take one that was exported")).to_be_disabled()
    panel(page).get_by_text("Versions, export, deletion").click()
    panel(page).get_by_text("Delete Ada …").click()
    expect(panel(page).get_by_role("button", name="Delete for good")).to_be_disabled()
    expect(page.get_by_text("Recording 0:0")).to_be_visible()
    page.get_by_role("button", name="Stop recording").click()
    expect(panel(page).get_by_label("Profile")).to_be_enabled()
    expect(panel(page).get_by_role("button", name="Begin a profile")).to_be_enabled()
    page.get_by_role("link", name="Open the session").click()
    expect(page.locator("main header")).to_contain_text(
        re.compile(r"default [0-9.]+, as Ada taught it")
    )


def test_a_photo_is_corrected_and_right_when_it_is_dropped_again(
    own_studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = open_page(own_studio.url)
    begin(page, "Ada")
    page.goto(f"{own_studio.url}/#/analyze")
    photo = shared / "media" / "one_face.jpg"

    def drop() -> Locator:
        page.locator("input[type=file]").set_input_files(photo)
        face = page.get_by_role("region", name="Face 1").first
        expect(page.get_by_text("1 face", exact=True).first).to_be_visible()
        return face

    face = drop()
    right, other = ("sad", "fear") if called(face) != "sad" else ("happy", "fear")
    told = face.locator(".feedback output")
    face.get_by_role("button", name=right, exact=True).click()
    expect(told).to_contain_text(f"Ada has learned it as {right}.")
    face.get_by_role("button", name=other, exact=True).click()
    expect(told).to_contain_text(f"labelled {right} already")
    page.get_by_role("button", name="Clear the list").click()
    assert called(drop()) == right


def test_a_profile_of_another_model_is_told_and_let_go(
    own_studio: Studio, open_live: OpenLive
) -> None:
    page = open_live(own_studio)
    begin(page, "Ada")
    correct(page, "sad")
    page.get_by_role("combobox", name=re.compile("^Model")).select_option("small")
    expect(page.locator(".stage")).to_contain_text(
        "Profile 'Ada' was taught with the model default"
    )
    expect(panel(page).get_by_label("Profile")).to_have_value("")
