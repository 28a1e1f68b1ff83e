"""From a seed and a number to an input: the same in every process and every run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

from reliability.fuzz.case import Input
from reliability.fuzz.formats import Format
from reliability.fuzz.mutations import Mutation

LARGEST = 2**20
"""Bytes of an input; what a mutation makes longer is cut."""

_COUNTS = (1, 1, 1, 2, 2, 3, 5, 8)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an input is made: a seed file, and a random number for each mutation.

    Attributes:
        name: of the seed file.
        steps: the mutations; without one of them, the others do what they can.
    """

    name: str
    steps: tuple[int, ...]


@dataclass(frozen=True)
class Corpus:
    """The seed files of one format.

    Args:
        files: name to content.
        mutations: of the format.
    """

    files: Mapping[str, bytes]
    mutations: Sequence[Mutation]

    @classmethod
    def read(cls, folder: Path, form: Format) -> "Corpus":
        """Reads the files that `write` wrote."""
        return cls({path.name: path.read_bytes() for path in folder.iterdir()}, form.mutations)

    @staticmethod
    def write(folder: Path, form: Format) -> None:
        """Writes the seeds of a format into a folder."""
        folder.mkdir(parents=True)
        for name, content in form.seeds().items():
            (folder / name).write_bytes(content)

    @cached_property
    def names(self) -> list[str]:
        """The names of the files, sorted."""
        return sorted(self.files)

    def recipe(self, seed: str, number: int) -> Recipe:
        """Returns how the input of a number is made; the first ones are the seed files as is."""
        if number < len(self.names):
            return Recipe(self.names[number], ())
        rng = Random(f"{seed}/{number}")
        steps = tuple(rng.getrandbits(64) for _ in range(rng.choice(_COUNTS)))
        return Recipe(rng.choice(self.names), steps)

    def make(self, recipe: Recipe) -> Input:
        """Makes an input."""
        others = [self.files[name] for name in self.names if name != recipe.name]
        data = self.files[recipe.name]
        for step in recipe.steps:
            rng = Random(step)
            data = rng.choice(self.mutations)(rng, data, others)[:LARGEST]
        return Input(recipe.name, data)
