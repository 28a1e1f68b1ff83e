"""What is known of how records were made: software, model, options. Nothing is assumed."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mien.errors import ModelError, StudyError
from mien.inference.classifier import Classifier, shipped_models
from mien.inference.model_card import ModelCard


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model, as far as it is known.

    Attributes:
        name: of the model.
        version: of Mien that made it.
        digest: SHA-256 of its file, hexadecimal.
        card: its card; None where the file is not at hand.
    """

    name: str
    version: str
    digest: str
    card: ModelCard | None = None

    @classmethod
    def load(cls, model: str | Path) -> "ModelFacts":
        """Reads a shipped model, or a model file.

        Raises:
            ModelError: there is none, or it is not one of Mien's.
        """
        classifier = Classifier(model)
        card = classifier.card
        return cls(card.name, card.version, classifier.digest, card)


@dataclass(frozen=True, slots=True)
class Provenance:
    """How records were made.

    Attributes:
        model: that labeled them; None where no manifest and no user names it.
        versions: of the software, by name; empty where no manifest says so.
        unsure_below: the confidence below which a face is unsure; None where unknown.
        stated: whether a user named the model, and no manifest.
    """

    model: ModelFacts | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    unsure_below: float | None = None
    stated: bool = False


def read_provenance(
    paths: Iterable[str | os.PathLike[str]], model: str | Path | None = None
) -> Provenance:
    """Reads how records were made, from the manifests of batch jobs among them.

    Args:
        paths: as `load_recordings` takes them.
        model: what a user says labeled the records; None to know only what manifests tell.

    Raises:
        ModelError: there is no such model.
        StudyError: the paths were labeled by different models, or by another than the user says.
    """
    made = [_read_manifest(Path(path)) for path in paths]
    if len(set(map(_key, made))) > 1:
        raise StudyError(
            "the records were made by different models, versions or options",
            remedy="cite those of each by themselves",
        )
    known = made[0] if made else Provenance()
    if model is None:
        return known
    stated = ModelFacts.load(model)
    if known.model is None:
        return Provenance(stated, known.versions, known.unsure_below, stated=True)
    if known.model.digest != stated.digest:
        raise StudyError(
            f"the manifest names another model ({known.model.name}, {known.model.digest[:12]})",
            subject=f"--model {model}",
            remedy="leave --model out",
        )
    return Provenance(stated, known.versions, known.unsure_below)


def _read_manifest(path: Path) -> Provenance:
    if not path.is_dir():
        return Provenance()
    place = path / "manifest.json"
    try:
        content: dict[str, Any] = json.loads(place.read_bytes())
        model = content["model"]
        facts = ModelFacts(model["name"], model["version"], model["sha256"], _card(model))
        return Provenance(facts, content["versions"], content["options"]["unsure_below"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise StudyError(
            "no manifest of a batch job",
            subject=place,
            remedy="give a file of records, or the --out folder of `mien batch`",
        ) from None


def _card(model: Mapping[str, str]) -> ModelCard | None:
    """Returns the card of a shipped model, if it is the very file that a manifest names."""
    if model["name"] not in shipped_models():
        return None
    try:
        shipped = ModelFacts.load(model["name"])
    except ModelError:
        return None
    return shipped.card if shipped.digest == model["sha256"] else None


def _key(made: Provenance) -> tuple[object, ...]:
    digest = made.model.digest if made.model else None
    return digest, tuple(sorted(made.versions.items())), made.unsure_below
