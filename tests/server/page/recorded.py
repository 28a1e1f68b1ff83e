"""Records sessions as the page does: by frames posted to the server."""

from collections.abc import Mapping, Sequence

import httpx2

from mien.emotions import EMOTIONS

RATE = 10  # frames a second


def record(
    api: httpx2.Client,
    name: str,
    frames: Sequence[Mapping[int, str]],
    url: str | None = None,
    ended: bool = False,
) -> str:
    """Records frames, each the people in view with their labels; returns the session's path.

    With `url`, that session continues.
    """
    if url is None:
        answer = api.post("/v1/sessions", json={"name": name, "kind": "live"}).raise_for_status()
        url = f"/v1/sessions/{answer.json()['id']}"
    first = api.get(url).json()["session"]["last_frame"] + 1
    recorded = [_frame(first + at, people) for at, people in enumerate(frames)]
    for start in range(0, len(recorded), 1000):
        part = {"frames": recorded[start : start + 1000]}
        api.post(f"{url}/frames", json=part).raise_for_status()
    if ended:
        api.patch(url, json={"status": "done"}).raise_for_status()
    return url


def _frame(number: int, people: Mapping[int, str]) -> dict[str, object]:
    faces = [_face(person, emotion) for person, emotion in people.items()]
    return {"frame": number, "time": number / RATE, "width": 640, "height": 360, "faces": faces}


def _face(person: int, emotion: str) -> dict[str, object]:
    probabilities = {label: 0.7 if label == emotion else 0.05 for label in EMOTIONS}
    box = [100 * person, 80, 90, 120]
    return {
        "box": box,
        "probabilities": probabilities,
        "smoothed": probabilities,
        "person": person,
    }
