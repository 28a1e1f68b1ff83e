"""The table of docs/results.md: each model that ships, measured on PublicTest.

    .venv/bin/python benchmarks/results.py [MODEL ...] [--data PATH]

MODEL is a shipped name or a model file; all that ship by default. "Clean" leaves out the faces with
a copy or near copy in Training. The calibration error is that of answers whose calibration was
fitted without them, as the model file says. Where several runs answer as one, their networks are
counted together.
"""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mien.data import FaceDataset, load_dataset
from mien.evaluation.evaluate import evaluate
from mien.inference.classifier import shipped_models
from mien.training.describe import describe
from mien.training.recipe import parse_recipe

DATA = Path(__file__).parents[2] / "shared" / "data" / "fer2013" / "fer2013.parquet"
COLUMNS = (
    "model",
    "MB",
    "parameters",
    "multiply-adds",
    "epochs",
    "training accuracy",
    "PublicTest",
    "clean",
    "macro F1",
    "ECE",
    "recall of fear",
    "of disgust",
)


def main() -> None:
    parser = argparse.ArgumentParser(description="The table of docs/results.md.")
    parser.add_argument("models", nargs="*", metavar="MODEL", default=list(shipped_models()))
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    data = load_dataset(given.data)
    print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    for model in given.models:
        print(f"| {' | '.join(row(model, data))} |")


def row(model: str, data: FaceDataset) -> list[str]:
    evaluation = evaluate(model, data, "PublicTest")
    card, metrics = evaluation.card, evaluation.metrics
    recipes = [parse_recipe(text, model) for text in recipes_of(card.recipe)]
    networks = [describe(recipe) for recipe in recipes]
    trained = card.figures.get("training_accuracy")
    clean = metrics.without_copies
    assert clean is not None
    recalls = (metrics.per_emotion[name].recall or 0.0 for name in ("fear", "disgust"))
    return [
        card.name,
        f"{evaluation.model.stat().st_size / 1e6:.2f}",
        f"{sum(network.parameters for network in networks) / 1e6:.2f} M",
        f"{card.figures.get('views', 1)} x "
        f"{sum(network.multiply_adds for network in networks) / 1e6:.1f} M",
        " and ".join(str(recipe.optimization.epochs) for recipe in recipes),
        f"{trained:.1%}" if trained else "",
        share(metrics.accuracy, metrics.accuracy_interval),
        f"{share(clean.accuracy, clean.accuracy_interval)}, n = {clean.n:,}",
        f"{metrics.macro_f1:.3f}",
        f"{held_out(card.figures):.1%}",
        *(f"{recall:.2f}" for recall in recalls),
    ]


def held_out(figures: Mapping[str, Any]) -> float:
    """Returns the calibration error on FER2013 of answers whose calibration did not see them."""
    return float(figures.get("sources", {}).get("fer2013", figures)["ece_held_out"])


def recipes_of(text: str) -> list[str]:
    """Returns the recipes that stand one below the other in a model's card."""
    _, *parts = re.split(r"^(?=\[network\])", text, flags=re.MULTILINE)
    return parts


def share(value: float, interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{100 * value:.1f} ({100 * low:.1f} to {100 * high:.1f})"


if __name__ == "__main__":
    main()
