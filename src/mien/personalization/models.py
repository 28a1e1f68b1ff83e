"""Which model an embedding is of: what was learned on one means nothing to another."""

from dataclasses import dataclass
from typing import Any, Protocol

from mien.inference.classifier import Classifier


class Row(Protocol):
    """A row of a table, or of an exported file."""

    def __getitem__(self, key: str, /) -> Any:
        """Returns the value of a column."""


@dataclass(frozen=True, slots=True)
class ModelId:
    """One model file.

    Attributes:
        name: the model's name.
        version: the version of Mien that made it.
        digest: of the file: two models may bear one name and version.
    """

    name: str
    version: str
    digest: str

    @classmethod
    def of(cls, classifier: Classifier) -> "ModelId":
        """Returns which model a classifier has open."""
        return cls(classifier.card.name, classifier.card.version, classifier.digest)

    @classmethod
    def from_row(cls, row: Row) -> "ModelId":
        """Reads the columns that `columns` gave."""
        return cls(row["model"], row["model_version"], row["model_digest"])

    @property
    def columns(self) -> tuple[str, str, str]:
        """The columns `model`, `model_version` and `model_digest`."""
        return self.name, self.version, self.digest

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.digest[:8]})"
