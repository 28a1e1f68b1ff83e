"""Five tasks as a new user does them in Studio: clicks, keys, and seconds.

.venv/bin/python benchmarks/studio_tasks.py [after|before]

`before` is of Studio at commit 08a13f8, and needs its files: `git worktree add ../before 08a13f8`,
then `PYTHONPATH=../before/src .venv/bin/python benchmarks/studio_tasks.py before`.

The steps are scripted, in a real Chromium whose camera shows a drawn face; each task starts on a
page that was just opened. What a user takes is of a model, see `studio_hand.py`; what the machine
takes is measured, the middle of three runs.
"""

import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import studio_tasks_after, studio_tasks_before
from benchmarks.studio_hand import Hand
from tests.server.page.conftest import Studio, launch_chromium
from tests.server.page.drawn import draw_face, write_camera

from mien.emotions import EMOTIONS

RUNS = 3
expect.set_options(timeout=120_000)
SECONDS, RATE = 300, 5
SMILES = {61.0: 0.78, 148.0: 0.91, 240.0: 0.83}  # second: probability at its peak
OTHERS = 0.01  # the probability of each of the other labels
SESSION = "Talk"
PAGES = {"before": studio_tasks_before, "after": studio_tasks_after}
VIEW = {"width": 1440, "height": 900}


@dataclass(frozen=True)
class Bench:
    """A new server with one session, a new browser, and the steps that its page needs."""

    steps: ModuleType
    hand: Hand
    api: httpx2.Client
    folder: Path


def see_a_label(bench: Bench) -> None:
    bench.steps.see_a_label(bench.hand)


def export_photos(bench: Bench) -> None:
    photos = [bench.folder / f"photo-{number:02}.png" for number in range(20)]
    for number, path in enumerate(photos):
        draw_face((640, 480), [0.3 + 0.02 * number], number).save(path)
    bench.hand.started = time.perf_counter()
    table = bench.steps.export_photos(bench.hand, photos).read_text()
    assert all(path.name in table for path in photos), table


def name_and_mark(bench: Bench) -> None:
    bench.steps.name_and_mark(bench.hand, SESSION, 0.4, 0.6)
    while not (found := bench.api.get("/v1/sessions/1").json())["marks"]:
        bench.hand.page.wait_for_timeout(50)  # what the page asked for last is still under way
    assert found["people"][0]["name"] == "Ada"
    (mark,) = found["marks"]
    assert abs(mark["duration"] - 0.2 * SECONDS) < 0.02 * SECONDS, mark


def find_smile(bench: Bench) -> None:
    bench.steps.find_smile(bench.hand, SESSION, [second / SECONDS for second in SMILES])
    best = max(SMILES, key=lambda second: SMILES[second])
    chart = bench.hand.page.get_by_role("slider", name="Timeline")
    assert abs(float(chart.get_attribute("aria-valuenow") or "nan") - best) < 2


def correct(bench: Bench) -> None:
    bench.steps.correct(bench.hand, "happy")


TASKS = {
    "first label from the camera": see_a_label,
    "export the results of 20 photos": export_photos,
    "name a person and mark an interval": name_and_mark,
    "find when person 2 smiled most": find_smile,
    "correct a wrong label and see it stay": correct,
}


def main(version: str = "after") -> None:
    print("| task | clicks | keys | mental steps | user, s (model) | machine, s (measured) |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, task in TASKS.items():
        runs = [run(PAGES[version], task) for _ in range(RUNS)]
        hand, machine = runs[0][0], statistics.median(seconds for _, seconds in runs)
        counts = f"{hand.clicks} | {hand.keys} | {hand.thoughts}"
        print(f"| {name} | {counts} | {hand.model_seconds:.1f} | {machine:.1f} |", flush=True)


def run(steps: ModuleType, task: Callable[[Bench], None]) -> tuple[Hand, float]:
    """Does a task; returns what it took a user, and the machine."""
    with tempfile.TemporaryDirectory() as name, opened(Path(name)) as (studio, page):
        page.goto(studio.url)
        expect(page.get_by_role("navigation").first).to_be_visible()
        hand = Hand(page)
        with httpx2.Client(base_url=studio.url, timeout=60) as api:
            task(Bench(steps, hand, api, Path(name)))
        return hand, hand.machine_seconds


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Studio, Page]]:
    camera = folder / "camera.mjpeg"
    write_camera(camera, people=1)
    studio = Studio(folder / "studio")
    with sync_playwright() as playwright:
        browser: Browser = launch_chromium(playwright, camera)
        try:
            record_talk(studio)
            context = browser.new_context(viewport=VIEW, permissions=["camera"])
            yield studio, context.new_page()
        finally:
            browser.close()
            studio.stop()


def record_talk(studio: Studio) -> None:
    """Records a session of two people; the second one smiles three times."""
    frames = [_frame(number) for number in range(SECONDS * RATE)]
    with httpx2.Client(base_url=studio.url, timeout=60) as api:
        new = {"name": SESSION, "kind": "live"}
        url = f"/v1/sessions/{api.post('/v1/sessions', json=new).json()['id']}"
        for start in range(0, len(frames), 500):
            part = {"frames": frames[start : start + 500]}
            api.post(f"{url}/frames", json=part).raise_for_status()
        api.patch(url, json={"status": "done"}).raise_for_status()


def _frame(number: int) -> dict[str, Any]:
    second = number / RATE
    smile = max(peak * math.exp(-(((second - at) / 4) ** 2)) for at, peak in SMILES.items())
    faces = [_face(1, 0.1), _face(2, max(smile, 0.03))]
    return {"frame": number, "time": second, "width": 640, "height": 360, "faces": faces}


def _face(person: int, happy: float) -> dict[str, Any]:
    others = dict.fromkeys(EMOTIONS, OTHERS)
    probabilities = others | {"happy": happy, "neutral": 1 - happy - OTHERS * (len(EMOTIONS) - 2)}
    box = [200 * person, 80, 90, 120]
    return {
        "box": box,
        "probabilities": probabilities,
        "smoothed": probabilities,
        "person": person,
    }


def _draw_photos(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"photo-{number:02}.png" for number in range(count)]
    for number, path in enumerate(paths):
        draw_face((640, 480), [0.3 + 0.02 * number], number).save(path)
    return paths


if __name__ == "__main__":
    main(*sys.argv[1:])
