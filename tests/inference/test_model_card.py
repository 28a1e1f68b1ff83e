"""A model card survives the metadata of an ONNX file, and a broken one is named."""

import dataclasses

import pytest

from mien.errors import ModelError
from mien.inference.model_card import ModelCard
from tests.conftest import CARD

PARTS = ["contract", *(field.name for field in dataclasses.fields(ModelCard))]


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


@pytest.mark.parametrize("name", PARTS)
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
        ("labels", "{}"),
        ("correction", "0.5"),
    ],
)
def test_a_malformed_part_is_named(name: str, value: str) -> None:
    metadata = CARD.to_metadata() | {f"mien.{name}": value}
    with pytest.raises(ModelError, match=f"'mien.{name}' is not a JSON"):
        ModelCard.from_metadata(metadata)


def test_a_file_of_another_contract_is_refused() -> None:
    metadata = CARD.to_metadata() | {"mien.contract": "1"}
    with pytest.raises(ModelError, match="keeps version 1 of the contract; this Mien reads 2 to 3"):
        ModelCard.from_metadata(metadata)


@pytest.mark.parametrize("value", ["", "None", "eyes"])
def test_an_unknown_alignment_is_refused(value: str) -> None:
    metadata = CARD.to_metadata() | {"mien.alignment": value}
    with pytest.raises(ModelError, match=f"its alignment '{value}' is unknown.*none, landmarks"):
        ModelCard.from_metadata(metadata)
