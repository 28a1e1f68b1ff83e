"""The tables and plots of docs/personalization.md: simulated users who correct the model.

    .venv/bin/python benchmarks/personalization.py [--model NAME] [--data PATH] [--plots FOLDER]

All faces are of PublicTest, one of each photo, none with a copy among the training faces. They are
split in two halves: each method's strength is tuned on users drawn from one, and what is printed
was measured on users drawn from the other.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mien.personalization.samples import Samples
from personalize.measure import COUNTS, Worth, gain_for_cost, gated, measure
from personalize.plots import plot
from personalize.poses import posers
from personalize.rivals import Method, methods
from personalize.speed import print_speed
from personalize.tables import (
    print_bound,
    print_calibration,
    print_curves,
    print_drift,
    print_frontier,
    print_likeness,
    print_mistakes,
)
from personalize.users import (
    User,
    alike,
    anyone,
    at_random,
    draw_users,
    half_wrong,
    load_pool,
    misread,
    next_emotion,
    split_pool,
)

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "fer2013" / "fer2013.parquet"
USERS = 60
TUNING_USERS = 30
Curve = dict[int, Worth]


def main() -> None:
    parser = argparse.ArgumentParser(description="The tables of docs/personalization.md.")
    parser.add_argument("--model", default="default")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--plots", type=Path, default=ROOT / "docs" / "personalization")
    given = parser.parse_args()
    given.plots.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    pool, faces = load_pool(given.data, given.model)
    first, second = split_pool(len(pool), rng)
    tuning, measuring = pool.take(first), pool.take(second)
    chosen = tune(tuning, rng) | {"what ships: both, gated": gated}
    showing = posers(measuring, faces[second], given.model, USERS, rng)
    compare("users with ten poses", showing, chosen, given.plots / "poses.png", (0, 1, 2, 5, 10))
    print_likeness(showing)
    users = draw_users(misread, measuring, USERS, rng)
    compare("misread users", users, chosen, given.plots / "misread.png")
    print_calibration(users)
    print_drift(users, rng)
    print_mistakes(users)
    print_frontier(users)
    groups = draw_users(alike, measuring, USERS, rng)
    compare("groups of look-alike faces", groups, chosen, given.plots / "alike.png")
    print_bound(groups)
    abuse(measuring, given.plots / "labels.png", rng)
    print_speed(measuring, given.model, given.data.parents[1] / "media" / "one_face.jpg")


def tune(pool: Samples, rng: np.random.Generator) -> dict[str, Method]:
    """Returns each method at the strength that is best on users drawn from one half."""
    users = draw_users(misread, pool, TUNING_USERS, rng)
    chosen = {}
    for name, strengths in methods(pool).items():
        gains = {strength: gain_for_cost(method, users) for strength, method in strengths.items()}
        best = max(gains, key=lambda strength: gains[strength])
        print(f"tuned on {len(users)} users: {name}: {best} ({gains[best]:.1f})", flush=True)
        chosen[name] = strengths[best]
    return chosen


def compare(
    title: str,
    users: list[User],
    chosen: dict[str, Method],
    plot_to: Path,
    counts: Sequence[int] = COUNTS,
) -> None:
    """Prints and plots what each method is worth to these users."""
    curves = {name: curve(method, users, counts) for name, method in chosen.items()}
    print_curves(title, users, curves)
    plot(plot_to, title, curves)


def abuse(pool: Samples, plot_to: Path, rng: np.random.Generator) -> None:
    """Prints and plots what wrong labels do to what ships."""
    cases = {
        "right labels, any faces": (anyone, None),
        "random labels, any faces": (anyone, at_random),
        "random labels, look-alikes": (alike, at_random),
        "every other label wrong, look-alikes": (alike, half_wrong),
        "always the next emotion, any faces": (anyone, next_emotion),
    }
    curves = {}
    for title, (draw, taught_as) in cases.items():
        users = draw_users(draw, pool, USERS, rng, taught_as)
        curves[title] = curve(gated, users)
        print_curves(title, users, {"what ships": curves[title]})
    plot(plot_to, "what ships, taught right and wrong", curves)


def curve(method: Method, users: list[User], counts: Sequence[int] = COUNTS) -> Curve:
    return {count: measure(method, users, count) for count in counts}


if __name__ == "__main__":
    main()
