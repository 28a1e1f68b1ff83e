"""Recipes: what `mien train` does, as TOML. An unknown or ill-typed key is refused by name."""

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mien.data import FaceDataset
from mien.errors import DataError, RecipeError
from mien.training.settings import Optimization, Settings


@dataclass(frozen=True)
class Recipe:
    """A recipe, with the name it goes by and the text it was read from."""

    name: str
    text: str
    settings: Settings


def shipped_recipes() -> dict[str, Path]:
    """Returns the recipes that came with the package: name to file."""
    folder = Path(str(resources.files("mien") / "recipes"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_recipe(recipe: str | Path) -> Recipe:
    """Reads a recipe by a shipped name or by the path of a TOML file.

    Raises:
        RecipeError: there is no such recipe, it is not TOML, or a key is unknown or ill-typed.
    """
    path = shipped_recipes().get(str(recipe), Path(recipe))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(shipped_recipes())
        raise RecipeError(
            f"cannot be read as a recipe file ({error}); shipped recipes: {known}", subject=recipe
        ) from None
    return Recipe(path.stem, text, parse_recipe(text, str(path)))


def with_epochs(recipe: Recipe, epochs: int) -> Recipe:
    """Returns a recipe that trains for another number of epochs, its text changed accordingly.

    A warm-up keeps its share of them; see `shortened_warmup`.

    Raises:
        RecipeError: its text has no line `epochs = ...`.
    """
    text = re.sub(r"(?m)^epochs\s*=\s*\d+", f"epochs = {epochs}", recipe.text)
    warmup = shortened_warmup(recipe.settings.optimization, epochs)
    text = re.sub(r"(?m)^warmup_epochs\s*=\s*\d+", f"warmup_epochs = {warmup}", text)
    settings = parse_recipe(text, f"{recipe.name} with --epochs {epochs}")
    if settings.optimization.epochs != epochs:
        raise RecipeError(
            "--epochs finds no line 'epochs = ...' in it; write one under [optimization]",
            subject=recipe.name,
        )
    return Recipe(recipe.name, text, settings)


def shortened_warmup(whole: Optimization, epochs: int) -> int:
    """Returns the epochs of warm-up in a training of another length.

    It keeps its share, and one epoch at least, without which high rates diverge in short trainings
    too; it always ends before the training does.
    """
    warmup = round(whole.warmup_epochs * epochs / whole.epochs)
    if whole.warmup_epochs and epochs > 1:
        warmup = max(warmup, 1)
    return min(warmup, epochs - 1)


def parse_recipe(text: str, source: str) -> Settings:
    """Validates the text of a recipe.

    Args:
        text: TOML.
        source: what an error calls it, its path for instance.

    Raises:
        RecipeError: it is not TOML, or a key is unknown, missing or ill-typed.
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # Python reads no number of 5,000 digits
        raise RecipeError(f"not valid TOML: {error}", subject=source) from None
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise RecipeError(f"{_describe(error)}", subject=source) from None


def _describe(error: ValidationError) -> str:
    """Names every key that is wrong, and what it should be."""
    return "; ".join(_reason(detail) for detail in error.errors())


def _reason(detail: ErrorDetails) -> str:
    if detail["type"] == "value_error":  # our own validators name the keys
        return detail["msg"].removeprefix("Value error, ")
    reasons = {
        "extra_forbidden": "no such key; remove it or correct its name",
        "missing": "is required; add it",
        "union_tag_not_found": "is required; add it",
    }
    reason = reasons.get(detail["type"], detail["msg"])
    return f"key '{'.'.join(map(str, _key(detail)))}': {reason}"


def _key(detail: ErrorDetails) -> tuple[int | str, ...]:
    """Returns where the recipe has it; pydantic adds the architecture it read the network as."""
    section, *rest = detail["loc"]
    if section != "network":
        return detail["loc"]
    return (section, *rest[1:]) if rest else (section, "architecture")


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
        """The history as an image."""
        return self.path / "curves.png"

    @property
    def model(self) -> Path:
        """The finished model file."""
        return self.path / "model.onnx"


TRAINING_SPLIT = "Training"
_VALIDATION_SPLITS = ("PublicTest", "Validation", "Test")


def validation_split(data: FaceDataset) -> str:
    """Returns the split to validate on: PublicTest, else Validation, else Test.

    Raises:
        DataError: there is none of them.
    """
    for split in _VALIDATION_SPLITS:
        if split in data.split_counts:
            return split
    raise DataError(
        f"no faces to validate on: the data has only {', '.join(data.split_counts)}; add a "
        f"split named {', '.join(_VALIDATION_SPLITS)}, in class folders for instance val/happy/"
    )
