"""Checkpoints: written whole or not at all, and refused where they do not fit."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from mien.errors import TrainingError
from mien.files import replacing
from mien.training.history import EpochRecord
from mien.training.networks import ExpressionNetwork, build_network
from mien.training.recipe import RunFolder, parse_recipe
from mien.training.settings import Settings


@dataclass(frozen=True)
class Identity:
    """What makes a run this run: with any of these changed it would be another.

    Attributes:
        recipe: its text.
        data_fingerprint: of the whole data set.
        seed: of all that is random.
        weights: SHA-256 of the weights of the training faces; empty where all count alike.
    """

    recipe: str
    data_fingerprint: str
    seed: int
    weights: str = ""


@dataclass(frozen=True)
class Checkpoint:
    """A run after some epochs: who it is, what it recorded, and the trainer's state."""

    identity: Identity
    history: Sequence[EpochRecord]
    state: dict[str, Any]


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint; a kill or a full disk leaves the one before it as it was.

    Raises:
        TrainingError: it cannot be written.
    """
    content = {
        "identity": asdict(checkpoint.identity),
        "history": [asdict(record) for record in checkpoint.history],
        "state": checkpoint.state,
    }
    try:
        with replacing(path) as beside:
            torch.save(content, beside)
    # torch reports a full disk as a RuntimeError of its zip writer.
    except (OSError, RuntimeError) as error:
        raise TrainingError(
            f"cannot save the checkpoint ({error})",
            subject=path,
            remedy="the previous one, if any, is intact; make room, then continue with --resume",
        ) from None


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint.

    Raises:
        TrainingError: it is missing, or cannot be read.
    """
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
        return Checkpoint(
            Identity(**content["identity"]),
            [EpochRecord(**record) for record in content["history"]],
            content["state"],
        )
    except FileNotFoundError:
        raise TrainingError(
            "checkpoint not found, so there is nothing to resume", subject=path
        ) from None
    except Exception as error:  # a damaged file can fail anywhere in torch's unpickler
        raise TrainingError(
            f"cannot be read as a checkpoint ({type(error).__name__}); put a copy "
            "of it back, or move it away and start again",
            subject=path,
        ) from None


def refuse_another_run(path: Path, found: Identity, wanted: Identity) -> None:
    """Checks that a checkpoint belongs to the run that is wanted.

    Raises:
        TrainingError: it does not; the error says in what they differ.
    """
    differing = [
        name.replace("_", " ")
        for name, value in asdict(wanted).items()
        if asdict(found)[name] != value
    ]
    if differing:
        raise TrainingError(
            f"belongs to a run with another {' and another '.join(differing)}; use "
            "the same recipe, data and seed, or another folder",
            subject=path,
        )


def load_network(found: Checkpoint, source: str) -> tuple[ExpressionNetwork, Settings]:
    """Returns a run's network and its recipe's settings.

    Args:
        found: a checkpoint of the run.
        source: what an error calls it, its path for instance.

    Raises:
        RecipeError: this version knows no such recipe.
        TrainingError: its weights are those of another version.
    """
    settings = parse_recipe(found.identity.recipe, source)
    network = build_network(settings)
    try:
        network.load_state_dict(found.state["network"])
    # torch tells of names and shapes that differ by a RuntimeError of many lines.
    except (KeyError, RuntimeError):
        raise other_version(source) from None
    return network.eval(), settings


def start_from(network: ExpressionNetwork, run: Path) -> None:
    """Gives a network a finished run's weights, as far as it has the same layers.

    Args:
        network: what it starts from is changed in place; layers that the run lacks stay.
        run: the run's folder.

    Raises:
        TrainingError: the folder holds no run, or one of another network.
    """
    path = RunFolder(run).checkpoint
    weights = load_checkpoint(path).state["network"]
    try:
        absent = network.load_state_dict(weights, strict=False)
    except RuntimeError:
        absent = None
    if absent is None or any(name.startswith("features") for name in absent.missing_keys):
        raise TrainingError(
            "is a run of another network, and cannot be learned on from",
            subject=run,
            remedy="set optimization.start to a run of the recipe's [network] and [data]",
        )


def other_version(source: str) -> TrainingError:
    """Returns the error for a checkpoint whose weights have other names or shapes."""
    return TrainingError(
        "its weights are those of another version of Mien; train again, or use that version",
        subject=source,
    )
