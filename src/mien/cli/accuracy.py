"""What `mien train` and `mien export` say of the model file they wrote."""

from pathlib import Path

from mien.inference.classifier import Classifier


def accuracy_line(model: Path) -> str:
    """Returns what a model file says of its accuracy, in one line."""
    figures = Classifier(model).card.figures
    low, high = figures["accuracy_interval"]
    return (
        f"{model}: {figures['accuracy']:.2%} on {figures['split']} "
        f"(n = {figures['n']}, 95 % interval {low:.1%} to {high:.1%})"
    )
