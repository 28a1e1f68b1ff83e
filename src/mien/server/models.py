"""The models that clients may ask for by name, each opened once, when it is first needed."""

import threading

from mien.inference.analyzer import Analyzer
from mien.inference.classifier import Classifier, shipped_models
from mien.server.errors import NotFoundError


class Models:
    """The shipped models, and the one the server was started with. Safe to use from threads.

    Args:
        default: the name of a shipped model, or the path of a model file; it is opened at once.

    Raises:
        ModelError: there is no such model, or it is not one of Mien's.

    Attributes:
        default: the name of the model that is used where none is asked for.
    """

    def __init__(self, default: str) -> None:
        self._lock = threading.Lock()
        self._analyzers: dict[str, Analyzer] = {}
        self._sources = {name: str(path) for name, path in shipped_models().items()}
        if default in self._sources:
            self.default = default
        else:
            # A path is nobody's business; a file is known by the name that it bears.
            self.default = Classifier(default).card.name
            self._sources[self.default] = default
        self.get()

    def names(self) -> list[str]:
        """Returns the names, sorted."""
        return sorted(self._sources)

    def get(self, name: str | None = None) -> Analyzer:
        """Returns the analyzer of a model; opening it takes a while, the first time.

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
            raise NotFoundError("no such model", remedy=f"there are: {', '.join(self.names())}")
        return known


def _ready(analyzer: Analyzer) -> Analyzer:
    """Loads both detectors now: what is loaded when first asked for, threads would load twice."""
    analyzer.track()
    assert analyzer.detector  # noqa: S101 - asking for it loads it
    return analyzer
