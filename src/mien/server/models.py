"""The models that requests may name, each opened once, on first use."""

import threading
from pathlib import Path
from typing import NamedTuple

from mien.inference.analyzer import Analyzer
from mien.inference.classifier import Classifier, shipped_models
from mien.inference.detection.detectors import DEFAULT_DETECTOR, check_detector, installed_detectors
from mien.inference.priors import named_priors, resolve_prior
from mien.server.errors import NotFoundError


class ModelChoice(NamedTuple):
    """What analyzes a request.

    Attributes:
        name: of the model; None for the server's default.
        prior: of the base rates, one of the model's own names; None for the server's, or if another
            model than the default is named, for what that model learned.
        detector: of the detector; None for the server's.
    """

    name: str | None = None
    prior: str | None = None
    detector: str | None = None


AS_SERVED = ModelChoice()
"""The server's default model with its base rates."""


class Models:
    """The shipped models and the server's default model. Safe to use from several threads.

    Args:
        default: the name of a shipped model, or the path of a model file; it is opened at once.
        prior: the base rates of the default model, as `Analyzer` takes them; None for its own.
        detector: the name of the detector of requests that name none.

    Raises:
        ModelError: there is no such model or detector, or the model's file is invalid, or the prior
            does not fit it, or the detector is not installed.

    Attributes:
        default: the name of the model of requests that name none.
        detector: the name of the detector of requests that name none.
        base_rates: label to share, of the default model where a request names no prior; None for
            what it learned.
    """

    def __init__(
        self, default: str, prior: str | None = None, detector: str = DEFAULT_DETECTOR
    ) -> None:
        self._lock = threading.Lock()
        self._analyzers: dict[tuple[str, str | None, str], Analyzer] = {}
        self.detector = check_detector(detector)
        self._sources = {name: str(path) for name, path in shipped_models().items()}
        if default in self._sources:
            self.default = default
        else:
            # Clients learn of no path: a file is known by the name on its card.
            self.default = Classifier(default).card.name
            self._sources[self.default] = default
        opened = self.get(ModelChoice(self.default))
        self.base_rates: dict[str, float] | None = None
        if prior is not None:
            opened = opened.with_prior(prior)
            card = opened.classifier.card
            self.base_rates = dict(zip(card.labels, resolve_prior(prior, card)[1], strict=True))
        self._analyzers[self.default, None, detector] = opened

    def names(self) -> list[str]:
        """Returns the names, sorted."""
        return sorted(self._sources)

    def file(self, name: str) -> Path:
        """Returns the file of a model.

        Raises:
            NotFoundError: there is no such model.
        """
        self.check(ModelChoice(name))
        return Path(self._sources[name])

    def get(self, choice: ModelChoice = AS_SERVED) -> Analyzer:
        """Returns the analyzer of a choice, opened on first use.

        Raises:
            NotFoundError: there is no such model or detector, or the model has no such prior.
        """
        name, prior, detector = self.check(choice)
        with self._lock:
            if (name, None, detector) not in self._analyzers:
                self._analyzers[name, None, detector] = self._open(name, detector)
            base = self._analyzers[name, None, detector]
            if prior not in (None, *named_priors(base.classifier.card)):
                raise NotFoundError(
                    f"prior not found for the model '{name}'",
                    remedy=_known_priors(base.classifier),
                )
            if (name, prior, detector) not in self._analyzers:
                self._analyzers[name, prior, detector] = base.with_prior(prior)
            return self._analyzers[name, prior, detector]

    def _open(self, name: str, detector: str) -> Analyzer:
        """Opens a model with a detector; another detector takes what the server's has of it."""
        served = self._analyzers.get((name, None, self.detector))
        if served is not None:
            return _ready(served.with_detector(detector))
        return _ready(Analyzer(self._sources[name], detector))

    def check(self, choice: ModelChoice) -> tuple[str, str | None, str]:
        """Returns the names of a model, the default one for None, a prior and a detector.

        Raises:
            NotFoundError: there is no such model or detector.
        """
        detector = self.detector if choice.detector is None else choice.detector
        # Opening the others to see whether they are installed takes time that a start should not.
        if detector != self.detector and detector not in installed_detectors():
            known_ones = ", ".join(installed_detectors())
            raise NotFoundError("detector not found", remedy=f"choose from {known_ones}")
        known = self.default if choice.name is None else choice.name
        if known not in self._sources:
            raise NotFoundError("model not found", remedy=f"choose from {', '.join(self.names())}")
        return known, choice.prior, detector


def _known_priors(classifier: Classifier) -> str:
    known = named_priors(classifier.card)
    return f"choose from {', '.join(known)}" if known else "leave it out: its card states none"


def _ready(analyzer: Analyzer) -> Analyzer:
    """Loads both detectors now; several threads would each load them on first use."""
    analyzer.track()
    assert analyzer.detector  # noqa: S101 - the property loads it
    return analyzer
