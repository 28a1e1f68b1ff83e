"""What the npm package says of the images, in a page."""

from base64 import b64encode
from collections.abc import Iterable, Sequence

from playwright.sync_api import Page

from tests.web.parity.compare import Result
from tests.web.parity.sample import Photo

_OPEN = """async (model) => {
  const { load } = await import("/dist/mien.js");
  globalThis.mien = await load({ model });
  globalThis.toFile = async (text, name) =>
    new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name);
  globalThis.collect = async (stream) => {
    const results = [];
    for await (const result of stream) results.push(result);
    return results;
  };
}"""
_ANALYZE = "async ([text, name, crop]) => mien.analyze(await toFile(text, name), { crop })"
_STREAM_FRAMES = """async (frames) => collect(mien.stream((async function* () {
  for (const [time, text] of frames) yield { image: await toFile(text, "frame.png"), time };
})()))"""
_STREAM_CLIP = """async ([text, name, fps]) =>
  collect(mien.stream(await toFile(text, name), { fps }))"""


def open_mien(page: Page, model: str = "default") -> None:
    """Loads Mien in a page of a site that serves the package under `/dist`."""
    page.evaluate(_OPEN, model)


def analyze_photos(page: Page, photos: Sequence[Photo]) -> list[Result]:
    """Analyzes encoded photos, which the browser decodes."""
    return [
        page.evaluate(_ANALYZE, [_to_text(photo.data), photo.name, photo.is_crop])
        for photo in photos
    ]


def stream_frames(page: Page, frames: Iterable[tuple[float, bytes]]) -> list[Result]:
    """Analyzes the frames of one video, each an image with its time in seconds."""
    results: list[Result] = page.evaluate(
        _STREAM_FRAMES, [[time, _to_text(data)] for time, data in frames]
    )
    return results


def stream_clip(page: Page, data: bytes, name: str, fps: float) -> list[Result]:
    """Analyzes a video, which the browser decodes."""
    results: list[Result] = page.evaluate(_STREAM_CLIP, [_to_text(data), name, fps])
    return results


def _to_text(data: bytes) -> str:
    return b64encode(data).decode()
