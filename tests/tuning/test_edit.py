import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import RecipeError
from mien.training.recipe import load_recipe, parse_recipe, shipped_recipes
from mien.tuning.edit import own_value, with_values
from tests.training.conftest import TINY_RECIPE, make_recipe

FLOATS = st.floats(0, 0.5).map(lambda value: float(f"{value:.4g}"))
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "optimization.learning_rate": FLOATS,
        "optimization.optimizer": st.sampled_from(["adam", "sgd"]),
        "augmentation.horizontal_flip": st.booleans(),
        "augmentation.erasing": FLOATS,
        "objective.label_smoothing": FLOATS,
        "network.dense": st.integers(1, 4096),
        "network.blocks.0.dropout": FLOATS,
        "network.blocks.1.l2": FLOATS,
    },
)


def updated(content: dict[str, Any], key: str, value: object) -> None:
    """Sets a key in what Python's own reader of TOML made of a recipe."""
    *sections, name = key.split(".")
    for section in sections:
        if isinstance(content, list):
            content = content[int(section)]
        else:
            content = content.setdefault(section, {})
    content[name] = value


@pytest.mark.parametrize("text", [TINY_RECIPE, load_recipe("paper").text])
@settings(max_examples=20)
@given(values=VALUES)
def test_the_keys_are_set_and_nothing_else_changes(text: str, values: dict[str, Any]) -> None:
    expected = tomllib.loads(text)
    for key, value in values.items():
        updated(expected, key, value)
    edited = with_values(text, values)
    assert tomllib.loads(edited) == expected


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_comment_survives(name: str) -> None:
    text = load_recipe(name).text
    edited = with_values(
        text, {"optimization.learning_rate": 0.5, "objective.label_smoothing": 0.0}
    )
    comments = [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    assert comments
    assert [line.partition("#")[2] for line in edited.splitlines() if "#" in line] == comments


@pytest.mark.parametrize(
    "key", ["network.blocks.7.l2", "network.blocks.x.l2", "network.dense.x", "network.blocks.l2"]
)
def test_a_key_that_leads_nowhere_is_refused_by_name(key: str) -> None:
    with pytest.raises(RecipeError, match=f"'{key}'"):
        with_values(TINY_RECIPE, {key: 1})
    with pytest.raises(LookupError):
        own_value(make_recipe().settings, key)


@settings(max_examples=20)
@given(values=VALUES.filter(lambda values: values.get("optimization.learning_rate") != 0))
def test_what_is_set_is_what_the_recipe_then_has(values: dict[str, Any]) -> None:
    edited = parse_recipe(with_values(TINY_RECIPE, values), "tiny.toml")
    assert {key: own_value(edited, key) for key in values} == values


def test_a_key_that_is_not_set_has_its_default() -> None:
    assert own_value(make_recipe().settings, "augmentation.erasing") == 0
