import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import RecipeError
from mien.training.recipe import load_recipe, parse_recipe, shipped_recipes
from mien.tuning.space import Choices, Range, default_space, load_space, own_value, with_values
from tests.training.conftest import TINY_RECIPE, make_recipe


def load(folder: Path, text: str) -> dict[str, Range | Choices]:
    path = folder / "mine.toml"
    path.write_text(text)
    return dict(load_space(path, make_recipe()))


def test_a_space_is_read_as_it_is_written(tmp_path: Path) -> None:
    text = """
    "optimization.learning_rate" = { low = 0.02, high = 0.3, log = true }
    "optimization.batch_size" = { low = 8, high = 32 }
    "optimization.optimizer" = { choices = ["adam", "sgd"] }
    "network.blocks.1.l2" = { low = 0, high = 0.01 }
    """
    assert load(tmp_path, text) == {
        "optimization.learning_rate": Range(low=0.02, high=0.3, log=True),
        "optimization.batch_size": Range(low=8, high=32),
        "optimization.optimizer": Choices(choices=["adam", "sgd"]),
        "network.blocks.1.l2": Range(low=0, high=0.01),
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('"augmentation.erasin" = { low = 0.0, high = 0.5 }', "augmentation.erasin.*no such key"),
        ('"network.dropout" = { low = 0.0, high = 0.5 }', "network.dropout.*no such key"),
        ('"network.dense.x" = { low = 0.0, high = 0.5 }', "network.dense.x.*no such key"),
        ('"augmentation.erasing" = { low = 0.0, high = 1.5 }', r"erasing.*less than or equal to 1"),
        ('"optimization.batch_size" = { low = 8.0, high = 9.5 }', "optimization.batch_size"),
        ('"optimization.optimizer" = { choices = ["adam", "lion"] }', "lion.*optimizer"),
        ('"augmentation.erasing" = { low = 0.5, high = 0.2 }', "erasing.*low must be less"),
        ('"augmentation.erasing" = { low = 0, high = 0.5, log = true }', "low must be above 0"),
        ('"augmentation.erasing" = { low = 0.0, high = inf }', "erasing.*high"),
        ('"augmentation.erasing" = { low = 0.0 }', "erasing.*high"),
        ('"augmentation.erasing" = { low = 0.0, high = 0.5, step = 0.1 }', "erasing.*step"),
        ('"augmentation.erasing" = { choices = [0.1] }', "erasing.*choices"),
        ('"augmentation.erasing" = 0.3', "augmentation.erasing"),
        ("augmentation.erasing = { low = 0.0, high = 0.5 }", "'augmentation'.*in quotes"),
        ('"optimization.epochs" = { low = 2, high = 3 }', "optimization.epochs.*--epochs"),
        ('"views.shift" = { low = 0, high = 2 }', "views.shift.*model file"),
        ("", "names no key"),
        ("low = = 1", "not valid TOML"),
    ],
)
def test_a_bad_key_or_range_is_refused_by_name(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(RecipeError, match=rf"mine\.toml.*{message}") as refused:
        load(tmp_path, line)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.toml: cannot be read"):
        load_space(tmp_path / "none.toml", make_recipe())


@pytest.mark.parametrize("name", shipped_recipes())
def test_the_space_that_ships_fits_every_shipped_recipe(name: str) -> None:
    recipe = load_recipe(name)
    space = default_space(recipe)
    assert "optimization.learning_rate" in space
    for key, entry in space.items():
        for end in entry.ends:
            parse_recipe(with_values(recipe.text, {key: end}), name)


def test_keys_that_the_network_lacks_are_passed_over() -> None:
    paper, small = (default_space(load_recipe(name)) for name in ("paper", "small"))
    assert "network.dense_dropout" in paper
    assert "network.dropout" not in paper
    assert "network.dropout" in small
    assert "network.dense_dropout" not in small


@given(low=st.floats(1e-6, 1), width=st.floats(1e-6, 1), share=st.floats(0, 1))
def test_a_sampled_value_is_rounded_to_four_digits_within_its_range(
    low: float, width: float, share: float
) -> None:
    entry = Range(low=low, high=low + width)
    value = low + share * width
    rounded = entry.rounded(value)
    assert entry.holds(rounded)
    assert rounded == pytest.approx(value, rel=5.1e-4)
    assert len(f"{rounded:.10g}".replace(".", "").lstrip("0").split("e")[0]) <= 4 or rounded in (
        entry.ends
    )


def test_whole_numbers_stay_whole() -> None:
    assert Range(low=1, high=8, log=True).distribution().to_internal_repr(3) == 3
    assert Range(low=1, high=8).rounded(7) == 7
    assert not Range(low=0, high=2).holds(True)
    assert Choices(choices=["a", "b"]).rounded("a") == "a"


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
