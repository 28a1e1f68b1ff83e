"""Single keys of a recipe, by their dotted names: `augmentation.erasing`, `network.blocks.0.l2`."""

from collections.abc import Mapping
from typing import Any

import tomlkit

from mien.errors import RecipeError
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
