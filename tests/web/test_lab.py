"""The page of `mien page`: one file, opened without a network, in Chromium and Firefox."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from mien.browser.page import MOST_BYTES, write_page
from mien.inference.records import read_records
from mien.study.events import read_events
from tests.conftest import SHARED
from tests.server.page.conftest import WAIT, launch_chromium
from tests.server.page.drawn import draw_face, encode, write_camera

pytestmark = pytest.mark.slow

SAMPLE = files("mien.server") / "page" / "sample" / "sample.webm"  # 18 seconds of two drawn people
# Firefox, as Playwright drives it, ends no download of a page of a disk: what is saved is kept.
KEEP_BLOBS = """
window.saved = [];
const create = URL.createObjectURL.bind(URL);
URL.createObjectURL = (blob) => { saved.push(blob); return create(blob); };
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lab") / "lab.html"
    write_page(path, title="A <study>")
    return path


@pytest.fixture(scope="module")
def chromium(
    playwright: Playwright, camera_clip: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """Chromium whose camera shows the shared clip, or else drawn faces."""
    camera = camera_clip or tmp_path_factory.mktemp("camera") / "drawn.mjpeg"
    if camera_clip is None:
        write_camera(camera)
    browser = launch_chromium(playwright, camera)
    yield browser
    browser.close()


@contextmanager
def open_offline(browser: Browser, path: Path, **options: object) -> Iterator[Page]:
    """Opens a file without a network; any request, other than for the file itself, is a fault."""
    context = browser.new_context(**options)
    context.set_offline(True)
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.add_init_script(KEEP_BLOBS)
    faults: list[str] = []
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    yield page
    context.close()
    assert not faults
    others = [url for url in requests if url != path.as_uri()]
    assert not [url for url in others if not url.startswith(("blob:", "data:"))]


def save(page: Page, button: str, path: Path) -> Path:
    """Presses a button that downloads a file; returns where it lies."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    download.value.save_as(path)
    return path


def test_a_page_fits_and_says_first_what_it_does(lab: Path) -> None:
    assert lab.stat().st_size <= MOST_BYTES
    text = lab.read_text("utf-8")
    assert "<title>A &lt;study&gt;</title>" in text
    assert "Your images never leave this page: nothing is sent anywhere." in text


def test_a_recording_is_read_by_python(lab: Path, chromium: Browser, tmp_path: Path) -> None:
    with open_offline(chromium, lab, permissions=["camera"]) as page:
        page.get_by_role("button", name="Start camera").click()
        page.get_by_role("region", name="Person 1", exact=True).wait_for()
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.locator(".recording-state").first).to_be_visible()
        expect(page.locator(".recording-state").last).to_have_text("0:01")
        page.keyboard.press("m")
        page.get_by_label("Name of the last marker").fill("stimulus, 1")
        page.get_by_role("button", name="Stop recording").click()
        csv = save(page, "Save as CSV", tmp_path / "a.csv")
        lines = save(page, "Save as JSON Lines", tmp_path / "a.jsonl")
        events = save(page, "Save markers as CSV", tmp_path / "a.events.csv")
        report = save(page, "Save report", tmp_path / "a.html")
        expect(page.get_by_text("This browser starts no worker")).to_be_hidden()
    records = read_records(csv)
    assert (records.person == 1).any()
    assert (read_records(lines).time == records.time).all()
    (event,) = read_events(events)
    assert event.name == "stimulus, 1"
    assert 0 < event.onset <= records.time[-1]
    text = report.read_text("utf-8")
    assert "Person 1" in text
    assert "stimulus, 1" in text
    assert "http" not in text.split("<body>")[1]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "face.jpg"
    one_face = SHARED / "media" / "one_face.jpg"
    drawn = encode(draw_face((640, 360), [0.5]))
    path.write_bytes(one_face.read_bytes() if one_face.exists() else drawn)
    return path


def test_firefox_analyzes_a_photo_and_names_what_is_none(
    lab: Path, firefox: Browser, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    with open_offline(firefox, lab) as page:
        page.locator(".files input[type=file]").set_input_files([photo, tmp_path / "broken.jpg"])
        expect(page.get_by_text("2 files analyzed")).to_be_visible()
        expect(page.locator(".tile.failed")).to_contain_text("broken.jpg")
        expect(page.locator(".tile:not(.failed) .bars").first).to_be_visible()
        expect(page.get_by_text("This browser starts no worker")).to_be_hidden()


def test_firefox_records_a_camera_and_finds_the_people_of_a_video(
    lab: Path, firefox: Browser, tmp_path: Path
) -> None:
    with open_offline(firefox, lab) as page:
        page.get_by_role("button", name="Start camera").click()
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.locator(".recording-state").last).to_have_text("0:01")
        page.get_by_role("button", name="Stop recording").click()
        camera = read_records(keep(page, "Save as CSV", tmp_path / "camera.csv"))
        page.get_by_role("link", name="Files").click()
        page.get_by_label("Frames a second of videos").select_option("2")
        page.locator(".files input[type=file]").set_input_files(str(SAMPLE))
        page.get_by_role("button", name="Open timeline").click(timeout=3 * WAIT)
        video = read_records(keep(page, "Save as CSV", tmp_path / "video.csv"))
        report = keep(page, "Save report", tmp_path / "video.html").read_text("utf-8")
    assert len(camera.time) > 3
    assert set(video.person) == {1, 2}
    assert {"happy", "neutral"} <= {video.labels[label] for label in video.label}
    assert "Person 2" in report


def keep(page: Page, button: str, path: Path) -> Path:
    """Presses a button that downloads a file; writes what the page would save."""
    page.get_by_role("button", name=button, exact=True).first.click()
    path.write_text(page.evaluate("() => saved.at(-1).text()"), "utf-8")
    return path
