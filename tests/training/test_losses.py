import torch

from mien.training.losses import l2_penalty


def test_the_penalty_is_the_weighted_sum_of_squares_and_pulls_toward_zero() -> None:
    first = torch.tensor([1.0, -2.0], requires_grad=True)
    second = torch.tensor([[3.0]], requires_grad=True)
    penalty = l2_penalty([(first, 0.1), (second, 0.5)])
    penalty.backward()
    torch.testing.assert_close(penalty.item(), 0.1 * 5 + 0.5 * 9)
    torch.testing.assert_close(first.grad, torch.tensor([0.2, -0.4]))


def test_without_regularizers_there_is_no_penalty() -> None:
    assert l2_penalty([]).item() == 0
