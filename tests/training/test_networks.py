from typing import Any

import pytest
import torch
from torch import nn

from mien.training.networks import ExpressionNetwork, build_network
from mien.training.networks.base import scale
from mien.training.networks.residual import Blur, ResidualBlock, SqueezeExcitation
from mien.training.recipe import Recipe, load_recipe, shipped_recipes
from mien.training.settings import ResidualNetwork, Settings

pytestmark = pytest.mark.slow

STAGES = {"stem": 8, "channels": [8, 12, 16], "blocks": [1, 2, 1], "dropout": 0.5}
NETWORKS: dict[str, dict[str, Any]] = {
    "residual": {"architecture": "residual", **STAGES},
    "gated and blurred": {
        "architecture": "residual",
        "squeeze_excitation": 4,
        "antialias": True,
        **STAGES,
    },
    "whole side": {"architecture": "residual", "stem_stride": 1, **STAGES},
    "separable": {"architecture": "separable", **STAGES},
    "convnext": {"architecture": "convnext", "kernel": 5, **STAGES},
}


def build(settings: dict[str, Any]) -> ExpressionNetwork:
    torch.manual_seed(0)
    optimization = {"optimizer": "sgd", "epochs": 1, "batch_size": 2, "learning_rate": 0.1}
    recipe = {"network": settings, "optimization": optimization}
    return build_network(Settings.model_validate(recipe))


def faces(count: int, side: int = 48) -> torch.Tensor:
    return torch.randint(
        0, 256, (count, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )


@pytest.fixture
def paper(recipe: Recipe) -> ExpressionNetwork:
    return build_network(recipe.settings)


def test_the_paper_network_has_the_paper_s_layers() -> None:
    network = build_network(load_recipe("paper").settings)
    kinds = {type(layer) for layer in network.modules()}
    wanted = {nn.Conv2d, nn.MaxPool2d, nn.BatchNorm2d, nn.Dropout, nn.Linear}
    assert wanted <= kinds
    assert sum(isinstance(layer, nn.Linear) for layer in network.modules()) >= 2


@pytest.mark.parametrize("name", shipped_recipes())
def test_answers_have_the_contract_s_shapes_whatever_the_type(name: str) -> None:
    network = build_network(load_recipe(name).settings).eval()
    logits, embedding, _ = network(faces(5))
    assert logits.shape == (5, 7)
    assert embedding.shape == (5, network.width)
    torch.testing.assert_close(network(faces(5).float()).logits, logits)


def test_only_the_blocks_named_in_the_recipe_are_regularized(paper: ExpressionNetwork) -> None:
    convolutions = [layer for layer in paper.modules() if isinstance(layer, nn.Conv2d)]
    regularized = list(paper.regularized_kernels())
    assert len(regularized) == 2
    for (kernel, _), layer in zip(regularized, convolutions[1:], strict=True):
        assert kernel is layer.weight
    assert [strength for _, strength in regularized] == [1e-2, 1e-2]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_last_layer_is_linear_in_the_embedding(name: str) -> None:
    """A personal head may then replace it."""
    network = build(NETWORKS[name]).eval()
    logits, embedding, _ = network(faces(3))
    torch.testing.assert_close(network.classify(embedding), logits)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_takes_crops_and_learns_them_by_heart(name: str) -> None:
    """Eight random crops, eight labels: whatever cannot fit these has a broken gradient."""
    network, labels = build(NETWORKS[name] | {"dropout": 0.0}), torch.arange(8) % 7
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(120):
        loss = nn.functional.cross_entropy(network(faces(8, side=44)).logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert all(one.grad is not None for one in network.parameters())
    assert loss < 0.1


@pytest.mark.parametrize("name", NETWORKS)
def test_stages_halve_the_side(name: str) -> None:
    network, sides = build(NETWORKS[name]).eval(), set[int]()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d) and layer.out_channels == STAGES["channels"][-1]:  # type: ignore[index]
            layer.register_forward_hook(lambda _, __, image: sides.add(image.shape[-1]))
    network(faces(1))
    sides.discard(1)  # gates have no places
    assert min(sides) == (12 if name == "whole side" else 6)


def test_a_residual_block_starts_as_its_shortcut() -> None:
    block = ResidualBlock(8, 8, 1, ResidualNetwork.model_validate(NETWORKS["residual"])).eval()
    image = torch.rand(2, 8, 6, 6)
    torch.testing.assert_close(block(image), image)


def test_gates_scale_each_channel_by_one_number() -> None:
    torch.manual_seed(0)
    image = torch.rand(2, 8, 5, 5) + 0.1
    ratio = SqueezeExcitation(8, 4)(image) / image
    assert ((ratio > 0) & (ratio < 1)).all()
    torch.testing.assert_close(ratio, ratio[:, :, :1, :1].expand_as(ratio))


def test_a_blur_keeps_brightness_and_what_is_smooth() -> None:
    """Of a checkerboard, stride alone would keep one colour; a blur makes it even gray."""
    board = (torch.arange(8)[:, None] + torch.arange(8)) % 2
    blurred = Blur()(board.float()[None, None])
    assert blurred.shape == (1, 1, 4, 4)
    torch.testing.assert_close(blurred[0, 0, 1:, 1:], torch.full((3, 3), 0.5))


def test_gray_values_are_scaled_about_zero() -> None:
    scaled = scale(torch.tensor([[[0, 255]]], dtype=torch.uint8))
    assert scaled.shape == (1, 1, 1, 2)
    assert scaled.flatten().tolist() == [-1, 1]
