"""The model file's contract: all that training and inference must agree on.

One ONNX file carries everything that inference needs:

- input `faces`: uint8 (N, 48, 48), grayscale; scaling is inside the graph;
- outputs `probabilities`: float32 (N, 7), calibrated, and `embedding`: float32 (N, D), the
  features before the last layer, whitened: a cosine tells how much two faces look alike, be it
  the person or the expression, and of strangers it is about 0;
- metadata: a `ModelCard`, and the version of this contract that the file keeps.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mien.emotions import EMOTIONS
from mien.errors import ModelError

FACE_SIZE = 48
"""Side of a face in pixels, FER2013's."""

ALIGNMENTS = ("none", "landmarks")
"""How faces lie: as their data set has them, or brought in place by `mien.inference.alignment`."""

INPUT = "faces"
PROBABILITIES = "probabilities"
EMBEDDING = "embedding"
_CONTRACT = "2"
"""Raised when what files hold comes to mean something else: 2 whitened the embedding, and what
profiles learn would spill over to strangers on one that is not."""
_PREFIX = "mien."
T = TypeVar("T")


@dataclass(frozen=True)
class ModelCard:
    """What a model file says about itself.

    Attributes:
        name: the model's name, by which a user asks for it.
        version: the version of Mien that made it.
        recipe: the text of the TOML recipe that trained it.
        data_fingerprint: of the data set that trained it.
        temperature: what its logits are divided by, already inside the graph.
        correction: how the graph sharpens them by how sure they are; see
            `mien.evaluation.calibration.Calibration`.
        figures: what was measured on which split, with n.
        emotions: the order of its probabilities.
        alignment: one of `ALIGNMENTS`, of the faces that trained it. A model of "landmarks" is to
            be given aligned faces; the crops of photos and films always are.
    """

    name: str
    version: str
    recipe: str
    data_fingerprint: str
    temperature: float
    figures: Mapping[str, Any] = field(default_factory=dict)
    emotions: tuple[str, ...] = EMOTIONS
    alignment: str = "none"
    correction: tuple[float, ...] = (0.0, 0.0, 0.0)

    def to_metadata(self) -> dict[str, str]:
        """Returns the strings an ONNX file stores."""
        return {
            f"{_PREFIX}contract": _CONTRACT,
            f"{_PREFIX}name": self.name,
            f"{_PREFIX}version": self.version,
            f"{_PREFIX}recipe": self.recipe,
            f"{_PREFIX}data_fingerprint": self.data_fingerprint,
            f"{_PREFIX}temperature": repr(self.temperature),
            f"{_PREFIX}figures": json.dumps(dict(self.figures)),
            f"{_PREFIX}emotions": json.dumps(self.emotions),
            f"{_PREFIX}alignment": self.alignment,
            f"{_PREFIX}correction": json.dumps(self.correction),
        }

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> "ModelCard":
        """Reads the strings of an ONNX file.

        Raises:
            ModelError: the file keeps another version of the contract, or a key is absent, or its
                value is not what the contract says.
        """
        contract = _text(metadata, "contract")
        if contract != _CONTRACT:
            raise ModelError(f"it keeps version {contract} of the contract, not {_CONTRACT}")
        card = cls(
            name=_text(metadata, "name"),
            version=_text(metadata, "version"),
            recipe=_text(metadata, "recipe"),
            data_fingerprint=_text(metadata, "data_fingerprint"),
            temperature=_json(metadata, "temperature", float),
            figures=_json(metadata, "figures", dict),
            emotions=tuple(_json(metadata, "emotions", list)),
            alignment=_text(metadata, "alignment"),
            correction=tuple(_json(metadata, "correction", list)),
        )
        if card.emotions != EMOTIONS:
            raise ModelError(f"its emotions are {card.emotions}, not {EMOTIONS}")
        if card.alignment not in ALIGNMENTS:
            known = ", ".join(ALIGNMENTS)
            raise ModelError(
                f"its alignment '{card.alignment}' is unknown; those known are {known}"
            )
        return card


def _text(metadata: Mapping[str, str], key: str) -> str:
    try:
        return metadata[_PREFIX + key]
    except KeyError:
        raise ModelError(f"its metadata lacks '{_PREFIX}{key}'") from None


def _json(metadata: Mapping[str, str], key: str, kind: type[T]) -> T:
    try:
        value = json.loads(_text(metadata, key))
    except json.JSONDecodeError:
        value = None
    if not isinstance(value, kind):
        raise ModelError(f"its metadata '{_PREFIX}{key}' is not a JSON {kind.__name__}")
    return value
