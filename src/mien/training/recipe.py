"""Recipes: what `mien train` does, as TOML. An unknown or ill-typed key is refused by name."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    ValidationError,
)

from mien.errors import RecipeError


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Block(_Section):
    """Convolutions of 3x3, each with batch normalization and ReLU; then 2x2 max pooling.

    Attributes:
        channels: output channels of each convolution, in order.
        dropout: share of activations dropped after pooling.
        l2: weight of the sum of squares of this block's kernels in the loss; 0 for none.
    """

    channels: list[PositiveInt] = Field(min_length=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    l2: NonNegativeFloat = 0.0


class Network(_Section):
    """The paper's network: blocks, one dense layer, and a dense layer to the seven emotions."""

    architecture: Literal["paper_cnn"]
    # Each block halves 48 pixels, and five halvings leave one.
    blocks: list[Block] = Field(min_length=1, max_length=5)
    dense: PositiveInt
    dense_dropout: float = Field(default=0.0, ge=0, lt=1)


class Augmentation(_Section):
    """How a training face is varied.

    Attributes:
        width_shift: largest shift to either side, as a share of the width.
        height_shift: largest shift up or down, as a share of the height.
        horizontal_flip: whether half of the faces are mirrored.
    """

    width_shift: float = Field(default=0.0, ge=0, le=0.5)
    height_shift: float = Field(default=0.0, ge=0, le=0.5)
    horizontal_flip: bool = False


class Optimization(_Section):
    """How the weights are learned.

    Attributes:
        schedule: what becomes of the learning rate: it stays, or falls to 0 along a half cosine.
        precision: of the convolutions in training; validation and export are float32.
    """

    optimizer: Literal["adam"]
    epochs: PositiveInt
    # Batch normalization needs two faces to speak of a variance.
    batch_size: int = Field(ge=2)
    learning_rate: PositiveFloat
    schedule: Literal["constant", "cosine"] = "constant"
    precision: Literal["float32", "bfloat16"] = "float32"


class Settings(_Section):
    """All that a recipe file says."""

    network: Network
    augmentation: Augmentation = Augmentation()
    optimization: Optimization


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
            f"{recipe}: cannot be read as a recipe file ({error}); shipped recipes: {known}"
        ) from None
    return Recipe(path.stem, text, parse_recipe(text, str(path)))


def parse_recipe(text: str, source: str) -> Settings:
    """Validates the text of a recipe.

    Args:
        text: TOML.
        source: what an error calls it, its path for instance.

    Raises:
        RecipeError: it is not TOML, or a key is unknown, missing or ill-typed.
    """
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{source}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise RecipeError(f"{source}: {_describe(error)}") from None


def _describe(error: ValidationError) -> str:
    """Names every key that is wrong, and what it should be."""
    return "; ".join(
        f"key '{'.'.join(map(str, detail['loc']))}': {_reason(detail['type'], detail['msg'])}"
        for detail in error.errors()
    )


def _reason(kind: str, message: str) -> str:
    reasons = {
        "extra_forbidden": "no such key; remove it or correct its name",
        "missing": "is required; add it",
    }
    return reasons.get(kind, message)
