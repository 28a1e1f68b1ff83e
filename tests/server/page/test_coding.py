"""Code: stretches of the shared clip, coded blind by keyboard, mouse and touch."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from mien import Analyzer
from mien.emotions import EMOTIONS
from mien.inference.records import open_records
from mien.study.design.folder import Stretch, StudyFolder
from tests.server.page.conftest import OpenPage, Studio
from tests.server.page.viewing import until

pytestmark = pytest.mark.slow

COUNT = 4  # stretches
SECONDS = 0.5


class CodingStudio(Studio):
    """A server with a study of which Ada is the coder."""

    def __init__(self, folder: Path, study: StudyFolder) -> None:
        self.study = study
        super().__init__(folder)

    def start(self) -> None:
        self.settings = replace(self.settings, study=self.study.path, coder="ada")
        super().start()

    @property
    def codes(self) -> list[str | None]:
        """Ada's codes in her order; None where there is none."""
        codes = self.study.codes("ada")
        return [codes.get(stretch) for stretch in self.study.order("ada")]


@pytest.fixture(scope="module")
def records(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of the shared clip."""
    path = tmp_path_factory.mktemp("records") / "faces.csv"
    with open_records(path) as records:
        for result in Analyzer().stream(str(shared / "media" / "one_face.mp4")):
            records.write(result)
    return path


@pytest.fixture
def coding(records: Path, shared: Path, tmp_path: Path) -> Iterator[CodingStudio]:
    source = str(shared / "media" / "one_face.mp4")
    times = [(at * SECONDS, (at + 1) * SECONDS) for at in range(COUNT)]
    stretches = [
        Stretch(at + 1, "one_face.mp4", source, "Ada", 1, *times[at], "", 0.5)
        for at in range(COUNT)
    ]
    described = {"name": "one_face.mp4", "source": source, "records": str(records), "sha256": {}}
    study = StudyFolder.create(tmp_path / "study", stretches, {"seed": 1}, EMOTIONS, [described])
    studio = CodingStudio(tmp_path / "studio", study)
    yield studio
    studio.stop()


OpenCoding = Callable[..., Page]


@pytest.fixture
def open_code(coding: CodingStudio, open_page: OpenPage) -> OpenCoding:
    def open_new(**options: object) -> Page:
        return open_page(f"{coding.url}/#/code", camera=False, **options)

    return open_new


def choice(page: Page, name: str) -> Locator:
    return page.get_by_role("group").get_by_role("button", name=name)


def expect_stretch(page: Page, number: int) -> None:
    """Waits until a stretch can be coded."""
    expect(page.locator(".coder .message")).to_contain_text(f"{number} of {COUNT}")
    expect(choice(page, "happy")).to_have_attribute("aria-disabled", "false")


def test_a_study_is_coded_by_keyboard(coding: CodingStudio, open_code: OpenCoding) -> None:
    page = open_code()
    for number, key in enumerate("4017", start=1):
        expect_stretch(page, number)
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="All 4 stretches coded")).to_be_visible()
    assert coding.codes == ["happy", "", "angry", "neutral"]
    page.reload()
    expect(page.get_by_role("heading", name="All 4 stretches coded")).to_be_visible()


def test_the_clip_plays_large_without_sound_and_loops(open_code: OpenCoding) -> None:
    page = open_code()
    expect_stretch(page, 1)
    until(page, "() => document.querySelector('video').currentTime > 0.1")
    until(page, "() => document.querySelector('video').currentTime < 0.1")
    video = page.locator("video")
    assert page.evaluate("() => document.querySelector('video').muted")
    box = video.bounding_box()
    assert box
    assert min(box["width"], box["height"]) > 400
    expect(video).to_have_attribute("aria-label", f"Stretch 1 of {COUNT}")
    page.get_by_role("button", name="Pause").click()
    assert page.evaluate("() => document.querySelector('video').paused")
    page.get_by_role("button", name="Play").click()
    until(page, "() => !document.querySelector('video').paused")


def test_back_displays_the_code_and_a_new_one_replaces_it(
    coding: CodingStudio, open_code: OpenCoding
) -> None:
    page = open_code()
    expect_stretch(page, 1)
    expect(page.get_by_role("button", name="Back")).to_be_disabled()
    choice(page, "sad").click()
    expect_stretch(page, 2)
    expect(page.locator(".labels [aria-pressed=true]")).to_have_count(0)
    page.keyboard.press("Backspace")
    expect_stretch(page, 1)
    expect(page.locator(".labels [aria-pressed=true]")).to_contain_text("sad")
    choice(page, "cannot tell").click()
    expect_stretch(page, 2)
    assert coding.codes == ["", None, None, None]


def test_coding_resumes_after_a_reload_and_a_restart(
    coding: CodingStudio, open_code: OpenCoding
) -> None:
    page = open_code()
    for number in (1, 2):
        expect_stretch(page, number)
        page.keyboard.press("7")
    expect_stretch(page, 3)
    coding.stop()
    coding.start()
    page.reload()
    expect_stretch(page, 3)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "2")


def test_nothing_of_the_model_is_on_the_page(open_code: OpenCoding) -> None:
    page = open_code()
    answers: list[str] = []
    page.on("response", lambda response: answers.append(response.url))
    page.reload()
    expect_stretch(page, 1)
    expect(page.get_by_role("navigation")).to_be_hidden()
    text = page.locator("main").inner_text()
    assert "%" not in text
    assert "one_face" not in page.content()
    names = [url.rpartition("/v1/")[2] for url in answers if "/v1/" in url]
    assert {name.partition("/")[0] for name in names} == {"study"}
    expect(page.locator(".labels button")).to_have_text(
        [*(f"{at}{label}" for at, label in enumerate(EMOTIONS, 1)), "0cannot tell"]
    )


def test_a_code_that_cannot_be_saved_is_not_passed_over(
    coding: CodingStudio, open_code: OpenCoding
) -> None:
    page = open_code()
    expect_stretch(page, 1)
    coding.stop()
    page.keyboard.press("4")
    expect(page.get_by_role("alert").first).to_contain_text("not responding")
    expect_stretch(page, 1)
    coding.start()
    expect(page.get_by_text("Reconnected")).to_be_visible()
    page.keyboard.press("4")
    expect_stretch(page, 2)
    assert coding.codes[0] == "happy"


def test_a_stretch_without_its_clip_is_skipped_not_coded(
    coding: CodingStudio, open_code: OpenCoding
) -> None:
    page = open_code()
    expect_stretch(page, 1)
    second = coding.study.order("ada")[1]

    def refuse(route: Route) -> None:
        body = '{"error": {"code": "not_found", "message": "talk.mp4: no such video."}}'
        route.fulfill(status=404, body=body)

    page.route(f"**/stretches/{second}/clip", refuse)
    page.reload()
    expect_stretch(page, 1)
    page.keyboard.press("4")
    expect(page.locator(".failure")).to_contain_text("talk.mp4: no such video.")
    page.keyboard.press("4")
    assert coding.codes == ["happy", None, None, None]
    page.get_by_role("button", name="Skip").click()
    for number in (3, 4):
        expect_stretch(page, number)
        page.keyboard.press("4")
    expect(page.get_by_role("heading", name="3 of 4 stretches coded")).to_be_visible()
    page.unroute(f"**/stretches/{second}/clip")
    page.reload()
    expect_stretch(page, 2)
    assert coding.codes == ["happy", None, "happy", "happy"]


def test_the_page_fits_a_phone(open_code: OpenCoding) -> None:
    page = open_code(viewport={"width": 360, "height": 740}, has_touch=True)
    expect_stretch(page, 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    last = choice(page, "cannot tell").bounding_box()
    assert last
    assert last["y"] + last["height"] < 740
    choice(page, "fear").tap()
    expect_stretch(page, 2)


def test_a_server_without_a_study_says_how_to_start_one(
    studio: Studio, open_page: OpenPage
) -> None:
    page = open_page(f"{studio.url}/#/code", camera=False)
    expect(page.get_by_role("heading", name="No study to code")).to_be_visible()
    expect(page.get_by_text("mien study code STUDY --coder NAME")).to_be_visible()
    expect(page.get_by_role("navigation")).to_be_visible()
