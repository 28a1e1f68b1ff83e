"""A training run in a folder: from a recipe and a data set to a model file, resumable."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from mien import __version__
from mien.data import FaceDataset
from mien.errors import DataError, TrainingError
from mien.inference.contract import ModelCard
from mien.training.batches import Faces
from mien.training.checkpoint import (
    Checkpoint,
    Identity,
    load_checkpoint,
    refuse_another_run,
    save_checkpoint,
)
from mien.training.export import export_model
from mien.training.history import EpochRecord, plot_curves, write_history
from mien.training.networks import ExpressionNetwork, build_network
from mien.training.progress import Listener
from mien.training.recipe import Recipe, parse_recipe
from mien.training.trainer import Trainer

TRAINING_SPLIT = "Training"
_VALIDATION_SPLITS = ("PublicTest", "Validation", "Test")


@dataclass(frozen=True)
class RunFolder:
    """Where a run keeps what."""

    path: Path

    @property
    def recipe(self) -> Path:
        """The recipe's text as the run used it."""
        return self.path / "recipe.toml"

    @property
    def checkpoint(self) -> Path:
        """The state after the last whole epoch."""
        return self.path / "checkpoint.pt"

    @property
    def history(self) -> Path:
        """Losses and accuracies, a row an epoch."""
        return self.path / "history.csv"

    @property
    def curves(self) -> Path:
        """The history as a picture."""
        return self.path / "curves.png"

    @property
    def model(self) -> Path:
        """The finished model file."""
        return self.path / "model.onnx"


def train(
    recipe: Recipe,
    data: FaceDataset,
    folder: RunFolder,
    seed: int = 0,
    resume: bool = False,
    device: str = "cpu",
    listener: Listener | None = None,
) -> Path:
    """Trains by a recipe and writes history, curves, checkpoints and the model file.

    Args:
        recipe: what to do.
        data: has a split "Training", and one to validate on: see `validation_split`.
        folder: where the run is kept.
        seed: the same seed, recipe, data, device and number of threads give the same history.
        resume: go on from the folder's checkpoint.
        device: a torch device.
        listener: hears how it goes.

    Returns:
        The path of the model file: the network after the last epoch, none chosen by its
        validation accuracy.

    Raises:
        DataError: a split is missing or too small.
        TrainingError: the folder holds another run or cannot be written, or training diverged.
    """
    trainer, history = fit(recipe, data, folder, seed, resume, device, listener or Listener())
    _export(trainer.network, recipe, data, history, folder.model)
    return folder.model


def fit(
    recipe: Recipe,
    data: FaceDataset,
    folder: RunFolder,
    seed: int,
    resume: bool,
    device: str,
    listener: Listener,
) -> tuple[Trainer, list[EpochRecord]]:
    """Trains as `train` does, short of the model file; returns the trainer and its history."""
    identity = Identity(recipe.text, data.fingerprint, seed)
    trainer = _trainer(recipe, data, seed, device)
    history: list[EpochRecord] = []
    if resume:
        history = _restore(folder, identity, trainer)
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


def export_run(folder: RunFolder, data: FaceDataset, name: str, path: Path) -> None:
    """Writes the model file of a run from its checkpoint, finished or not.

    Args:
        folder: of the run.
        data: the same that trained it; its validation split calibrates the model.
        name: what the model is to be called.
        path: the file to write.

    Raises:
        TrainingError: the folder holds no run, or one of other data.
        ModelError: the file's answers differ from torch's.
    """
    found = load_checkpoint(folder.checkpoint)
    identity = found.identity
    wanted = replace(identity, data_fingerprint=data.fingerprint)
    refuse_another_run(folder.checkpoint, identity, wanted)
    recipe = Recipe(name, identity.recipe, parse_recipe(identity.recipe, str(folder.checkpoint)))
    network = build_network(recipe.settings.network)
    network.load_state_dict(found.state["network"])
    _export(network, recipe, data, found.history, path)


def validation_split(data: FaceDataset) -> str:
    """Returns the split to validate on: PublicTest, else Validation, else Test.

    Raises:
        DataError: there is none of them.
    """
    for split in _VALIDATION_SPLITS:
        if split in data.split_counts:
            return split
    raise DataError(
        f"no faces to validate on: the data has only {', '.join(data.split_counts)}; add a "
        f"split named {', '.join(_VALIDATION_SPLITS)}, in class folders for instance val/happy/"
    )


def _trainer(recipe: Recipe, data: FaceDataset, seed: int, device: str) -> Trainer:
    place = torch.device(device)
    faces = Faces.of(data.subset(TRAINING_SPLIT), place)
    batch_size = recipe.settings.optimization.batch_size
    if len(faces) < batch_size:
        raise DataError(
            f"the Training split has {len(faces)} faces, fewer than one batch of {batch_size}; "
            "add faces, or lower optimization.batch_size in the recipe"
        )
    validation = Faces.of(data.subset(validation_split(data)), place)
    return Trainer(recipe.settings, faces, validation, seed, place)


def _start(folder: RunFolder, recipe: Recipe) -> None:
    """Makes the folder of a new run."""
    if folder.checkpoint.exists():
        raise TrainingError(
            f"{folder.path}: already holds a run; go on with --resume, or choose another --out"
        )
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.recipe.write_text(recipe.text, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"{folder.path}: cannot be written ({error})") from None


def _restore(folder: RunFolder, identity: Identity, trainer: Trainer) -> list[EpochRecord]:
    """Takes the trainer to where the folder's run stopped; returns its history."""
    found = load_checkpoint(folder.checkpoint)
    refuse_another_run(folder.checkpoint, found.identity, identity)
    trainer.load_state_dict(found.state)
    return list(found.history)


def _write_history(folder: RunFolder, history: list[EpochRecord]) -> None:
    try:
        write_history(folder.history, history)
        plot_curves(folder.curves, history)
    except OSError as error:
        raise TrainingError(
            f"{folder.path}: cannot write the history ({error}); the checkpoint is saved. Make "
            "room, then go on with --resume."
        ) from None


def _export(
    network: ExpressionNetwork,
    recipe: Recipe,
    data: FaceDataset,
    history: Sequence[EpochRecord],
    path: Path,
) -> None:
    card = ModelCard(
        name=recipe.name,
        version=__version__,
        recipe=recipe.text,
        data_fingerprint=data.fingerprint,
        temperature=1.0,
        figures={"epochs": len(history), "training_accuracy": history[-1].train_accuracy},
    )
    try:
        export_model(network, card, data.subset(validation_split(data)), path)
    except OSError as error:
        raise TrainingError(f"{path}: cannot write the model file ({error})") from None


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
