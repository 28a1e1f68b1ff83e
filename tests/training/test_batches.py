import torch
from torch.nn.functional import one_hot

from mien.training.batches import Batch, mix
from mien.training.settings import Augmentation


def batch() -> Batch:
    """Each face is flat, of the gray value ten times its label; votes say the same."""
    labels = torch.arange(7)
    images = (10 * labels)[:, None, None].expand(7, 48, 48).to(torch.uint8)
    return Batch(images, labels, one_hot(labels, 10).float() * (1 + labels[:, None]))


def test_nothing_is_mixed_unless_asked() -> None:
    faces = batch()
    assert mix(faces, Augmentation(), 7, torch.Generator()) is faces


def test_mixup_blends_images_targets_and_votes_alike() -> None:
    mixed = mix(batch(), Augmentation(mixup=1.0), 7, torch.Generator().manual_seed(3))
    expected = mixed.targets @ (10.0 * torch.arange(7))
    torch.testing.assert_close(mixed.images, expected[:, None, None].expand(7, 48, 48))
    torch.testing.assert_close(mixed.targets.sum(1), torch.ones(7))
    assert mixed.votes is not None
    torch.testing.assert_close(mixed.votes[:, :7], mixed.targets)
    assert (mixed.targets.max(1).values < 1).any()


def test_cutmix_pastes_a_rectangle_and_counts_its_area() -> None:
    for seed in range(5):
        mixed = mix(batch(), Augmentation(cutmix=1.0), 7, torch.Generator().manual_seed(seed))
        for image, target in zip(mixed.images, mixed.targets, strict=True):
            share = torch.stack([(image == 10 * label).float().mean() for label in range(7)])
            torch.testing.assert_close(target, share)
            assert len(image.unique()) <= 2


def test_both_take_turns() -> None:
    both = Augmentation(mixup=1.0, cutmix=1.0)
    generator = torch.Generator().manual_seed(0)
    mixed = [mix(batch(), both, 7, generator) for _ in range(20)]
    flat = [bool((one.images == one.images[:, :1, :1]).all()) for one in mixed]
    assert 4 < sum(flat) < 16


def test_the_label_of_a_mixed_face_is_its_larger_part() -> None:
    mixed = mix(batch(), Augmentation(mixup=0.2), 7, torch.Generator().manual_seed(0))
    assert torch.equal(mixed.labels, mixed.targets.argmax(1))
    assert torch.equal(batch().labels, torch.arange(7))
