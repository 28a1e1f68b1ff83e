import numpy as np

from mien.audit.copies import contradiction_findings, copy_findings
from mien.data.duplicates import find_copies
from tests.audit.conftest import make_dataset, photos


def test_all_but_the_first_of_a_photo_are_copies() -> None:
    one, two = photos(2)
    noisy = (one + np.random.default_rng(0).normal(0, 8, one.shape)).clip(0, 255).astype(np.uint8)
    splits = ["Training", "Training", "Training", "PublicTest"]
    data = make_dataset(np.stack([one, two, noisy, one]), ["sad"] * 4, splits)
    near, exact = copy_findings(data, find_copies(data.images))
    assert (near.index, near.other, near.split) == (2, 0, "Training")
    assert 0.94 < near.score < 1
    assert "a near copy" in near.reason
    assert (exact.index, exact.other, exact.split, exact.score) == (3, 0, "PublicTest", 1)
    assert exact.reason == "an exact copy of face 0 in Training"


def test_the_minority_is_contradicted_and_the_majority_suggested() -> None:
    one, two = photos(2)
    data = make_dataset(np.stack([one, two, one, one]), ["sad", "fear", "happy", "happy"])
    (found,) = contradiction_findings(data, find_copies(data.images))
    assert (found.index, found.label, found.suggestion, found.other) == (0, "sad", "happy", 2)
    assert found.reason == "face 2 in Training shows the same photo and is labelled happy"


def test_where_nobody_has_the_majority_all_are_contradicted() -> None:
    one = photos(1)[0]
    data = make_dataset(np.stack([one, one]), ["sad", "happy"])
    found = list(contradiction_findings(data, find_copies(data.images)))
    assert [(each.index, each.other, each.suggestion) for each in found] == [
        (0, 1, None),
        (1, 0, None),
    ]


def test_strangers_who_look_alike_do_not_contradict_each_other() -> None:
    one = photos(1)[0]
    noise = np.random.default_rng(0).normal(0, 1, one.shape)
    for strength in range(10, 60):
        alike = (one + strength * noise).clip(0, 255).astype(np.uint8)
        data = make_dataset(np.stack([one, alike]), ["sad", "happy"])
        copies = find_copies(data.images)
        if copies.likeness[1] < 0.955:
            break
    assert len(list(copy_findings(data, copies))) == 1
    assert list(contradiction_findings(data, copies)) == []


def test_nothing_is_found_where_nothing_is() -> None:
    data = make_dataset(photos(5), ["sad", "happy", "fear", "sad", "neutral"])
    copies = find_copies(data.images)
    assert list(copy_findings(data, copies)) == []
    assert list(contradiction_findings(data, copies)) == []
