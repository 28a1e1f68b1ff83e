"""One search: what every trial of it has in common."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.data import FaceDataset
from mien.errors import DataError, TrainingError
from mien.training.recipe import (
    TRAINING_SPLIT,
    Recipe,
    parse_recipe,
    shortened_warmup,
    validation_split,
)
from mien.training.settings import Settings
from mien.tuning.space import Scalar, Space, own_value, with_values


def stratified(faces: FaceDataset, count: int, seed: int) -> FaceDataset:
    """Returns some faces, in their order: of each emotion its share, to within one face.

    Systematic sampling: the faces, shuffled, are lined up by emotion, and every so manieth is
    taken.

    Args:
        faces: to choose from.
        count: how many, at most all.
        seed: the same seed chooses the same faces.
    """
    order = np.random.default_rng(seed).permutation(len(faces))
    line = order[np.argsort(faces.labels[order], kind="stable")]
    chosen = np.sort(line[(np.arange(count) * len(faces) + len(faces) // 2) // count])
    return faces.take(chosen)


@dataclass(frozen=True)
class Plan:
    """What makes a search this search: with another of these it would be another.

    Attributes:
        recipe: what is varied.
        space: which of its keys, and how far.
        data: the whole data set.
        epochs: of each trial; the learning rate's schedule is shortened with it.
        faces: how many of the Training split each trial learns from, always the same.
        seed: of the faces chosen, of every trial's training, and of what is tried.

    Raises:
        TrainingError: a trial would be longer than the recipe.
        DataError: a split is missing or has too few faces.
    """

    recipe: Recipe
    space: Space
    data: FaceDataset
    epochs: int
    faces: int
    seed: int

    def __post_init__(self) -> None:
        validation_split(self.data)  # refuses data that has none
        own = self.recipe.settings.optimization
        there = len(self.data.subset(TRAINING_SPLIT))
        if self.epochs > own.epochs:
            raise TrainingError(
                f"--epochs {self.epochs}: the recipe {self.recipe.name} has only {own.epochs}; "
                "choose as many or fewer"
            )
        if not own.batch_size <= self.faces <= there:
            raise DataError(
                f"--faces {self.faces}: choose at least a batch of the recipe, {own.batch_size}, "
                f"and at most what the Training split has, {there}"
            )

    @property
    def split(self) -> str:
        """The split that trials are validated on."""
        return validation_split(self.data)

    def splits(self) -> tuple[FaceDataset, FaceDataset]:
        """Returns the faces to learn from, and those to validate on."""
        training = self.data.subset(TRAINING_SPLIT)
        return stratified(training, self.faces, self.seed), self.data.subset(self.split)

    def identity(self) -> dict[str, Any]:
        """Returns what a stored search is recognized by, ready for JSON."""
        return {
            "recipe": self.recipe.text,
            "data set": self.data.fingerprint,
            "space": {key: entry.model_dump() for key, entry in self.space.items()},
            "number of epochs": self.epochs,
            "number of faces": self.faces,
            "seed": self.seed,
        }

    def own_values(self) -> dict[str, Scalar] | None:
        """Returns what the recipe has at the keys; None where that is outside the space."""
        own = {key: own_value(self.recipe.settings, key) for key in self.space}
        return own if all(self.space[key].holds(own[key]) for key in own) else None

    def recipe_text(self, values: Mapping[str, Scalar]) -> str:
        """Returns the recipe with some keys set, its own epochs kept."""
        return with_values(self.recipe.text, values)

    def trial_settings(self, values: Mapping[str, Scalar]) -> Settings:
        """Returns what a trial of these values trains by, shortened.

        Raises:
            RecipeError: the recipe refuses this combination of values.
        """
        settings = parse_recipe(self.recipe_text(values), self.recipe.name)
        return _shortened(settings, self.epochs)


def _shortened(settings: Settings, epochs: int) -> Settings:
    """Returns the same training in fewer epochs: warm-up and decay keep their shares of it."""
    whole = settings.optimization
    warmup = shortened_warmup(whole, epochs)
    short = whole.model_copy(update={"epochs": epochs, "warmup_epochs": warmup})
    return settings.model_copy(update={"optimization": short})


@contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """Makes a folder and keeps other searches out of it; the kernel lets go when a process dies.

    Raises:
        TrainingError: it cannot be made, or another search is running in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise TrainingError(
            f"cannot be written ({error}); choose another --out", subject=folder
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise TrainingError(
            "another search is running there; wait for it, or choose another --out", subject=folder
        ) from None
    finally:
        os.close(handle)
