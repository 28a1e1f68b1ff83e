"""Measures the npm package in a real Chromium: equality with Python, speed beside peers, memory.

    .venv/bin/python benchmarks/browser.py equality [--model MODEL]
    .venv/bin/python benchmarks/browser.py speed [--rounds N] [--plain]
    .venv/bin/python benchmarks/browser.py load
    .venv/bin/python benchmarks/browser.py memory [--frames N] [--model MODEL]

Needs ../shared, Debian's chromium-headless-shell, `npm run build --workspace web`, and for `speed`
and `load` the peers: `npm ci` in benchmarks/web. docs/browser-benchmarks.md has the figures.

equality: the shared photos and the shared clip through `mien.Analyzer` and through the page.
speed: frames a second on the shared clip, each library in a page of its own, in turns; medians.
    `--plain`: the pages are not cross-origin isolated, so that WebAssembly has one thread.
load: time from the import to the first result, bytes fetched for it, and memory after 142 frames.
memory: over N frames (20,000) of MODEL, in a worker, with tracking.
"""

import argparse
import gzip
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.studio_probe import heap, resident
from tests.conftest import SHARED
from tests.web.conftest import ROOT, Site, link_assets
from tests.web.parity.browser import analyze_photos, open_mien, stream_clip, stream_frames
from tests.web.parity.compare import Comparison, compare
from tests.web.parity.python import expect_clip, expect_photos
from tests.web.parity.sample import CLIP, choose_photos, read_clip

from mien.inference.analyzer import Analyzer

PROGRAM = "/usr/bin/chromium-headless-shell"
# Peers may use WebGL, which has no graphics card here.
OPTIONS = ("--no-sandbox", "--enable-unsafe-swiftshader")
PEERS = ROOT / "benchmarks" / "web" / "node_modules"
FRAMES, FPS = 72, 30
TO_AND_FRO, MOST_SECONDS = 2 * (FRAMES - 1), 10.0  # of `load`
A_ROUND, A_ROUND_SECONDS = FRAMES - 1, 4.0
STEPS = 20  # of `memory`
LONG = 600_000  # milliseconds
NO_POLICY = "default-src * 'unsafe-inline' 'unsafe-eval' blob: data:"


@dataclass(frozen=True, eq=False)
class Contender:
    """A library with its settings, as benchmarks/web/contenders.js opens it."""

    title: str
    name: str
    settings: dict[str, Any]


def _mien(model: str, is_tracked: bool) -> Contender:
    title = f"Mien, `{model}`, {'`stream`' if is_tracked else '`analyze`'}"
    return Contender(title, "mien", {"model": model, "isTracked": is_tracked})


def _human(backend: str, skips: bool = False) -> Contender:
    title = f"human, {backend}{', results kept up to 2.5 s' if skips else ''}"
    return Contender(title, "human", {"backend": backend, "skips": skips})


def _face_api(backend: str, size: int) -> Contender:
    title = f"face-api, {backend}, {size} pixels"
    return Contender(title, "faceapi", {"backend": backend, "inputSize": size})


CONTENDERS = (
    *(_mien(model, True) for model in ("default", "default-int8", "small", "small-int8")),
    *(_mien(model, False) for model in ("default", "small")),
    _human("wasm"),
    _human("wasm", skips=True),
    _human("webgl"),
    *(_face_api("wasm", size) for size in (416, 320, 224)),
    _face_api("webgl", 320),
)


def equality(browser: Browser, site: Site, model: str) -> None:
    analyzer = Analyzer(model)
    photos = choose_photos(SHARED)
    frames = expect_clip(analyzer, SHARED)
    names = [f"frame {frame['frame']}" for frame in frames]
    with tempfile.TemporaryDirectory() as folder, open_page(browser, site) as page:
        open_mien(page, model)
        expected = expect_photos(analyzer, photos, Path(folder))
        sources = [photo.name for photo in photos]
        clip = (SHARED / CLIP).read_bytes()
        found = {
            f"{len(photos)} photos": compare(sources, expected, analyze_photos(page, photos)),
            "clip, frames from Python": compare(
                names, frames, stream_frames(page, read_clip(SHARED))
            ),
            "clip, decoded by the browser": compare(
                names, frames, stream_clip(page, clip, CLIP.name, FPS)
            ),
        }
    print(f"\n`{model}`\n")
    table("", "faces", "same label", "same person", "p, 99 %", "p, most", "box, 99 %")
    for title, comparison in found.items():
        row(title, len(comparison.pairs), *_format(comparison))
    for title, comparison in found.items():
        for pair in comparison.unequal:
            print(f"{title}: {pair}")


def _format(found: Comparison) -> list[str]:
    return [
        f"{found.same_labels:.1%}",
        f"{found.same_persons:.1%}",
        f"{found.difference(99):.4f}",
        f"{found.difference(100):.4f}",
        f"{found.shift(99):.2%}",
    ]


