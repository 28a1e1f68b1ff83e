"""Measures Studio's page in a real Chromium: first paint, delays, frames, long tasks, memory.

.venv/bin/python benchmarks/studio_page.py [paint|delays|live|photos|hour|all]

Server, browser and page share the machine's cores, as they do at home. Chromium draws without a
graphics card. A long task is one of over 50 ms. A delay is from an input to the next paint, as
Event Timing tells it: in steps of 8 ms, and not at all below 16 ms.

paint: first contentful paint from localhost; the first time, and with the files in the cache.
delays: of the main buttons and keys, each five times.
live: frames a second while two drawn faces are in view, for ten seconds.
photos: 1,000 drawn photos in Analyze: while they are analyzed, and while the grid is scrolled.
hour: an hour of five people: until it is open, and while the cursor is dragged over all of it.
"""

import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.studio_hour import make
from benchmarks.studio_probe import delay, heap, open_probed, read, resident
from tests.server.page.conftest import Studio, launch_chromium
from tests.server.page.drawn import draw_face, encode, write_camera

PAINTS, ROUNDS = 11, 5
LIVE_SECONDS = 10
PHOTOS, PHOTO_SIZE = 1000, (1280, 960)
BETWEEN = "ms between, middle / 95 % / longest"
LONG = 600_000  # milliseconds
Step = tuple[str, Callable[[], object]]


def paint(browser: Browser, studio: Studio) -> None:
    times: dict[str, list[float]] = {"first": [], "from the cache": []}
    for _ in range(PAINTS):
        context, page = open_probed(browser)
        for found in times.values():
            page.goto("about:blank")
            page.goto(studio.url)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            found.append(page.evaluate(_PAINT))
        context.close()
    table("first contentful paint", "middle, ms", "lowest", "highest", "n")
    for kind, found in times.items():
        row(
            kind,
            f"{statistics.median(found):.0f}",
            f"{min(found):.0f}",
            f"{max(found):.0f}",
            PAINTS,
        )


_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def delays(browser: Browser, studio: Studio) -> None:
    context, page = open_probed(browser)
    table("input", "middle delay, ms", "longest")
    page.goto(studio.url)
    for name, action in _shell_steps(page):
        _print_delay(page, name, action)
    _start_camera(page, studio)
    for name, action in _live_steps(page):
        _print_delay(page, name, action)
    context.close()


def _print_delay(page: Page, name: str, action: Callable[[], object]) -> None:
    found = [delay(page, action) for _ in range(ROUNDS)]
    row(name, _format_delay(statistics.median(found)), _format_delay(max(found)))


def _format_delay(milliseconds: float) -> str:
    return f"{milliseconds:.0f}" if milliseconds else "under 16"


def _shell_steps(page: Page) -> Iterator[Step]:
    for view in ("Live", "Analyze", "Sessions"):
        yield f"open {view}, from the start", partial(_open_view, page, view)
    for panel in ("Settings", "Help"):
        yield f"open {panel}", partial(_open_panel, page, panel)


def _open_view(page: Page, name: str) -> None:
    page.get_by_role("link", name="Mien Studio, start").click()
    expect(page).to_have_title("Start · Mien Studio")
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page).to_have_title(f"{name} · Mien Studio")


