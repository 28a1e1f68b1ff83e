"""A model card survives the metadata of an ONNX file, and a broken one is named."""

import dataclasses

import pytest

from mien.errors import ModelError
from mien.inference.contract import ModelCard
from tests.conftest import CARD

OPTIONAL = ("alignment", "correction")
REQUIRED = [one.name for one in dataclasses.fields(ModelCard) if one.name not in OPTIONAL]


def test_a_card_comes_back_as_it_was() -> None:
    card = dataclasses.replace(
        CARD,
        name="näme",
        temperature=1.3,
        figures={"n": 3, "acc": 0.5},
        alignment="landmarks",
        correction=(0.5, -1.25, 2.0),
    )
    assert ModelCard.from_metadata(card.to_metadata()) == card


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_part_is_named(name: str) -> None:
    metadata = CARD.to_metadata()
    del metadata[f"mien.{name}"]
    with pytest.raises(ModelError, match=f"lacks 'mien.{name}'"):
        ModelCard.from_metadata(metadata)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", "warm"),
        ("temperature", "[]"),
        ("figures", "["),
        ("figures", "3"),
        ("emotions", "{}"),
        ("correction", "0.5"),
    ],
)
def test_a_malformed_part_is_named(name: str, value: str) -> None:
    metadata = CARD.to_metadata() | {f"mien.{name}": value}
    with pytest.raises(ModelError, match=f"'mien.{name}' is not a JSON"):
        ModelCard.from_metadata(metadata)


def test_another_order_of_emotions_is_refused() -> None:
    metadata = CARD.to_metadata() | {"mien.emotions": '["happy", "sad"]'}
    with pytest.raises(ModelError, match="its emotions are"):
        ModelCard.from_metadata(metadata)


def test_an_older_file_has_no_alignment_and_no_correction() -> None:
    metadata = CARD.to_metadata()
    for name in OPTIONAL:
        del metadata[f"mien.{name}"]
    card = ModelCard.from_metadata(metadata)
    assert card.alignment == "none"
    assert card.correction == (0, 0, 0)


@pytest.mark.parametrize("value", ["", "None", "eyes"])
def test_an_unknown_alignment_is_refused(value: str) -> None:
    metadata = CARD.to_metadata() | {"mien.alignment": value}
    with pytest.raises(ModelError, match=f"its alignment '{value}' is unknown.*none, landmarks"):
        ModelCard.from_metadata(metadata)
