"""Measures a page from within: frames, long tasks, the delays of interactions, memory."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

MB = 2**20

# Frames are those in which the page may draw; in `drawn` of them, a canvas was drawn on, or moved.
_PROBE = """
window.probe = {delays: [], tasks: [], frames: [], drawn: 0};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.interactionId) probe.delays.push(entry.duration);
}).observe({type: "event", durationThreshold: 16, buffered: true});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) probe.tasks.push(entry.duration);
}).observe({type: "longtask", buffered: true});
let isDrawn = false, last = performance.now(), places = "";
for (const name of ["drawImage", "fillRect", "fill", "stroke", "clearRect", "putImageData"]) {
  const draw = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...values) {
    isDrawn ||= this.canvas.isConnected;
    return draw.apply(this, values);
  };
}
const count = (now) => {
  probe.frames.push(now - last);
  const moved = places !== (places = Array.from(document.querySelectorAll("canvas"),
    ({style}) => style.transform).join());
  probe.drawn += isDrawn || moved;
  isDrawn = false;
  last = now;
  requestAnimationFrame(count);
};
requestAnimationFrame(count);
"""
_RESET = "() => Object.assign(probe, {delays: [], tasks: [], frames: [], drawn: 0})"


@dataclass(frozen=True)
class Reading:
    """What happened on the page in some seconds; durations are in milliseconds."""

    seconds: float
    frames: Sequence[float]
    drawn: int
    tasks: Sequence[float]
    delays: Sequence[float]

    @property
    def frame_rate(self) -> str:
        """How many frames a second there were."""
        return f"{len(self.frames) / self.seconds:.0f}"

    @property
    def draw_rate(self) -> str:
        """In how many frames a second a canvas was drawn on, or moved."""
        return f"{self.drawn / self.seconds:.0f}"

    @property
    def frame_times(self) -> str:
        """The middle of the times between frames, the 95th percentile, and the longest."""
        times = sorted(self.frames)
        at = min(int(0.95 * len(times)), len(times) - 1)
        return f"{statistics.median(times):.0f} / {times[at]:.0f} / {times[-1]:.0f}"

    @property
    def long_tasks(self) -> str:
        """How many tasks took over 50 ms, and the longest."""
        return f"{len(self.tasks)}, longest {max(self.tasks, default=0):.0f}"


def open_probed(browser: Browser, **options: Any) -> tuple[BrowserContext, Page]:
    """Opens a page that is measured from its start."""
    viewport = {"width": 1440, "height": 900}
    context = browser.new_context(viewport=viewport, permissions=["camera"], **options)
    context.add_init_script(_PROBE)
    context.add_init_script("localStorage.setItem('mien-tour', 'seen')")
    return context, context.new_page()


def read(page: Page, action: Callable[[], object]) -> Reading:
    """Does something, and tells what the page did meanwhile."""
    page.evaluate(_RESET)
    started = page.evaluate("performance.now()")
    action()
    found = page.evaluate("() => ({...probe, now: performance.now()})")
    seconds = (found["now"] - started) / 1000
    return Reading(seconds, found["frames"], found["drawn"], found["tasks"], found["delays"])


def delay(page: Page, action: Callable[[], object]) -> float:
    """Returns the milliseconds from an input to the next paint; 0 for less than 16."""

    def act() -> None:
        action()
        page.wait_for_timeout(400)  # the browser tells of an event some time after its paint

    return max(read(page, act).delays, default=0)


def heap(page: Page) -> float:
    """Returns the MB of the page's objects, after what is not used any more was freed."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used / MB


def resident(browser: Browser) -> float:
    """Returns the resident MB of the browser's largest renderer: the page's process."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    renderers = [process["id"] for process in processes if process["type"] == "renderer"]
    return max(_resident_of(process) for process in renderers)


def _resident_of(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kilobytes) / 1024
