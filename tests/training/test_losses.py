import pytest
import torch
from torch.nn.functional import cross_entropy

from mien.training.losses import l2_penalty, label_loss, votes_loss


def test_the_penalty_is_strength_times_sum_of_squares() -> None:
    kernels = [(torch.tensor([1.0, -2.0]), 0.5), (torch.tensor([[3.0]]), 0.1)]
    assert l2_penalty(kernels).item() == pytest.approx(0.5 * 5 + 0.1 * 9)


def test_no_kernels_cost_nothing() -> None:
    assert l2_penalty([]).item() == 0


def test_votes_count_as_shares_whatever_their_number() -> None:
    logits = torch.randn(4, 10, generator=torch.Generator().manual_seed(0))
    votes = torch.tensor([[8, 2] + [0] * 8, [0] * 9 + [3], [1] * 10, [4, 1] + [0] * 8]).float()
    shares = votes / votes.sum(1, keepdim=True)
    torch.testing.assert_close(votes_loss(logits, votes), cross_entropy(logits, shares))


def test_faces_without_votes_do_not_count() -> None:
    logits = torch.randn(3, 10, generator=torch.Generator().manual_seed(0))
    votes = torch.zeros(3, 10)
    assert votes_loss(logits, votes) == 0
    votes[1, 4] = 10
    expected = cross_entropy(logits[1:2], torch.tensor([4]))
    torch.testing.assert_close(votes_loss(logits, votes), expected)


def test_a_face_of_half_weight_counts_half() -> None:
    logits, targets = torch.randn(3, 7), torch.tensor([0, 3, 5])
    weights = torch.tensor([1.0, 0.5, 0.5])
    each = [cross_entropy(logits[i : i + 1], targets[i : i + 1]) for i in range(3)]
    expected = (each[0] + each[1] / 2 + each[2] / 2) / 2
    torch.testing.assert_close(label_loss(logits, targets, weights, 0.0), expected)
