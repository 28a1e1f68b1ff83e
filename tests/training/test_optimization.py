import math

import pytest
import torch
from torch import nn

from mien.training.optimization import (
    learning_rate,
    make_optimizer,
    running_mean,
    sharpest_nearby,
)
from mien.training.settings import Optimization


def settings(**changes: object) -> Optimization:
    base = {"optimizer": "sgd", "epochs": 10, "batch_size": 8, "learning_rate": 0.1}
    return Optimization.model_validate(base | changes)


def test_the_rate_warms_up_to_its_peak_then_falls_to_zero_along_a_half_cosine() -> None:
    cosine = settings(schedule="cosine", warmup_epochs=2)
    assert learning_rate(cosine, 0) == 0
    assert learning_rate(cosine, 1) == pytest.approx(0.05)
    assert learning_rate(cosine, 2) == pytest.approx(0.1)
    assert learning_rate(cosine, 6) == pytest.approx(0.05)
    assert learning_rate(cosine, 10) == pytest.approx(0)
    assert learning_rate(settings(warmup_epochs=2), 9) == 0.1


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_weights_decay_but_normalization_and_biases_do_not(optimizer: str) -> None:
    """Without gradients of their own, only decay can move anything."""
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    before = [one.detach().clone() for one in network.parameters()]
    step = make_optimizer(network, settings(optimizer=optimizer, weight_decay=0.1))
    for one in network.parameters():
        one.grad = torch.zeros_like(one)
    step.step()
    moved = [
        not torch.equal(one, was) for one, was in zip(network.parameters(), before, strict=True)
    ]
    assert moved == [one.dim() > 1 for one in network.parameters()]


def test_the_running_mean_follows_the_definition_and_batch_statistics_too() -> None:
    network = nn.BatchNorm1d(1)
    mean = running_mean(network, decay=0.5)
    expected = None
    for step, value in enumerate([1.0, 4.0, -2.0, 8.0]):
        nn.init.constant_(network.weight, value)
        network.running_mean = torch.tensor([value])
        mean.update_parameters(network)
        kept = min(0.5, (1 + step) / (10 + step))
        expected = value if expected is None else kept * expected + (1 - kept) * value
    assert mean.module.weight.item() == pytest.approx(expected)
    assert mean.module.running_mean.item() == pytest.approx(expected)


def test_sharpness_looks_uphill_at_the_radius_and_comes_back() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    data = torch.randn(16, 3)

    def loss() -> torch.Tensor:
        return network(data).square().mean()

    here = loss()
    here.backward()
    before = [one.detach().clone() for one in network.parameters()]
    statistics = network[1].running_mean.clone()
    with sharpest_nearby(network, 0.1):
        moved = [one.detach() - was for one, was in zip(network.parameters(), before, strict=True)]
        there = loss()
        assert all(one.grad is None for one in network.parameters())
        there.backward()
    assert math.sqrt(sum(float(one.square().sum()) for one in moved)) == pytest.approx(
        0.1, rel=1e-4
    )
    assert there > here
    for one, was in zip(network.parameters(), before, strict=True):
        assert torch.equal(one, was)
        assert one.grad is not None
    assert torch.equal(network[1].running_mean, statistics)
    assert network[1].momentum == 0.1
