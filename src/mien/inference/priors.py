"""Base rates: how common each label is where a model is used, and how to say so.

A model's probabilities assume that labels are as common as in what it learned from. Where they are
not, as in a study in which nobody is ever disgusted, Bayes' rule corrects the probabilities
exactly, as long as a face of a label looks the same in both places (Saerens et al. 2002, "Adjusting
the Outputs of a Classifier to New a Priori Probabilities").
"""

import json
from collections.abc import Mapping
from pathlib import Path

from mien.errors import ModelError
from mien.inference.model_card import ModelCard

_MOST = 10**12  # more than there are photos; sums stay exact
UNIFORM = "uniform"
"""The prior in which all labels are equally common."""

Prior = str | Path | Mapping[str, float]
"""The name of one of a model's sources, `UNIFORM`, a JSON file, or label to share."""


def resolve_prior(prior: Prior, card: ModelCard) -> tuple[str, tuple[float, ...]]:
    """Returns a prior's name, and its share of each label, in the order of the card; they sum to 1.

    Args:
        prior: the name of a source of the card, `UNIFORM`, the path of a JSON file that maps labels
            to shares or counts, or such a mapping, which is named "given".
        card: of the model.

    Raises:
        ModelError: the model states no prior, there is no such prior, or the file or mapping does
            not say for each label how common it is.
    """
    if not card.sources:
        raise ModelError(
            f"the model '{card.name}' does not say which base rates it learned, so they cannot be "
            "changed",
            remedy="leave --prior out, or train and export the model with this version",
        )
    if isinstance(prior, Mapping):
        return "given", _shares(prior, card, "the prior")
    name = str(prior)
    if name == UNIFORM:
        return name, (1 / len(card.labels),) * len(card.labels)
    for source in card.sources:
        if source.name == name:
            return name, source.base_rates
    return Path(name).name, _shares(_read(Path(name), card), card, name)


def named_priors(card: ModelCard) -> tuple[str, ...]:
    """Returns the names that a model's prior may have; none where its card states no sources."""
    return (*(source.name for source in card.sources), UNIFORM) if card.sources else ()


def _read(path: Path, card: ModelCard) -> Mapping[str, float]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        known = ", ".join(named_priors(card))
        reason = error.strerror if isinstance(error, OSError) else "not JSON"
        raise ModelError(
            f"no such prior, nor a file of one ({reason})",
            subject=path,
            remedy=f"choose from {known}, or a JSON file of label to share",
        ) from None
    if not isinstance(found, dict):
        raise ModelError(
            "it does not map labels to shares", subject=path, remedy='write {"happy": 0.3, ...}'
        )
    return found


def _shares(given: Mapping[str, float], card: ModelCard, subject: str | Path) -> tuple[float, ...]:
    if absent := [label for label in card.labels if label not in given]:
        raise ModelError(f"it lacks the label '{absent[0]}'", subject=subject, remedy="add it")
    if unknown := [label for label in given if label not in card.labels]:
        raise ModelError(
            f"the model has no label '{unknown[0]}'",
            subject=subject,
            remedy=f"use {', '.join(card.labels)}",
        )
    values = [given[label] for label in card.labels]
    for label, value in zip(card.labels, values, strict=True):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and 0 <= value <= _MOST):  # NaN is neither
            raise ModelError(
                f"its share of '{label}' is {value!r:.40}",
                subject=subject,
                remedy=f"use 0 or more, {_MOST:,} at most",
            )
    total = sum(values)
    if total <= 0:
        raise ModelError("all of its shares are 0", subject=subject, remedy="make one positive")
    return tuple(value / total for value in values)