def _open_panel(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_timeout(300)
    page.keyboard.press("Escape")


def _live_steps(page: Page) -> Iterator[Step]:
    yield "Live: pause and resume", partial(page.keyboard.press, " ")
    yield "Live: Wrong?", page.get_by_text("Wrong?").first.click
    yield "Live: record and stop", partial(page.keyboard.press, "r")


def _start_camera(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/#/live")
    page.get_by_role("button", name="Start camera").click()
    expect(page.get_by_role("region", name="Person 2")).to_be_visible()


def live(browser: Browser, studio: Studio) -> None:
    context, page = open_probed(browser)
    _start_camera(page, studio)
    page.wait_for_timeout(2000)
    reading = read(page, partial(page.wait_for_timeout, 1000 * LIVE_SECONDS))
    table(
        "live",
        "frames/s",
        "of these drawn",
        "ms between, middle / 95 % / longest",
        "long tasks, ms",
    )
    row("two faces", reading.frame_rate, reading.draw_rate, reading.frame_times, reading.long_tasks)
    print(f"The page says: {page.get_by_text('fps').first.inner_text()}")
    context.close()


def photos(browser: Browser, studio: Studio) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = [_draw_photo(Path(folder), number) for number in range(PHOTOS)]
        context, page = open_probed(browser)
        page.goto(f"{studio.url}/#/analyze")
        empty = heap(page), resident(browser)
        analysis = read(page, partial(_analyze, page, files))
        full = heap(page), resident(browser)
        scroll = read(page, partial(_scroll, page))
        table(f"{PHOTOS:,} photos", "seconds", "frames/s", BETWEEN, "long tasks, ms")
        for name, reading in (("analysis", analysis), ("scrolling", scroll)):
            values = (reading.frame_rate, reading.frame_times, reading.long_tasks)
            row(name, f"{reading.seconds:.1f}", *values)
        table("memory, MB", "objects of the page", "resident, its process")
        row("before", *(f"{value:.0f}" for value in empty))
        row("after", *(f"{value:.0f}" for value in full))
        row("after scrolling", f"{heap(page):.0f}", f"{resident(browser):.0f}")
        print(f"Elements in the page: {page.locator('*').count():,}")
        table("input", "middle delay, ms", "longest")
        for name, action in _photo_steps(page):
            _print_delay(page, name, action)
        context.close()


def _draw_photo(folder: Path, number: int) -> Path:
    path = folder / f"photo-{number:04}.jpg"
    centers = [0.3 + 0.4 * (number % 97) / 97] if number % 3 else [0.25, 0.75]
    path.write_bytes(
        encode(draw_face((PHOTO_SIZE[0], PHOTO_SIZE[1] - number % 11), centers, number))
    )
    return path


def _analyze(page: Page, files: list[Path]) -> None:
    page.locator("input[type=file]").first.set_input_files(files)
    done = re.compile(f"^{len(files):,} files? done")
    expect(page.get_by_text(done).first).to_be_visible(timeout=LONG)


def _scroll(page: Page) -> None:
    page.mouse.move(700, 700)
    for step in range(120):
        page.mouse.wheel(0, 400 if step < 90 else -1200)
        page.wait_for_timeout(30)


def _photo_steps(page: Page) -> Iterator[Step]:
    tile = page.get_by_role("list", name="Files").get_by_role("button").first
    yield "Analyze: open a photo", lambda: (tile.click(), page.keyboard.press("Escape"))
    yield (
        "Analyze: confidence threshold",
        lambda: page.get_by_label("Confidence threshold").press("ArrowRight"),
    )
    sort = page.get_by_label("Sort by")
    yield "Analyze: sort", lambda: (sort.focus(), page.keyboard.press("ArrowDown"))
    yield (
        "Analyze: filter",
        page.get_by_role("group", name="Show").get_by_role("button").nth(1).click,
    )


def hour(browser: Browser, folder: Path) -> None:
    session = make(folder / "hour")
    studio = Studio(folder / "hour")
    try:
        _measure_hour(browser, f"{studio.url}/#/sessions/{session}", studio)
    finally:
        studio.stop()


def _measure_hour(browser: Browser, address: str, studio: Studio) -> None:
    opened = []
    for _ in range(ROUNDS):
        context, page = open_probed(browser)
        page.goto(f"{studio.url}/#/sessions")
        expect(page.get_by_role("link", name="An hour of five people")).to_be_visible()
        opened.append(_open_hour(page, address))
        if len(opened) < ROUNDS:
            context.close()
    cursor = page.get_by_role("slider", name="Timeline")
    scrub = read(page, partial(_drag, page, cursor))
    table("an hour of five people", "middle, ms", "first", "longest")
    times = statistics.median(opened), opened[0], max(opened)
    row("until all curves are drawn", *(f"{value:.0f}" for value in times))
    table("dragging the cursor", "frames/s", BETWEEN, "long tasks, ms")
    row("over the hour", scrub.frame_rate, scrub.frame_times, scrub.long_tasks)
    table("memory, MB", "objects of the page", "resident, its process")
    row("open", f"{heap(page):.0f}", f"{resident(browser):.0f}")
    table("input", "middle delay, ms", "longest")
    for name, action in _session_steps(page, cursor):
        _print_delay(page, name, action)
    context.close()


def _open_hour(page: Page, address: str) -> float:
    """Returns the milliseconds from the click on the session to the curves of its last person."""
    found: float = page.evaluate(_OPEN, address.rpartition("#")[2])
    return found


_OPEN = """async (place) => {
  const start = performance.now();
  location.hash = place;
  for (;;) {
    await new Promise(requestAnimationFrame);
    const charts = [...document.querySelectorAll(".people-rows canvas")];
    if (charts.length >= 5 && charts.every(isDrawn)) return performance.now() - start;
  }
  function isDrawn(canvas) {
    const {width, height} = canvas;
    if (!width || !height) return false;
    const {data} = canvas.getContext("2d").getImageData(0, height >> 1, width, 1);
    return new Set(new Uint32Array(data.buffer)).size > 2;
  }
}"""


def _drag(page: Page, cursor: Locator) -> None:
    grip = cursor.locator(".grip").bounding_box()
    rows = page.locator(".surface").bounding_box()
    assert grip is not None
    assert rows is not None
    y = grip["y"] + grip["height"] / 2
    page.mouse.move(grip["x"] + grip["width"] / 2, y)
    page.mouse.down()
    for step in range(1, 201):
        page.mouse.move(rows["x"] + rows["width"] * step / 201, y)
        page.wait_for_timeout(16)
    page.mouse.up()
    assert float(cursor.get_attribute("aria-valuenow") or 0) > 1000, "the cursor did not move"


def _session_steps(page: Page, cursor: Locator) -> Iterator[Step]:
    yield "session: move the cursor", lambda: cursor.press("ArrowRight")
    yield "session: zoom in", page.get_by_role("button", name="Zoom in").click
    yield "session: show all", lambda: page.keyboard.press("0")


def table(*heads: str) -> None:
    print()
    row(*heads)
    row(*("---" for _ in heads))


def row(*cells: object) -> None:
    print("|", " | ".join(str(cell) for cell in cells), "|", flush=True)


PARTS = {"paint": paint, "delays": delays, "live": live, "photos": photos}


@contextmanager
def opened_browser(folder: Path) -> Iterator[Browser]:
    camera = folder / "camera.mjpeg"
    write_camera(camera)
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright, camera)
        yield browser
        browser.close()


def main(part: str = "all") -> None:
    if part not in (*PARTS, "hour", "all"):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as name, opened_browser(Path(name)) as browser:
        studio = Studio(Path(name) / "studio")
        try:
            for found in PARTS if part == "all" else {part} & PARTS.keys():
                PARTS[found](browser, studio)
        finally:
            studio.stop()
        if part in ("hour", "all"):
            hour(browser, Path(name))


if __name__ == "__main__":
    main(*sys.argv[1:])
