"""Out-of-fold probabilities: each face judged by a network that saw neither it nor a copy of it."""

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mien.data import FaceDataset
from mien.errors import TrainingError
from mien.files import replacing
from mien.training.history import Listener
from mien.training.networks import ExpressionNetwork
from mien.training.recipe import TRAINING_SPLIT, Recipe, RunFolder
from mien.training.run import fit

_BATCH = 256
_SEED = 0
_ANSWERS = "probabilities.npz"


def assign_folds(groups: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """Deals faces out to folds at random, always the same way; a group stays together.

    Args:
        groups: int64 (N,), of `mien.data.duplicates.Copies`.
        folds: how many.

    Returns:
        int64 (N,), from 0 to folds - 1.
    """
    names, member = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(_SEED).permutation(len(names))
    return order[member] % folds


def out_of_fold(
    data: FaceDataset,
    groups: NDArray[np.int64],
    folds: int,
    recipe: Recipe,
    folder: Path,
    device: str = "cpu",
    listener: Listener | None = None,
) -> NDArray[np.float32]:
    """Trains a network for each fold, on the Training faces outside of it, and asks it about it.

    Faces of other splits are dealt out too, so that none is judged by a network that learned from
    a copy of it. Each fold is a training run of its own in `folder`, beside what it answered:
    after a stop, the same call goes on after the last whole epoch.

    Args:
        data: with a split "Training".
        groups: int64 (N,), faces that must share a fold.
        folds: 2 or more.
        recipe: what each network is trained by.
        folder: where the runs are kept.
        device: a torch device.
        listener: hears each fold that is trained as one run.

    Returns:
        float32 (N, L), probabilities.

    Raises:
        DataError: there is no Training split, or a fold leaves less than a batch of it.
        TrainingError: `folder` holds runs of another data set or recipe, or cannot be written.
    """
    assigned = assign_folds(groups, folds)
    probabilities = np.empty((len(data), len(data.names)), np.float32)
    for fold in range(folds):
        held = assigned == fold
        run = RunFolder(folder / f"{fold + 1}-of-{folds}")
        part = _split(data, held)
        identity = f"{part.fingerprint}\n{recipe.text}"
        answers = _load(run.path / _ANSWERS, identity)
        if answers is None:
            network = _train(recipe, part, run, device, listener or Listener())
            answers = _predict(network, data.images[held], torch.device(device))
            _save(run.path / _ANSWERS, identity, answers)
        probabilities[held] = answers
    return probabilities


def _train(
    recipe: Recipe, data: FaceDataset, run: RunFolder, device: str, listener: Listener
) -> ExpressionNetwork:
    resume = run.checkpoint.exists()
    trainer, _ = fit(recipe, data, run, _SEED, resume, device, listener)
    return trainer.network


def _load(path: Path, identity: str) -> NDArray[np.float32] | None:
    """Returns a fold's stored probabilities if they are complete and of this data and recipe."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as archive:
            found: NDArray[np.float32] = archive["probabilities"]
            return found if str(archive["identity"]) == identity else None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _save(path: Path, identity: str, probabilities: NDArray[np.float32]) -> None:
    try:
        with replacing(path) as beside:
            np.savez(beside, identity=np.array(identity), probabilities=probabilities)
    except OSError as error:
        raise TrainingError(
            f"cannot be written ({error})",
            subject=path,
            remedy="free some space, then run the command again to resume",
        ) from None


def _split(data: FaceDataset, held: NDArray[np.bool_]) -> FaceDataset:
    """Returns the Training faces outside of a fold, and the fold as the faces to validate on."""
    splits = np.where(held, "Validation", data.splits)
    kept = held | (data.splits == TRAINING_SPLIT)
    return replace(data, splits=splits).take(kept)


@torch.no_grad()
def _predict(
    network: ExpressionNetwork, images: NDArray[np.uint8], device: torch.device
) -> NDArray[np.float32]:
    network.eval()
    parts = [
        torch.softmax(network(batch.to(device)).logits, dim=1).cpu()
        for batch in torch.tensor(images).split(_BATCH)
    ]
    return torch.cat(parts).numpy()
