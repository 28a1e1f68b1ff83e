"""Where a training run is kept."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFolder:
    """Where a run keeps what."""

    path: Path

    @property
    def recipe(self) -> Path:
        """The recipe's text as the run used it."""
        return self.path / "recipe.toml"

    @property
    def checkpoint(self) -> Path:
        """The state after the last whole epoch."""
        return self.path / "checkpoint.pt"

    @property
    def history(self) -> Path:
        """Losses and accuracies, a row an epoch."""
        return self.path / "history.csv"

    @property
    def curves(self) -> Path:
        """The history as a picture."""
        return self.path / "curves.png"

    @property
    def model(self) -> Path:
        """The finished model file."""
        return self.path / "model.onnx"
