"""How probabilities are smoothed, and labels held, over uneven times."""

from typing import Any

import numpy as np

from mien.inference.analyzer import _Steady

_FRAMES = 160
_CONSTANTS = 0.06, 0.5, 0.0


def make() -> dict[str, Any]:
    """Returns what three people, who come and go, read as, and what of it is displayed."""
    random = np.random.default_rng(18)
    times = np.cumsum(
        random.choice([0.02, 0.04, 0.1, 0.5, 3.0], _FRAMES, p=[0.4, 0.3, 0.2, 0.08, 0.02])
    )
    frames = [_frame(random, float(time)) for time in times]
    return {
        "frames": frames,
        "displayed": {str(constant): _display(frames, constant) for constant in _CONSTANTS},
    }


def _frame(random: np.random.Generator, time: float) -> dict[str, Any]:
    persons = [person for person in (1, 2, 3) if random.random() < 0.8]
    # Each person keeps an expression for about a second, and is noisy about it.
    moods = [np.eye(7)[int(time + person) % 7] * random.choice([0.5, 2, 6]) for person in persons]
    logits = [mood + random.normal(0, 1, 7) for mood in moods]
    rows = [np.exp(row) / np.exp(row).sum() for row in logits]
    return {
        "time": time,
        "persons": persons,
        "rows": [row.round(5).tolist() for row in rows],
    }


def _display(frames: list[dict[str, Any]], constant: float) -> list[dict[str, Any]]:
    steady, displayed = _Steady(constant), []
    for frame in frames:
        rows = np.array(frame["rows"], np.float32).reshape(-1, 7)
        means, held = steady.update(frame["persons"], rows, frame["time"])
        displayed.append({"means": means.tolist(), "held": held})
    return displayed
