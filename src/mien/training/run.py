"""A training run in a folder: from a recipe and a data set to a model file, resumable."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mien.data import FaceDataset
from mien.data.align import align_as
from mien.errors import DataError, TrainingError
from mien.files import replacing
from mien.training.batches import Faces
from mien.training.checkpoint import (
    Checkpoint,
    Identity,
    load_checkpoint,
    other_version,
    refuse_another_run,
    save_checkpoint,
)
from mien.training.export_run import compose, export_calibrated, make_card, training_figures
from mien.training.history import EpochRecord, Listener, plot_curves, write_history
from mien.training.recipe import TRAINING_SPLIT, Recipe, RunFolder, validation_split
from mien.training.sources import source_weights, targets
from mien.training.trainer import Trainer

Weights = NDArray[np.float32]
"""How much the label of each face of the Training split counts; 0 leaves the face out."""


def train(
    recipe: Recipe,
    data: FaceDataset,
    folder: RunFolder,
    seed: int = 0,
    resume: bool = False,
    device: str = "cpu",
    listener: Listener | None = None,
    weights: Weights | None = None,
    start: Path | None = None,
) -> Path:
    """Trains by a recipe and writes history, curves, checkpoints and the model file.

    Args:
        recipe: what to do.
        data: has a split "Training", and one to validate on: see `validation_split`.
        folder: where the run is kept.
        seed: the same seed, recipe, data, device and number of threads give the same history.
        resume: continue from the folder's checkpoint.
        device: a torch device.
        listener: hears how it goes.
        weights: of the Training split's faces; None where all count alike.
        start: folder of the run whose weights a new run starts from; None for random ones.

    Returns:
        The path of the model file: the network after the last epoch, none chosen by its
        validation accuracy.

    Raises:
        DataError: a split is missing or too small.
        TrainingError: the folder holds another run or cannot be written, or training diverged.
    """
    listener = listener or Listener()
    trainer, history = fit(recipe, data, folder, seed, resume, device, listener, weights, start)
    card = make_card(recipe.name, [recipe.text], data, recipe.settings)
    card = replace(card, figures=training_figures(history))
    network = compose([trainer.network], [recipe.settings], card)
    export_calibrated(network, card, recipe.settings.views, data, folder.model)
    return folder.model


def fit(
    recipe: Recipe,
    data: FaceDataset,
    folder: RunFolder,
    seed: int,
    resume: bool,
    device: str,
    listener: Listener,
    weights: Weights | None = None,
    start: Path | None = None,
) -> tuple[Trainer, list[EpochRecord]]:
    """Trains as `train` does, short of the model file; returns the trainer and its history."""
    _check_format(recipe, data)
    identity = Identity(recipe.text, data.fingerprint, seed, _digest(weights))
    aligned = _aligned(recipe, data, listener)
    trainer = _trainer(recipe, aligned, seed, device, weights, None if resume else start)
    history: list[EpochRecord] = []
    if resume:
        history = _resume(folder, identity, trainer)
    else:
        _start(folder, recipe)
    epochs = recipe.settings.optimization.epochs
    listener.starts(epochs, len(history), trainer.batches)
    for epoch in range(len(history), epochs):
        history.append(trainer.run_epoch(epoch, listener.batch))
        save_checkpoint(folder.checkpoint, Checkpoint(identity, history, trainer.state_dict()))
        _write_history(folder, history)
        listener.epoch(history[-1])
    # A kill may have come between a checkpoint and its history.
    _write_history(folder, history)
    return trainer, history


def _check_format(recipe: Recipe, data: FaceDataset) -> None:
    if data.format != recipe.settings.data.format:
        raise DataError(
            f"the data has {data.format.face} faces labelled {', '.join(data.names)}, other than "
            "the recipe's [data]",
            remedy="load the data with the recipe's format",
        )
    if data.source_names != recipe.settings.joined:
        raise DataError(
            "the data has other sources than the recipe",
            remedy="join the data sets that the recipe's sources name, in its order",
        )
    if data.sources is not None:
        split = validation_split(data)
        measured = set(data.sources[data.splits == split].tolist())
        if absent := set(range(len(data.source_names))) - measured:
            raise DataError(
                f"source '{data.source_names[min(absent)]}' has no faces in the split {split}",
                remedy="each source needs faces to calibrate on; add some, or leave it out",
            )


def _aligned(recipe: Recipe, data: FaceDataset, listener: Listener) -> FaceDataset:
    """Returns the faces as the recipe wants them to lie, in the same rows."""
    return align_as(recipe.settings.data.alignment, data, listener.aligned)


def _digest(weights: Weights | None) -> str:
    return "" if weights is None else hashlib.sha256(weights.tobytes()).hexdigest()


def _trainer(
    recipe: Recipe,
    data: FaceDataset,
    seed: int,
    device: str,
    weights: Weights | None,
    start: Path | None,
) -> Trainer:
    place = torch.device(device)
    training = data.subset(TRAINING_SPLIT)
    by_source = source_weights(recipe.settings, training)
    if by_source is not None:
        weights = by_source if weights is None else weights * by_source
    faces = Faces.of(training, place, weights, targets(recipe.settings, training))
    batch_size = recipe.settings.optimization.batch_size
    if len(faces) < batch_size:
        raise DataError(
            f"the Training split has {len(faces)} faces, fewer than one batch of {batch_size}; "
            "add faces, or lower optimization.batch_size in the recipe"
        )
    validation = Faces.of(data.subset(validation_split(data)), place)
    return Trainer(recipe.settings, faces, validation, seed, place, start)


def _start(folder: RunFolder, recipe: Recipe) -> None:
    """Makes the folder of a new run."""
    if folder.checkpoint.exists():
        raise TrainingError(
            "already contains a run",
            subject=folder.path,
            remedy="continue it with --resume, or choose another --out",
        )
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        with replacing(folder.recipe) as beside:
            beside.write_text(recipe.text, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"cannot be written ({error})", subject=folder.path) from None


def _resume(folder: RunFolder, identity: Identity, trainer: Trainer) -> list[EpochRecord]:
    """Takes the trainer to where the folder's run stopped; returns its history."""
    found = load_checkpoint(folder.checkpoint)
    refuse_another_run(folder.checkpoint, found.identity, identity)
    try:
        trainer.load_state_dict(found.state)
    except (KeyError, RuntimeError):
        raise other_version(str(folder.checkpoint)) from None
    return list(found.history)


def _write_history(folder: RunFolder, history: list[EpochRecord]) -> None:
    try:
        write_history(folder.history, history)
        plot_curves(folder.curves, history)
    except OSError as error:
        raise TrainingError(
            f"cannot write the history ({error})",
            subject=folder.path,
            remedy="the checkpoint is saved; make room, then continue with --resume",
        ) from None


def pick_device(device: str) -> str:
    """Returns the torch device a user asked for; "auto" is cuda where there is one.

    Raises:
        TrainingError: torch cannot use it here.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros((), device=device)
    # torch refuses an unknown name and an absent device in different ways.
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"--device {device}: torch cannot use it here ({reason})") from None
    return device
