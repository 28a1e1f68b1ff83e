import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from mien.inference.classifier import resolve_model
from mien.training.describe import describe
from mien.training.networks import build_network
from mien.training.recipe import load_recipe, parse_recipe, shipped_recipes
from mien.training.settings import Settings
from tests.training.conftest import TINY_RECIPE

pytestmark = pytest.mark.slow

OPTIMIZATION = '[optimization]\noptimizer = "sgd"\nepochs = 1\nbatch_size = 2\nlearning_rate = 1.0'


def parse(network: str, rest: str = "") -> Settings:
    return parse_recipe(f"[network]\n{network}\n{OPTIMIZATION}\n{rest}", "recipe.toml")


def count_with_torch(recipe: Settings) -> tuple[int, int]:
    """The parameters and multiply-adds of one view, by torch's own counter of operations."""
    network = build_network(recipe).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, 48, 48))
    return sum(one.numel() for one in network.parameters()), counter.get_total_flops() // 2


STAGED = st.builds(
    lambda kind, stem, stride, stages: parse(
        f"{kind}\nstem = {stem}\nstem_stride = {stride}\n"
        f"channels = {[channels for channels, _ in stages]}\n"
        f"blocks = {[blocks for _, blocks in stages]}"
    ),
    st.sampled_from(
        [
            'architecture = "residual"',
            'architecture = "residual"\nsqueeze_excitation = 4\nantialias = true',
            'architecture = "separable"\nexpansion = 3',
            'architecture = "convnext"\nkernel = 5',
        ]
    ),
    st.integers(1, 9),
    st.sampled_from([1, 2]),
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 2)), min_size=1, max_size=5),
)


@settings(max_examples=15)
@given(STAGED)
def test_counts_agree_with_torch_s_own_counter(recipe: Settings) -> None:
    described = describe(recipe)
    assert (described.parameters, described.multiply_adds) == count_with_torch(recipe)


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipes_agree_with_torch_s_own_counter(name: str) -> None:
    recipe = load_recipe(name).settings
    described = describe(recipe)
    assert (described.parameters, described.multiply_adds) == count_with_torch(recipe)


def test_stages_agree_with_counts_by_hand() -> None:
    described = describe(parse_recipe(TINY_RECIPE, "tiny.toml"))
    first, second, last = described.stages
    assert (first.layers, first.shape) == ("Conv2d", (4, 48, 48))
    assert first.parameters == 4 * 9 + 2 * 4
    assert first.multiply_adds == 48 * 48 * 4 * 9
    assert (second.layers, second.shape) == ("2 Conv2d", (6, 24, 24))
    assert second.parameters == 6 * 4 * 9 + 6 * 6 * 9 + 2 * (2 * 6)
    assert second.multiply_adds == 24 * 24 * (6 * 4 * 9 + 6 * 6 * 9)
    assert (last.layers, last.shape) == ("2 Linear", (7,))
    assert last.parameters == 6 * 12 * 12 * 8 + 2 * 8 + 8 * 7 + 7
    assert last.multiply_adds == 6 * 12 * 12 * 8 + 8 * 7


@pytest.mark.parametrize(
    ("views", "count"),
    [("", 1), ("flip = true", 2), ("shift = 2", 5), ("flip = true\nshift = 2", 10)],
)
def test_the_model_file_pays_for_every_view(views: str, count: int) -> None:
    # One channel a place, so one multiply-add for each of 9 weights at 24x24 places, and 7.
    network = 'architecture = "residual"\nstem = 1\nchannels = [1]\nblocks = [1]'
    described = describe(parse(network, f"[views]\n{views}"))
    assert described.views == count
    assert described.multiply_adds == 3 * 24 * 24 * 9 + 7
    wanted = f"{count * described.multiply_adds / 1e6:.1f} million multiply-adds"
    assert wanted in described.to_text().splitlines()[-1]


def test_a_head_that_only_training_needs_is_not_counted() -> None:
    recipe = parse('architecture = "residual"\nstem = 4\nchannels = [4]\nblocks = [1]')
    objective = recipe.objective.model_copy(update={"votes_weight": 0.5})
    with_votes = recipe.model_copy(update={"objective": objective})
    assert describe(with_votes) == describe(recipe)


def test_the_file_is_as_large_as_the_text_says() -> None:
    """The shipped model is the file of the recipe `paper`."""
    last = describe(load_recipe("paper").settings).to_text().splitlines()[-1]
    megabytes = float(last.split("about ")[1].split(" MB")[0])
    np.testing.assert_allclose(resolve_model("paper").stat().st_size / 1e6, megabytes, rtol=0.03)


def test_describing_leaves_the_random_numbers_as_they_were() -> None:
    torch.manual_seed(3)
    state = torch.get_rng_state()
    describe(load_recipe("paper").settings)
    assert torch.equal(torch.get_rng_state(), state)
