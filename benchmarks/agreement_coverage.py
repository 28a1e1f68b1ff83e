"""How often the 95 % interval of kappa over people holds the true kappa, by how many people.

    python benchmarks/agreement_coverage.py [--studies N]

Simulated: each person shows three labels in shares of their own (Dirichlet 2, 1, 1) for 300 steps
in runs of 10; both raters err in a share of the runs that differs between people (Beta 2, 6). The
truth is the kappa of 100,000 such people.
"""

import argparse

import numpy as np
from numpy.typing import NDArray

from mien.study.agreement.coefficients import cohen_kappa
from mien.study.agreement.estimates import Pair, estimate

STEPS, RUN, LABELS = 300, 10, 3
DRAWS = 500


def draw_people(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Returns the two raters' confusion of each person, (N, L, L)."""
    runs = STEPS // RUN
    shares = rng.dirichlet([2, 1, 1], count)
    error = rng.beta(2, 6, (count, 1))
    shown = (rng.random((count, runs, 1)) > shares.cumsum(axis=1)[:, None]).sum(axis=2)
    shown = np.minimum(shown, LABELS - 1)
    one, other = (
        np.where(rng.random(shown.shape) < error, rng.integers(0, LABELS, shown.shape), shown)
        for _ in range(2)
    )
    person = np.repeat(np.arange(count), runs)
    counts = np.zeros((count, LABELS, LABELS), np.int64)
    np.add.at(counts, (person, one.ravel(), other.ravel()), RUN)
    return counts


def main(studies: int) -> None:
    """Prints the table."""
    rng = np.random.default_rng(0)
    truth = cohen_kappa(draw_people(100_000, rng).sum(axis=0))
    print(f"true kappa {truth:.3f}, {studies:,} studies a row\n")
    print("| people | intervals that hold the truth | standard error | median width |")
    print("| --- | --- | --- | --- |")
    for people in (3, 5, 10, 20, 40):
        found = [
            estimate([Pair("a", "b", draw_people(people, rng))], cohen_kappa, DRAWS)
            for _ in range(studies)
        ]
        held = np.mean([it.low <= truth <= it.high for it in found])
        width = np.median([it.high - it.low for it in found])
        error = np.sqrt(held * (1 - held) / studies)
        print(f"| {people} | {held:.1%} | {error:.1%} | {width:.3f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--studies", type=int, default=1000)
    main(parser.parse_args().studies)
