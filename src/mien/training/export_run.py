"""From training runs to a model file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mien import __version__
from mien.data import FaceDataset
from mien.data.align import align_as
from mien.data.load import load_sources
from mien.errors import TrainingError
from mien.inference.model_card import ModelCard
from mien.training.checkpoint import load_checkpoint, load_network, refuse_another_run
from mien.training.export import export_model, some_faces
from mien.training.history import EpochRecord
from mien.training.networks import ExpressionNetwork
from mien.training.networks.composition import Ensemble, SourceEnsemble
from mien.training.recipe import TRAINING_SPLIT, RunFolder, parse_recipe, validation_split
from mien.training.settings import Settings, Views
from mien.training.sources import learned_sources


def export_runs(
    folders: Sequence[RunFolder],
    data: FaceDataset,
    name: str,
    path: Path,
    views: Mapping[str, bool | int] | None = None,
    int8: bool = False,
) -> None:
    """Writes the model file of a run from its checkpoint, finished or not; or one of several.

    Several answer as one, by the mean of their logits. Where the first learned several sources,
    others may have learned all of them, or one alone: those answer for faces like that source's.

    Args:
        folders: of the runs.
        data: the same that trained the first; its validation split calibrates the model.
        name: what the model is to be called.
        path: the file to write.
        views: what to average over other than the first run's recipe says: fields of `Views`.
        int8: whether the file is to compute in bytes.

    Raises:
        TrainingError: a folder holds no run, or one of other data; or the runs' faces lie
            otherwise.
        ModelError: the file's answers differ from torch's.
    """
    runs = [load_checkpoint(folder.checkpoint) for folder in folders]
    restored = [
        load_network(run, str(folder.checkpoint)) for folder, run in zip(folders, runs, strict=True)
    ]
    networks, settings = zip(*restored, strict=True)
    for folder, run, own in zip(folders, runs, settings, strict=True):
        learned = _part(data, settings[0].joined, own)
        wanted = replace(run.identity, data_fingerprint=learned.fingerprint)
        refuse_another_run(folder.checkpoint, run.identity, wanted)
    if differing := _differing(settings):
        raise TrainingError(
            f"the runs differ in {differing}",
            subject=folders[0].path,
            remedy="export runs that agree in it",
        )
    card = make_card(name, [run.identity.recipe for run in runs], data, settings[0])
    network = compose(networks, settings, card)
    if len(runs) == 1:
        card = replace(card, figures=training_figures(runs[0].history))
    averaged = settings[0].views.model_copy(update=views)
    export_calibrated(network, card, averaged, data, path, int8)


def compose(
    networks: Sequence[ExpressionNetwork], settings: Sequence[Settings], card: ModelCard
) -> nn.Module:
    """Returns what answers for several networks, or for one; see `export_runs`.

    Args:
        networks: trained.
        settings: of each one's recipe.
        card: with the base rates to assume.
    """
    joined = settings[0].joined
    if not joined:
        return networks[0] if len(networks) == 1 else Ensemble(networks)
    learned = [None if own.joined else joined.index(own.sources[0].name) for own in settings]
    rates = torch.tensor([source.base_rates for source in card.sources], dtype=torch.float32)
    return SourceEnsemble(networks, learned, rates)


def _part(data: FaceDataset, joined: Sequence[str], own: Settings) -> FaceDataset:
    """Returns the faces that a run learned: those of its one source, or all."""
    alone = own.sources[0].name if len(own.sources) == 1 else ""
    if data.sources is None or alone not in joined:
        return data
    chosen: NDArray[np.bool_] = data.sources == joined.index(alone)
    return replace(data.take(chosen), sources=None, source_names=())


def _differing(settings: Sequence[Settings]) -> str | None:
    """Returns the first key of [data] that the runs differ in, or `sources`."""
    first, joined = settings[0].data, settings[0].joined
    for own in settings:
        alone = len(own.sources) == 1 and own.sources[0].name in joined
        if own.joined != joined and not alone:
            return "sources"
    for key in type(first).model_fields:
        if any(getattr(other.data, key) != getattr(first, key) for other in settings):
            return f"data.{key}"
    return None


def load_run_data(folder: RunFolder, paths: Sequence[Path]) -> FaceDataset:
    """Reads the data sets that trained a run, in the format that its recipe asks for.

    Args:
        folder: of the run.
        paths: of its sources, in the order of its recipe.

    Raises:
        TrainingError: there is no checkpoint, or it cannot be read.
        DataError: a data set cannot be read, or there are too few or too many.
    """
    checkpoint = load_checkpoint(folder.checkpoint)
    settings = parse_recipe(checkpoint.identity.recipe, str(folder.checkpoint))
    return load_sources(paths, settings.joined, settings.data.format)


def make_card(
    name: str, recipes: Sequence[str], data: FaceDataset, settings: Settings
) -> ModelCard:
    """Returns the card of a model before anything is measured.

    Args:
        name: of the model.
        recipes: the text of each run's.
        data: that trained it.
        settings: of the first run.
    """
    return ModelCard(
        name=name,
        version=__version__,
        recipe="\n".join(recipes),
        data_fingerprint=data.fingerprint,
        temperature=1.0,
        labels=data.names,
        alignment=settings.data.alignment,
        face=data.format.face,
        sources=learned_sources(settings, data),
    )


def training_figures(history: Sequence[EpochRecord]) -> dict[str, float]:
    """Returns the figures of the training for a model's card."""
    return {"epochs": len(history), "training_accuracy": history[-1].train_accuracy}


def export_calibrated(
    network: nn.Module,
    card: ModelCard,
    views: Views,
    data: FaceDataset,
    path: Path,
    int8: bool = False,
) -> None:
    """Calibrates a network on the data's validation split and writes its model file.

    Raises:
        DataError: there is no split to validate on.
        ModelError: the network diverged, or the file's answers differ from torch's.
        TrainingError: the file cannot be written.
    """
    try:
        training = align_as(card.alignment, data.subset(TRAINING_SPLIT)) if int8 else None
        ranges = None if training is None else some_faces(training)
        validation = align_as(card.alignment, data.subset(validation_split(data)))
        export_model(network, card, views, validation, path, ranges)
    except OSError as error:
        raise TrainingError(f"cannot write the model file ({error})", subject=path) from None
