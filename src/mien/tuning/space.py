"""What a search varies: keys of a recipe, each with a range or with choices."""

from collections.abc import Mapping
from typing import Self

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mien.tuning.edit import Scalar


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Range(_Entry):
    """From `low` to `high`, both included; whole numbers where both are.

    Attributes:
        low: the least value.
        high: the greatest value.
        log: whether each doubling is as likely as any other; `low` must then be above 0.
    """

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low must be less than high")
        if self.log and self.low <= 0:
            raise ValueError("low must be above 0 where log = true")
        return self

    @property
    def ends(self) -> list[Scalar]:
        """What a recipe must accept for it to accept the whole range."""
        return [self.low, self.high]

    def distribution(self) -> BaseDistribution:
        """Returns the same as Optuna has it."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return IntDistribution(self.low, self.high, log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def rounded(self, value: Scalar) -> Scalar:
        """Returns a sampled value as a recipe can show it: to four digits, within the range."""
        if not isinstance(value, float):
            return value
        return min(max(float(f"{value:.4g}"), self.low), self.high)

    def holds(self, value: Scalar) -> bool:
        """Returns whether the range contains a value."""
        return not isinstance(value, bool | str) and self.low <= value <= self.high


class Choices(_Entry):
    """One of several values.

    Attributes:
        choices: two or more.
    """

    choices: list[Scalar] = Field(min_length=2)

    @property
    def ends(self) -> list[Scalar]:
        """What a recipe must accept: every choice."""
        return self.choices

    def distribution(self) -> BaseDistribution:
        """Returns the same as Optuna has it."""
        return CategoricalDistribution(self.choices)

    def rounded(self, value: Scalar) -> Scalar:
        """Returns the value: a choice is shown as it was written."""
        return value

    def holds(self, value: Scalar) -> bool:
        """Returns whether a value is among the choices."""
        return value in self.choices


Space = Mapping[str, Range | Choices]
"""Dotted key of a recipe to what a search may set it to."""