def speed(browser: Browser, site: Site, rounds: int) -> None:
    pages = {contender: _open_contender(browser, site, contender)[0] for contender in CONTENDERS}
    rates: dict[Contender, list[float]] = {contender: [] for contender in CONTENDERS}
    found = dict.fromkeys(CONTENDERS, 0)
    frames = dict.fromkeys(CONTENDERS, 0)
    for page in pages.values():
        _run(page, A_ROUND, A_ROUND_SECONDS)
    for _ in range(rounds):
        for contender, page in pages.items():
            result = _run(page, A_ROUND, A_ROUND_SECONDS)
            rates[contender].append(result["frames"] / result["seconds"])
            found[contender] += result["found"]
            frames[contender] += result["frames"]
    table("", "frames a second, median", "lowest", "highest", "face in frames", "of five faces")
    for contender, rate in rates.items():
        figures = (statistics.median(rate), min(rate), max(rate))
        share = found[contender] / frames[contender]
        five = pages[contender].evaluate("bench.count('/media/five_faces.jpg')")
        row(contender.title, *(f"{figure:.1f}" for figure in figures), f"{share:.0%}", five)


def load(playwright: Playwright, site: Site) -> None:
    table("", "first result, s", "fetched, MB", "compressed, MB", "memory, MB")
    for contender in CONTENDERS:
        with open_browser(playwright) as browser:
            page, seconds, before = _open_contender(browser, site, contender)
            paths = _fetched(site)
            _run(page, TO_AND_FRO, MOST_SECONDS)
            used = resident(browser) - before
        sizes = [path.stat().st_size for path in paths]
        small = [len(gzip.compress(path.read_bytes())) for path in paths]
        row(
            contender.title,
            f"{seconds:.2f}",
            *(f"{sum(s) / 1e6:.2f}" for s in (sizes, small)),
            f"{used:.0f}",
        )


def memory(browser: Browser, site: Site, model: str, count: int) -> None:
    page, _, before = _open_contender(browser, site, _mien(model, True))
    table("frames", "resident, MB", "objects of the page, MB", "frames a second")
    for step in range(1, STEPS + 1):
        seconds = _run(page, count // STEPS)["seconds"]
        figures = (resident(browser) - before, heap(page), count / STEPS / seconds)
        row(f"{step * count // STEPS:,}", *(f"{figure:.1f}" for figure in figures))


def _open_contender(
    browser: Browser, site: Site, contender: Contender
) -> tuple[Page, float, float]:
    """Opens a library in a page of its own.

    Returns:
        The page, the seconds until the library's first result, and the resident MB before it.
    """
    page = browser.new_context().new_page()
    page.set_default_timeout(LONG)
    page.goto(f"{site.url}/bench/index.html")
    page.evaluate("([clip, count]) => bench.decode(clip, count)", ["/media/one_face.mp4", FRAMES])
    before = resident(browser)
    site.requests.clear()
    seconds = page.evaluate(
        "([name, settings]) => bench.open(name, settings)", [contender.name, contender.settings]
    )
    return page, seconds, before


def _run(page: Page, most: int, seconds: float | None = None) -> dict[str, Any]:
    """Analyzes some frames; stops after some seconds."""
    run = "([most, seconds]) => bench.run(most, seconds ?? Infinity)"
    result: dict[str, Any] = page.evaluate(run, [most, seconds])
    return result


def _fetched(site: Site) -> list[Path]:
    """Returns the files that were fetched since the requests were cleared."""
    return [site.folder / path.partition("?")[0].lstrip("/") for path in site.requests]


@contextmanager
def open_site(isolated: bool) -> Iterator[Site]:
    """Serves the package, the peers, the pages and the clip from this machine alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        link_assets(folder / "dist")
        (folder / "bench").symlink_to(ROOT / "benchmarks" / "web")
        (folder / "peers").symlink_to(PEERS)
        (folder / "media").symlink_to(SHARED / CLIP.parent)
        site = Site(folder, NO_POLICY, isolated)
        try:
            yield site
        finally:
            site.close()


@contextmanager
def open_browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=PROGRAM, args=OPTIONS)
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def open_page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(LONG)
    page = context.new_page()
    page.goto(f"{site.url}/bench/index.html")
    yield page
    context.close()


def table(*heads: str) -> None:
    row(*heads)
    row("---", *["---:"] * (len(heads) - 1))


def row(*cells: object) -> None:
    print(f"| {' | '.join(str(cell) for cell in cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("equality", "speed", "load", "memory"))
    parser.add_argument("--model", default="default")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--plain", action="store_true")
    wanted = parser.parse_args()
    with open_site(not wanted.plain) as site, sync_playwright() as playwright:
        if wanted.what == "load":
            load(playwright, site)
            return
        with open_browser(playwright) as browser:
            if wanted.what == "equality":
                equality(browser, site, wanted.model)
            elif wanted.what == "speed":
                speed(browser, site, wanted.rounds)
            else:
                memory(browser, site, wanted.model, wanted.frames)


if __name__ == "__main__":
    main()
