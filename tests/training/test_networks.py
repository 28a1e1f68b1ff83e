import torch
from torch import nn

from mien.training.networks.base import scale
from mien.training.networks.paper import PaperCNN
from mien.training.recipe import Recipe, load_recipe


def test_the_paper_network_has_the_paper_s_layers() -> None:
    network = PaperCNN(load_recipe("paper").settings.network)
    kinds = {type(layer) for layer in network.modules()}
    wanted = {nn.Conv2d, nn.MaxPool2d, nn.BatchNorm2d, nn.Dropout, nn.Linear}
    assert wanted <= kinds
    assert sum(isinstance(layer, nn.Linear) for layer in network.modules()) >= 2


def test_answers_have_the_contract_s_shapes_whatever_the_type(recipe: Recipe) -> None:
    network = PaperCNN(recipe.settings.network).eval()
    faces = torch.randint(0, 256, (5, 48, 48), dtype=torch.uint8)
    logits, embedding = network(faces)
    assert logits.shape == (5, 7)
    assert embedding.shape == (5, recipe.settings.network.dense)
    torch.testing.assert_close(network(faces.float()).logits, logits)


def test_the_last_layer_is_linear_in_the_embedding(recipe: Recipe) -> None:
    """A personal head may then replace it."""
    network = PaperCNN(recipe.settings.network).eval()
    logits, embedding = network(torch.randint(0, 256, (3, 48, 48)))
    torch.testing.assert_close(network.classify(embedding), logits)


def test_only_the_blocks_named_in_the_recipe_are_regularized(recipe: Recipe) -> None:
    network = PaperCNN(recipe.settings.network)
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    second_block = convolutions[1:]
    regularized = list(network.regularized_kernels())
    assert len(regularized) == len(second_block) == 2
    for (kernel, _), layer in zip(regularized, second_block, strict=True):
        assert kernel is layer.weight
    assert [strength for _, strength in regularized] == [1e-2, 1e-2]


def test_gray_values_are_scaled_about_zero() -> None:
    scaled = scale(torch.tensor([[[0, 255]]], dtype=torch.uint8))
    assert scaled.shape == (1, 1, 1, 2)
    assert scaled.flatten().tolist() == [-1, 1]
