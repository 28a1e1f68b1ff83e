"""What a search varies: keys of a recipe, each with a range or with choices."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Self

import tomlkit
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mien.errors import RecipeError
from mien.training.recipe import Recipe, parse_recipe
from mien.training.settings import Settings

Scalar = bool | int | float | str


def own_value(settings: Settings, key: str) -> Any:
    """Returns what a recipe has at a key, its default included.

    Raises:
        LookupError: recipes of this architecture have no such key.
    """
    value: Any = settings
    for part in key.split("."):
        try:
            value = value[int(part)] if isinstance(value, list) else vars(value)[part]
        except (IndexError, ValueError, TypeError) as error:
            raise KeyError(key) from error
    return value


def with_values(text: str, values: Mapping[str, Scalar]) -> str:
    """Returns a recipe's text with some keys set; all else stays as it is, comments too.

    Args:
        text: a recipe, valid TOML.
        values: dotted key to what it is set to. A section that is not there is added.

    Raises:
        RecipeError: a key leads through what is no section, or past the end of a list.
    """
    document = tomlkit.parse(text)
    for key, value in values.items():
        *sections, name = key.split(".")
        table: Any = document
        try:
            for section in sections:
                if isinstance(table, list):
                    table = table[int(section)]
                else:
                    table = table.setdefault(section, tomlkit.table())
            table[name] = value
        except (AttributeError, IndexError, TypeError, ValueError):
            raise RecipeError(f"key '{key}': no such key; correct its name") from None
    return tomlkit.dumps(document)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Range(_Entry):
    """From `low` to `high`, both included; whole numbers where both are.

    Attributes:
        low: the least value.
        high: the greatest value.
        log: whether each doubling is as likely as any other; `low` must then be above 0.
    """

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low must be less than high")
        if self.log and self.low <= 0:
            raise ValueError("low must be above 0 where log = true")
        return self

    @property
    def ends(self) -> list[Scalar]:
        """What a recipe must accept for it to accept the whole range."""
        return [self.low, self.high]

    def distribution(self) -> BaseDistribution:
        """Returns the same as Optuna has it."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return IntDistribution(self.low, self.high, log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def rounded(self, value: Scalar) -> Scalar:
        """Returns a sampled value as a recipe can show it: to four digits, within the range."""
        if not isinstance(value, float):
            return value
        return min(max(float(f"{value:.4g}"), self.low), self.high)

    def holds(self, value: Scalar) -> bool:
        """Returns whether the range contains a value."""
        return not isinstance(value, bool | str) and self.low <= value <= self.high


class Choices(_Entry):
    """One of several values.

    Attributes:
        choices: two or more.
    """

    choices: list[Scalar] = Field(min_length=2)

    @property
    def ends(self) -> list[Scalar]:
        """What a recipe must accept: every choice."""
        return self.choices

    def distribution(self) -> BaseDistribution:
        """Returns the same as Optuna has it."""
        return CategoricalDistribution(self.choices)

    def rounded(self, value: Scalar) -> Scalar:
        """Returns the value: a choice is shown as it was written."""
        return value

    def holds(self, value: Scalar) -> bool:
        """Returns whether a value is among the choices."""
        return value in self.choices


Space = Mapping[str, Range | Choices]
"""Dotted key of a recipe to what a search may set it to."""


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
        raise RecipeError("names no key to vary; add one", subject=path)
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
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot be read as a space file ({error})", subject=path) from None
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # Python reads no number of 5,000 digits
        raise RecipeError(f"not valid TOML: {error}", subject=path) from None
    return {key: _entry(path, key, entry) for key, entry in content.items()}


def _entry(path: Path, key: str, content: Any) -> Range | Choices:
    if "." not in key:
        raise RecipeError(
            f"key '{key}': write the dotted key of a recipe in quotes, for instance "
            '"optimization.learning_rate" = { low = 0.01, high = 0.1 }',
            subject=path,
        )
    kind = Choices if isinstance(content, dict) and "choices" in content else Range
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        reasons = "; ".join(
            ".".join(map(str, (*detail["loc"][:1], detail["msg"].removeprefix("Value error, "))))
            for detail in error.errors()
        )
        raise RecipeError(f"key '{key}': {reasons}", subject=path) from None


def _check_key(path: Path, key: str, space: Space, recipe: Recipe) -> None:
    for fixed, reason in _NOT_TUNED.items():
        if key == fixed or key.startswith(f"{fixed}."):
            raise RecipeError(f"key '{key}': {reason}", subject=path)
    for end in space[key].ends:
        try:
            parse_recipe(with_values(recipe.text, {key: end}), recipe.name)
        except RecipeError as error:
            raise RecipeError(
                f"the recipe takes no {key} = {end} ({error})", subject=path
            ) from None
        except RecursionError:
            raise RecipeError(f"key '{key:.40} ...': too many dots", subject=path) from None


def _has(recipe: Recipe, key: str) -> bool:
    try:
        own_value(recipe.settings, key)
    except LookupError:
        return False
    return True
