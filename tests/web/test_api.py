"""The public API in Chromium, under a strict policy: what it takes, refuses and returns."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from mien import Analyzer
from tests.web.conftest import ROOT, OpenPage, Site

pytestmark = pytest.mark.slow

SAMPLE = ROOT / "src" / "mien" / "server" / "page" / "sample"
FACE = SAMPLE / "ada-happy.webp"
SETUP = """
async (options) => {
  const mien = await import("/dist/mien.js");
  Object.assign(window, { mien, engine: await mien.load({ model: "small-int8", ...options }) });
  window.fails = (call) => Promise.resolve().then(call).then(
    () => "no error", (error) => `${error.name}: ${error.message}`);
  window.draw = (width, height) =>
    Object.assign(document.createElement("canvas"), { width, height });
}
"""
Run = Callable[[str], Any]


def write_images(site: Site) -> None:
    """Writes the images that tests open."""
    site.write("face.webp", FACE.read_bytes())
    site.write("broken.jpg", b"\xff\xd8\xff\xe0 no image")
    site.write("video.mp4", (SAMPLE / "sample.mp4").read_bytes())
    with Image.open(FACE) as face:
        lying = face.convert("RGB").rotate(90)
        lying.info.clear()
        exif = Image.Exif()
        exif[0x0112] = 6  # the image becomes upright by a quarter turn clockwise
        site.write("lying.jpg", _encode(lying, "JPEG", exif=exif, quality=95))
        cut = face.convert("RGBA")
        cut.putalpha(Image.linear_gradient("L").resize(cut.size))
        site.write("transparent.png", _encode(cut, "PNG"))


def _encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def page(site: Site, browser: Any) -> Any:
    """A page with an engine, which the tests of this module share."""
    write_images(site)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site.url}/blank.html")
    page.evaluate(SETUP, {})
    yield page
    context.close()


def test_a_result_is_the_object_that_python_gives(site: Site, page: Page) -> None:
    found = page.evaluate("() => engine.analyze('/face.webp')")
    expected = Analyzer("small-int8").analyze(FACE).to_dict()
    assert found["source"] == "/face.webp"
    assert [list(found), list(found["faces"][0])] == [list(expected), list(expected["faces"][0])]
    assert list(found["faces"][0]["attributes"]) == list(expected["faces"][0]["attributes"])
    assert found["faces"][0]["emotion"] == expected["faces"][0]["emotion"] == "happy"
    assert found["faces"][0]["box"] == pytest.approx(expected["faces"][0]["box"], abs=0.5)


EVERY_SOURCE = """
async () => {
  const blob = await (await fetch("/face.webp")).blob();
  const bitmap = await createImageBitmap(blob);
  const canvas = Object.assign(draw(480, 480));
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  const offscreen = new OffscreenCanvas(480, 480);
  offscreen.getContext("2d").drawImage(bitmap, 0, 0);
  const data = canvas.getContext("2d").getImageData(0, 0, 480, 480);
  const frame = new VideoFrame(canvas, { timestamp: 0 });
  const image = Object.assign(new Image(), { src: "/face.webp" });
  const file = new File([blob], "ada.webp");
  const url = new URL("/face.webp", location);
  const sources = { url, blob, file, image, canvas, offscreen, bitmap, data, frame };
  const labels = {};
  for (const [name, source] of Object.entries(sources)) {
    const { faces, source: told } = await engine.analyze(source);
    labels[name] = [faces.map((face) => face.emotion).join(), told.split("/").at(-1)];
  }
  frame.close();
  return { labels, kept: [bitmap.width, data.data.length] };
}
"""


def test_an_image_is_taken_in_every_form_and_stays_as_it_was(page: Page) -> None:
    found = page.evaluate(EVERY_SOURCE)
    names = {"url": "face.webp", "file": "ada.webp", "image": "face.webp"}
    assert found["labels"] == {
        name: ["happy", names.get(name, "<image>")] for name in found["labels"]
    }
    assert len(found["labels"]) == 9
    assert found["kept"] == [480, 480 * 480 * 4]


def test_a_photo_is_turned_upright_by_its_metadata(page: Page) -> None:
    upright, lying = (
        page.evaluate("(name) => engine.analyze(name)", name)
        for name in ("/face.webp", "/lying.jpg")
    )
    assert "turned" not in lying["faces"][0]
    assert lying["faces"][0]["box"] == pytest.approx(upright["faces"][0]["box"], abs=6)


def test_what_is_transparent_is_white_as_in_python(site: Site, page: Page) -> None:
    found = page.evaluate("() => engine.analyze('/transparent.png', { crop: true })")
    expected = Analyzer("small-int8").analyze_crop(site.folder / "transparent.png")
    (face,) = expected.faces
    assert found["faces"][0]["emotion"] == face.emotion
    for label, value in zip(face.labels, face.probabilities, strict=True):
        assert found["faces"][0]["probabilities"][label] == pytest.approx(value, abs=0.03)


BAD = [
    ("draw(0, 0)", "MediaError: <image>: has no pixels; wait until it is loaded"),
    (
        "draw(50000, 50000)",
        "MediaError: <image>: has more than 120 million pixels; make it smaller",
    ),
    ("document.createElement('video')", "MediaError: <video>: has no pixels"),
    ("new Blob([])", "MediaError: <image>: the file is empty; copy or save it again"),
    ("'/broken.jpg'", "MediaError: /broken.jpg: not an image that this browser can read; use JPEG"),
    ("'/absent.jpg'", "MediaError: /absent.jpg: the server answers 404; check that http"),
    ("Object.assign(new Image(), { src: '/broken.jpg' })", "MediaError: .*is not an image, or"),
    ("{}", r"MediaError: \[object Object\] is not an image; give an image, video or canvas"),
]


@pytest.mark.parametrize(("source", "message"), BAD)
def test_an_image_that_cannot_be_analyzed_says_why(page: Page, source: str, message: str) -> None:
    error = page.evaluate(f"() => fails(() => engine.analyze({source}))")
    assert re.match(message, error), error


def test_a_tainted_canvas_says_what_to_do(
    site: Site, isolated_site: Site, open_page: OpenPage
) -> None:
    open_policy = Site(site.folder, policy="img-src *")
    page = open_page(f"{open_policy.url}/blank.html")
    page.evaluate(SETUP, {})
    error = page.evaluate(
        """async (url) => {
          const image = Object.assign(new Image(), { src: url });
          await image.decode();
          const canvas = draw(100, 100);
          canvas.getContext("2d").drawImage(image, 0, 0);
          return Promise.all([image, canvas].map((source) => fails(() => engine.analyze(source))));
        }""",
        f"{site.url}/face.webp",
    )
    open_policy.close()
    for text in error:
        assert "its pixels may not be read, as it comes from another origin; serve it from" in text


BAD_OPTIONS = [
    ("{ model: 'huge' }", "ModelError: huge: no such model; choose from default, default-int8"),
    (
        "{ model: new Blob(['<html>']) }",
        "ModelError: .*(not a Mien model|cannot be opened as an ONNX model)",
    ),
    ("{ model: new URL('/dist/yunet.onnx', location) }", "ModelError: .*it?s? metadata lacks"),
    ("{ prior: 'cinema' }", "ModelError: cinema: no such prior; choose from"),
    ("{ unsureBelow: 2 }", "MienError: unsureBelow must be between 0 and 1, got 2"),
    ("{ assets: '/nowhere/' }", "MediaError: .*the server answers 404"),
    ("{ profile: new Blob(['no profile']) }", "ProfileError: not a profile; choose a file from"),
    ("{ worker: () => new Worker('/absent.js') }", "UnsupportedError: Mien's worker cannot be"),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_what_cannot_be_loaded_says_why(page: Page, options: str, message: str) -> None:
    error = page.evaluate(f"() => fails(() => mien.load({options}))")
    assert re.match(message, error), error


def test_without_simd_nothing_is_fetched(site: Site, open_page: OpenPage) -> None:
    page = open_page(f"{site.url}/blank.html")
    site.requests.clear()
    error = page.evaluate(
        """async () => {
          WebAssembly.validate = () => false;
          const { load } = await import("/dist/mien.js");
          return load().catch((error) => `${error.name}: ${error.message}`);
        }"""
    )
    assert error.startswith("UnsupportedError: this browser has no WebAssembly with SIMD; use")
    assert site.requests == ["/dist/mien.js"]


def test_calls_after_close_and_calls_that_wait_are_rejected(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page(f"{site.url}/blank.html")
    page.evaluate(SETUP, {})
    waiting, later = page.evaluate(
        """async () => {
          const waiting = fails(() => engine.analyze(draw(300, 300)));
          await new Promise((resolve) => setTimeout(resolve));
          await engine.close();
          return [await waiting, await fails(() => engine.analyze("/face.webp"))];
        }"""
    )
    assert waiting == later == "ClosedError: Mien was closed; load it again."


def test_without_a_worker_and_on_isolated_pages_results_are_the_same(
    isolated_site: Site, open_page: OpenPage
) -> None:
    page = open_page(f"{isolated_site.url}/blank.html")
    found = []
    for options in ({"worker": False}, {"threads": 2}, {"device": "auto"}):
        page.evaluate(SETUP, options)
        result = page.evaluate("() => engine.analyze('/face.webp')")
        about = page.evaluate("() => [engine.threads, engine.device, engine.notes.join()]")
        found.append((about, result["faces"][0]["probabilities"]))
    assert [about[1] for about, _ in found] == ["wasm"] * 3
    assert found[1][0][0] == 2
    assert found[2][0][2].endswith("; the CPU is used.")
    for _, probabilities in found[1:]:
        assert probabilities == pytest.approx(found[0][1], abs=1e-4)


STREAMS = """
async () => {
  const ends = async (source, options) => {
    const results = [];
    for await (const result of engine.stream(source, options)) results.push(result);
    return results.map(({ frame, time, faces }) =>
      [frame, time, faces.map((face) => face.person).sort()]);
  };
  const blob = await (await fetch("/face.webp")).blob();
  async function* images() { for (const time of [0, 0.5]) yield { image: blob, time }; }
  const video = Object.assign(document.createElement("video"), { muted: true, src: "/video.mp4" });
  await video.play();
  const stop = new AbortController();
  const aborted = ends(video, { signal: stop.signal });
  setTimeout(() => stop.abort(), 600);
  return {
    images: await ends(images()),
    file: await ends("/video.mp4", { fps: 2 }),
    aborted: (await aborted).length,
    broken: await fails(() => ends(new Blob(["no video"]))),
    number: await fails(() => ends(7)),
  };
}
"""


def test_a_stream_follows_files_videos_and_images(page: Page) -> None:
    found = page.evaluate(STREAMS)
    assert found["images"] == [[0, 0, [1]], [1, 0.5, [1]]]
    assert [time for _, time, _ in found["file"][:3]] == [0, 0.5, 1]
    assert found["aborted"] >= 1
    assert found["broken"].startswith("MediaError: <image>: cannot be played by this browser; use")
    assert found["number"].startswith("MediaError: [object Number] is not a video; give a video")
