"""A model card survives the metadata of an ONNX file, and a broken one is named."""

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import pytest

from mien import Analyzer
from mien.emotions import EMOTIONS
from mien.errors import ModelError
from mien.inference.classifier import Classifier
from mien.inference.model_card import FER2013_FORMAT, ModelCard
from mien.inference.onnx import open_session
from tests.conftest import CARD, build_tiny_model

KEYS = ["contract", *(field.name for field in dataclasses.fields(ModelCard))]


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


@pytest.mark.parametrize("name", KEYS)
def test_a_missing_key_is_named(name: str) -> None:
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
def test_a_malformed_value_is_named(name: str, value: str) -> None:
    metadata = CARD.to_metadata() | {f"mien.{name}": value}
    with pytest.raises(ModelError, match=f"'mien.{name}' is not a JSON"):
        ModelCard.from_metadata(metadata)


def contract_2_metadata() -> dict[str, str]:
    """The metadata that version 0.1 wrote: `emotions`, and neither `face` nor `outputs`."""
    metadata = CARD.to_metadata() | {"mien.contract": "2"}
    metadata["mien.emotions"] = metadata.pop("mien.labels")
    del metadata["mien.face"], metadata["mien.outputs"]
    return metadata


def test_a_card_of_contract_2_has_the_format_of_fer2013() -> None:
    card = ModelCard.from_metadata(contract_2_metadata())
    assert card == CARD
    assert (card.labels, card.face, card.outputs) == (EMOTIONS, FER2013_FORMAT, ())


def test_a_model_file_of_contract_2_opens_and_predicts_as_before(
    tiny_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "contract_2.onnx"
    onnx.save(build_tiny_model(contract_2_metadata()), path)
    face = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
    old, new = (Analyzer(model).analyze_crop(face) for model in (path, tiny_model))
    assert old == new
    assert old.labels == EMOTIONS


def test_a_file_of_another_contract_is_refused() -> None:
    metadata = CARD.to_metadata() | {"mien.contract": "1"}
    with pytest.raises(ModelError, match="has version 1 of the contract; this Mien reads 2 to 4"):
        ModelCard.from_metadata(metadata)


@pytest.mark.parametrize("value", ["", "None", "eyes"])
def test_an_unknown_alignment_is_refused(value: str) -> None:
    metadata = CARD.to_metadata() | {"mien.alignment": value}
    with pytest.raises(
        ModelError, match=f"its alignment '{value}' is unknown; use one of none, landmarks"
    ):
        ModelCard.from_metadata(metadata)


def test_metadata_that_is_no_text_is_told(tiny_model: Path, tmp_path: Path) -> None:
    content = tiny_model.read_bytes()
    at = content.index(b"mien.name") + len(b"mien.name") + 2  # the value after its tag and length
    path = tmp_path / "damaged.onnx"
    path.write_bytes(content[:at] + b"\xf8" + content[at + 1 :])
    with pytest.raises(
        ModelError, match=r"^.*damaged\.onnx: not a Mien model: a name or its metadata is no"
    ):
        Classifier(path)


def test_a_network_that_fails_is_told(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flipped bit in a size may load, and fail with the first face."""
    classifier = Classifier(tiny_model)
    classifier._network = open_session(_break(onnx.load(tiny_model)).SerializeToString())
    with pytest.raises(ModelError, match=r"tiny\.onnx: the network fails: "):
        classifier.predict(np.zeros((1, 48, 48), np.uint8))


def _break(model: onnx.ModelProto) -> onnx.ModelProto:
    """Takes the input that predictions give a name."""
    for node in model.graph.node:
        node.input[:] = ["other" if name == "faces" else name for name in node.input]
    model.graph.input[0].name = "other"
    return model
