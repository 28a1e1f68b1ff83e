from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import RecipeError
from mien.training.recipe import load_recipe, parse_recipe, shipped_recipes, with_epochs

from .conftest import TINY_RECIPE, make_recipe


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_is_valid(name: str) -> None:
    assert load_recipe(name).name == name


def test_the_paper_recipe_keeps_to_the_paper() -> None:
    settings = load_recipe("paper").settings
    assert settings.optimization.optimizer == "adam"
    assert settings.optimization.epochs == 40
    assert settings.augmentation.horizontal_flip
    assert settings.augmentation.width_shift > 0
    assert settings.augmentation.height_shift > 0
    strengths = [block.l2 for block in settings.network.blocks]
    assert 0 in strengths, "L2 on specific layers, not on all"
    assert max(strengths) > 0
    assert all(block.dropout > 0 for block in settings.network.blocks)


@given(st.text(st.characters(categories=["Ll"], max_codepoint=127), min_size=1))
def test_an_unknown_key_is_refused_by_name(key: str) -> None:
    with pytest.raises(RecipeError, match=rf"'augmentation\.x{key}'.*no such key"):
        parse_recipe(TINY_RECIPE.replace("[augmentation]", f"[augmentation]\nx{key} = 1"), "r.toml")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("epochs = 3", 'epochs = "3"', "optimization.epochs"),
        ("epochs = 3", "epochs = 0", "optimization.epochs"),
        ("epochs = 3", "epochs = true", "optimization.epochs"),
        ("epochs = 3", "", "optimization.epochs"),
        ("batch_size = 16", "batch_size = 1", "optimization.batch_size"),
        ("dense = 8", "dense = 8.5", "network.dense"),
        ("channels = [4]", "channels = []", "network.blocks.0.channels"),
        ("channels = [4]", "channels = [0]", "network.blocks.0.channels.0"),
        ("l2 = 1e-2", "l2 = -1.0", "network.blocks.1.l2"),
        ("l2 = 1e-2", "l2 = nan", "network.blocks.1.l2"),
        ("width_shift = 0.1", "width_shift = 0.6", "augmentation.width_shift"),
        ("horizontal_flip = true", "horizontal_flip = 1", "augmentation.horizontal_flip"),
        ("learning_rate = 1e-2", "learning_rate = inf", "optimization.learning_rate"),
        ('"paper_cnn"', '"resnet"', "network.architecture"),
    ],
)
def test_an_ill_typed_or_missing_value_is_refused_by_name(old: str, new: str, key: str) -> None:
    assert old in TINY_RECIPE
    with pytest.raises(RecipeError, match=f"'{key}'"):
        parse_recipe(TINY_RECIPE.replace(old, new), "r.toml")


def test_what_is_not_toml_is_refused_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("epochs = = 3")
    with pytest.raises(RecipeError, match=r"mine\.toml: not valid TOML"):
        load_recipe(path)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_missing_or_unreadable_recipe_names_those_that_ship(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecipeError, match=r"mine\.toml.*shipped recipes: .*paper"):
        load_recipe(path)


def test_fewer_epochs_are_the_recipe_with_that_line_changed() -> None:
    recipe = make_recipe()
    short = with_epochs(recipe, 2)
    assert short.settings.optimization.epochs == 2
    assert short.text == recipe.text.replace("epochs = 3", "epochs = 2")


@pytest.mark.parametrize(("epochs", "warmup"), [(1, 0), (2, 1), (3, 2), (30, 20)])
def test_a_warm_up_keeps_its_share_and_ends_before_the_training(epochs: int, warmup: int) -> None:
    warm = make_recipe(make_recipe().text + "warmup_epochs = 2\n")
    settings = with_epochs(warm, epochs).settings.optimization
    assert (settings.epochs, settings.warmup_epochs) == (epochs, warmup)


def test_a_recipe_without_a_line_of_epochs_is_told() -> None:
    inline = make_recipe().text.replace("epochs = 3\n", "").replace("[optimization]\n", "")
    head, _, tail = inline.partition("optimizer")
    tail = "".join(f", {line}" for line in tail.strip().splitlines()[1:])
    text = f'optimization = {{optimizer = "adam", epochs = 3{tail}}}\n{head}'
    with pytest.raises(RecipeError, match="no line 'epochs"):
        with_epochs(make_recipe(text), 2)
