"""The models that requests may name, each opened once, on first use."""

import threading

from mien.inference.analyzer import Analyzer
from mien.inference.classifier import Classifier, shipped_models
from mien.server.errors import NotFoundError


class Models:
    """The shipped models and the server's default model. Safe to use from several threads.

    Args:
        default: the name of a shipped model, or the path of a model file; it is opened at once.

    Raises:
        ModelError: there is no such model, or its file is invalid.

    Attributes:
        default: the name of the model of requests that name none.
    """

    def __init__(self, default: str) -> None:
        self._lock = threading.Lock()
        self._analyzers: dict[str, Analyzer] = {}
        self._sources = {name: str(path) for name, path in shipped_models().items()}
        if default in self._sources:
            self.default = default
        else:
            # Clients learn of no path: a file is known by the name on its card.
            self.default = Classifier(default).card.name
            self._sources[self.default] = default
        self.get()

    def names(self) -> list[str]:
        """Returns the names, sorted."""
        return sorted(self._sources)

    def get(self, name: str | None = None) -> Analyzer:
        """Returns the analyzer of a model, opened on first use.

        Raises:
            NotFoundError: there is no such model.
        """
        known = self.check(name)
        with self._lock:
            if known not in self._analyzers:
                self._analyzers[known] = _ready(Analyzer(self._sources[known]))
            return self._analyzers[known]

    def check(self, name: str | None) -> str:
        """Returns a model's name, the default one's for None.

        Raises:
            NotFoundError: there is no such model.
        """
        known = self.default if name is None else name
        if known not in self._sources:
            raise NotFoundError("model not found", remedy=f"choose from {', '.join(self.names())}")
        return known


def _ready(analyzer: Analyzer) -> Analyzer:
    """Loads both detectors now; several threads would each load them on first use."""
    analyzer.track()
    assert analyzer.detector  # noqa: S101 - the property loads it
    return analyzer
