"""What a profile's adapter makes of faces, and the file from which a browser learns it."""

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from mien.inference.classifier import Prediction
from mien.personalization.corrections import Correction, ModelId
from mien.personalization.store import Profiles
from mien.personalization.transfer import export_profile

_LABELS = ("angry", "happy", "sad", "neutral")
_MODEL = ModelId("drawn", "1", "0d" * 32)
_DIMENSIONS, _FACES = 12, 20
_PROFILES = ((3, 0.0), (40, 0.0), (40, 1.0))
"""How many corrections, and how many of them follow a rule, as a share."""


def make() -> dict[str, Any]:
    """Returns profiles of few and of many corrections, and what they make of new faces."""
    random = np.random.default_rng(18)
    faces = _predict(random, _FACES)
    profiles = [_profile(random, count, share, faces) for count, share in _PROFILES]
    assert {profile["generalizes"] for profile in profiles} == {True, False}
    return {
        "labels": _LABELS,
        "model": {"name": _MODEL.name, "digest": _MODEL.digest},
        "probabilities": faces.probabilities.tolist(),
        "embeddings": faces.embeddings.tolist(),
        "profiles": profiles,
    }


def _predict(random: np.random.Generator, count: int) -> Prediction:
    logits = random.normal(0, 1.5, (count, len(_LABELS)))
    powers = np.exp(logits)
    return Prediction(
        (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32),
        random.normal(0, 1, (count, _DIMENSIONS)).astype(np.float32),
        np.empty((count, 0), np.float32),
    )


def _profile(
    random: np.random.Generator, count: int, share: float, faces: Prediction
) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        profiles = Profiles.open(Path(folder))
        profiles.create("Ada")
        profiles.teach("Ada", _correct(random, count, share))
        version, adapter = profiles.get("Ada").version, profiles.adapter("Ada", _MODEL)
        file = _without_times(export_profile(profiles, "Ada"))
        profiles.database.close()
    assert version is not None
    assert version.figures is not None
    assert adapter is not None
    return {
        "file": file,
        "generalizes": version.figures.generalizes,
        "adapted": adapter.adapt(faces.probabilities, faces.embeddings).tolist(),
    }


def _correct(random: np.random.Generator, count: int, share: float) -> list[Correction]:
    """Labels faces by chance, or by a rule: what the model calls neutral is sad."""
    prediction, corrections = _predict(random, count), []
    for probabilities, embedding in zip(*prediction[:2], strict=True):
        label = _LABELS[int(probabilities.argmax())].replace("neutral", "sad")
        if random.random() >= share:
            label = str(random.choice(_LABELS))
        corrections.append(Correction(label, embedding, probabilities, _MODEL, labels=_LABELS))
    return corrections


def _without_times(file: bytes) -> str:
    """Returns an exported file as if all had happened in 1970, so that it is always the same."""
    head, body, _ = file.split(b"\n")
    content = json.loads(body)
    for row in (content, *content["corrections"], *content["versions"]):
        row["created"] = 0.0
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return f"{head.split()[0].decode()} {checksum}\n{text}\n"
