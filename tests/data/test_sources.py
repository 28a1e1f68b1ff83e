"""Data sets go together, or the error says why not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.data import DataFormat, FaceDataset
from mien.data.load import load_sources
from mien.data.sources import join_sources
from mien.errors import DataError
from tests.data.layouts import make_dataset, parquet_columns, write_parquet

ALL = list(range(7))


def faces(seed: int, splits: tuple[str, str] = ("Training", "PublicTest")) -> FaceDataset:
    """Fourteen faces, one of each label in each of two splits."""
    return make_dataset(ALL * 2, [splits[0]] * 7 + [splits[1]] * 7, seed, False)


def test_faces_keep_their_source_their_split_and_their_person() -> None:
    first, second = faces(0), faces(1)
    people = np.array([f"person {number}" for number in range(14)])
    joined = join_sources({"web": first, "lab": replace(second, people=people)})
    assert joined.source_names == ("web", "lab")
    assert joined.sources is not None
    assert joined.sources.tolist() == [0] * 14 + [1] * 14
    assert joined.people is not None
    assert joined.people.tolist() == [""] * 14 + people.tolist()
    np.testing.assert_array_equal(joined.images[14:], second.images)
    part = joined.subset("PublicTest")
    assert part.sources is not None
    assert part.sources.tolist() == [0] * 7 + [1] * 7


def test_votes_of_one_source_are_no_votes_of_the_other() -> None:
    voted = make_dataset(ALL * 2, ["Training"] * 14, 0, True)
    joined = join_sources({"voted": voted, "plain": faces(1)})
    assert joined.votes is not None
    assert joined.votes[:14].any(axis=1).all()
    assert not joined.votes[14:].any()


def test_the_sources_are_part_of_the_fingerprint() -> None:
    first, second = faces(0), faces(1)
    one = join_sources({"a": first, "b": second})
    assert one.fingerprint != replace(one, sources=None, source_names=()).fingerprint
    assert one.fingerprint != join_sources({"a": first, "c": second}).fingerprint


def test_other_labels_are_refused() -> None:
    other = FaceDataset(
        faces(1).images,
        faces(1).labels % 2,
        faces(1).splits,
        format=DataFormat(("calm", "tense")),
    )
    with pytest.raises(DataError, match="source 'lab' has 48x48 gray faces labelled calm, tense"):
        join_sources({"web": faces(0), "lab": other})


def test_a_label_that_no_source_has_is_named() -> None:
    few = make_dataset([0, 1, 2, 3, 4, 5], ["Training"] * 6, 0, False)
    also_few = make_dataset([0, 1, 2, 3, 4, 5], ["Training"] * 6, 1, False)
    with pytest.raises(DataError, match="no source has a face labelled 'neutral' to learn from"):
        join_sources({"web": few, "lab": also_few})


def test_a_source_without_training_faces_is_refused() -> None:
    with pytest.raises(DataError, match="source 'lab' has no faces in the split Training"):
        join_sources({"web": faces(0), "lab": faces(1, ("PublicTest", "Test"))})


def test_a_source_of_one_person_is_refused() -> None:
    alone = replace(faces(1), people=np.array(["Ada"] * 14))
    with pytest.raises(DataError, match="source 'lab' shows one person only"):
        join_sources({"web": faces(0), "lab": alone})


def test_a_person_in_two_splits_is_named() -> None:
    people = np.array(["Ada", *map(str, range(12)), "Ada"])
    with pytest.raises(DataError, match="'Ada' stands in the splits PublicTest and Training"):
        join_sources({"web": faces(0), "lab": replace(faces(1), people=people)})


def test_images_shared_across_splits_are_counted_and_refused() -> None:
    first, second = faces(0), faces(1)
    images = second.images.copy()
    images[7:9] = first.images[:2]  # learned from in one, measured on in the other
    with pytest.raises(DataError, match="2 images of source 'web' stand in another split of 'lab'"):
        join_sources({"web": first, "lab": replace(second, images=images)})


def test_images_shared_within_a_split_are_fine() -> None:
    first, second = faces(0), faces(1)
    images = second.images.copy()
    images[0] = first.images[0]
    assert len(join_sources({"web": first, "lab": replace(second, images=images)})) == 28


def test_each_source_needs_its_path(tmp_path: Path) -> None:
    path = write_parquet(parquet_columns(faces(0)), tmp_path / "faces.parquet")
    with pytest.raises(DataError, match=r"the recipe learns from the sources web, lab, and 1 were"):
        load_sources([path], ["web", "lab"])
    with pytest.raises(DataError, match="the recipe learns from one data set, and 2 were given"):
        load_sources([path, path], [])
    other = write_parquet(parquet_columns(faces(1)), tmp_path / "other.parquet")
    assert load_sources([path, other], ["web", "lab"]).source_names == ("web", "lab")


def test_people_are_read_and_come_back_from_the_cache(tmp_path: Path) -> None:
    columns = {**parquet_columns(faces(0)), "person": ["Ada", None, *map(str, range(12))]}
    path = write_parquet(columns, tmp_path / "faces.parquet")
    for _ in range(2):
        people = load_sources([path], []).people
        assert people is not None
        assert people[:3].tolist() == ["Ada", "", "0"]


def test_a_person_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = write_parquet({**parquet_columns(faces(0)), "person": [1] * 14}, tmp_path / "f.parquet")
    with pytest.raises(DataError, match="row 1, column 'person': 1 is not text"):
        load_sources([path], [])
