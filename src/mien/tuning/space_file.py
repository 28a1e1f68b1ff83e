"""Spaces as TOML files: a user's own, and the ones that ship."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mien.errors import RecipeError
from mien.training.recipe import Recipe, parse_recipe
from mien.tuning.edit import own_value, with_values
from mien.tuning.space import Choices, Range, Space

# By key or section, why a search would mislead.
_NOT_TUNED = {
    "optimization.epochs": "trials of different lengths cannot be compared; --epochs sets it",
    "curation": "a search weighs all faces alike",
    "views": "views change the model file alone, not what a trial validates",
}


def load_space(path: Path, recipe: Recipe) -> Space:
    """Reads a space and checks it against the recipe that is to be varied.

    Args:
        path: a TOML file, each key the quoted, dotted key of a recipe.
        recipe: it must accept both ends of each range, and every choice, by themselves.

    Raises:
        RecipeError: the file cannot be read, or one of its keys or ranges is refused, by name.
    """
    space = _read(path)
    if not space:
        raise RecipeError(f"{path}: names no key to vary; add one")
    for key in space:
        _check_key(path, key, space, recipe)
    return space


def default_space(recipe: Recipe) -> Space:
    """Returns the space that ships for the recipe's optimizer, less what its network lacks."""
    settings = recipe.settings
    folder = Path(str(resources.files("mien") / "tuning" / "spaces"))
    space = _read(folder / f"{settings.optimization.optimizer}.toml")
    return {key: entry for key, entry in space.items() if _has(recipe, key)}


def _read(path: Path) -> Space:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path}: not valid TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: cannot be read as a space file ({error})") from None
    return {key: _entry(path, key, entry) for key, entry in content.items()}


def _entry(path: Path, key: str, content: Any) -> Range | Choices:
    if "." not in key:
        raise RecipeError(
            f"{path}: key '{key}': write the dotted key of a recipe in quotes, for instance "
            '"optimization.learning_rate" = { low = 0.01, high = 0.1 }'
        )
    kind = Choices if isinstance(content, dict) and "choices" in content else Range
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        reasons = "; ".join(
            ".".join(map(str, (*detail["loc"][:1], detail["msg"].removeprefix("Value error, "))))
            for detail in error.errors()
        )
        raise RecipeError(f"{path}: key '{key}': {reasons}") from None


def _check_key(path: Path, key: str, space: Space, recipe: Recipe) -> None:
    for fixed, reason in _NOT_TUNED.items():
        if key == fixed or key.startswith(f"{fixed}."):
            raise RecipeError(f"{path}: key '{key}': {reason}")
    for end in space[key].ends:
        try:
            parse_recipe(with_values(recipe.text, {key: end}), recipe.name)
        except RecipeError as error:
            raise RecipeError(f"{path}: the recipe takes no {key} = {end} ({error})") from None


def _has(recipe: Recipe, key: str) -> bool:
    try:
        own_value(recipe.settings, key)
    except LookupError:
        return False
    return True
