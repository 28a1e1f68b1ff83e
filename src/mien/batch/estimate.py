"""How long a job may take: measured on some of its inputs, without writing anything."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from math import hypot, inf, sqrt

from mien.batch.analysis import Models, work
from mien.batch.inputs import Inputs
from mien.batch.plan import Item, Kind, Options, Piece, cost
from mien.batch.sources import local_copy
from mien.errors import MediaError

_MOST = 64  # inputs of each kind that are tried
_SECONDS = 10.0  # for each kind, after which no other input is begun
_FRAMES = 60  # of a video that are tried


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the inputs of one kind may take.

    Attributes:
        count: how many there are.
        size: of all, in bytes.
        tried: how many were tried.
        failed: how many of those cannot be read.
        seconds: of one core, for all.
        error: its standard error, in seconds; infinite where one of several was tried.
    """

    count: int
    size: int
    tried: int
    failed: int
    seconds: float
    error: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What a job would do.

    Attributes:
        kinds: of inputs that there are.
        passed_over: files that are neither photo nor video.
    """

    kinds: dict[Kind, Estimate]
    passed_over: int

    @property
    def seconds(self) -> float:
        """What it may take, in seconds of one core."""
        return sum(kind.seconds for kind in self.kinds.values())

    @property
    def margin(self) -> float:
        """Half the width of the 95 % interval of `seconds`."""
        return 1.96 * hypot(*(kind.error for kind in self.kinds.values()))


class Reservoir:
    """Keeps some of the inputs, each equally likely, as they pass by.

    Method: J. S. Vitter, "Random Sampling with a Reservoir", 1985, algorithm R.

    Attributes:
        kept: the inputs kept, in a random order.
        count: how many passed by.
        size: of all that passed by, in bytes.
        cost: of all that passed by, as estimated from their sizes, in seconds.
    """

    def __init__(self) -> None:
        self._random = random.Random(0)  # noqa: S311 - the same inputs give the same sample
        self.kept: list[Item] = []
        self.count = self.size = 0
        self.cost = 0.0

    def add(self, item: Item) -> None:
        """Lets an input pass by."""
        self.count += 1
        self.size += item.size
        self.cost += cost(item)
        place = self._random.randrange(self.count)
        if len(self.kept) < _MOST:
            self.kept.insert(place, item)
        elif place < _MOST:
            self.kept[place] = item


def try_out(inputs: Inputs, options: Options) -> Plan:
    """Lists the inputs, and works on some of each kind, for ten seconds or a little more.

    Raises:
        BatchError: there is no input, or a source cannot be read.
        ModelError: the model is missing, or is not one of Mien's.
    """
    models = Models(replace(options, columns=inputs.columns))
    kinds: dict[Kind, Reservoir] = {"photo": Reservoir(), "film": Reservoir()}
    for item in inputs:
        kinds[item.kind].add(item)
    estimates = {kind: _estimate(kind, some, models) for kind, some in kinds.items() if some.count}
    return Plan(estimates, inputs.passed_over)


def _estimate(kind: Kind, some: Reservoir, models: Models) -> Estimate:
    """Extrapolates by the ratio of seconds to cost.

    Method: W. G. Cochran, "Sampling Techniques", 1977, chapter 6: the ratio estimator.
    """
    seconds = list(_seconds(kind, some.kept, models))
    n, costs = len(seconds), [cost(item) for item in some.kept]
    tried = [(one or 0.0, expected) for one, expected in zip(seconds, costs, strict=False)]
    ratio = sum(one for one, _ in tried) / sum(expected for _, expected in tried)
    squares = sum((one - ratio * expected) ** 2 for one, expected in tried)
    spread = sqrt(squares / (n - 1) * (1 - n / some.count) / n) if n > 1 else inf
    error = 0.0 if n == some.count else spread * some.count
    return Estimate(some.count, some.size, n, seconds.count(None), ratio * some.cost, error)


def _seconds(kind: Kind, items: Sequence[Item], models: Models) -> Iterator[float | None]:
    """Yields what inputs take, until it took ten seconds in all; None for one that fails."""
    measure = _video_seconds if kind == "film" else _photo_seconds
    measure(items[0], models)  # what is loaded once does not count
    started = time.perf_counter()
    for item in items:
        yield measure(item, models)
        if time.perf_counter() - started > _SECONDS:
            return


def _photo_seconds(item: Item, models: Models) -> float | None:
    """Returns what a photo took; None where it cannot be read."""
    outcome = work(Piece(0, (item,), 0.0), models)
    return None if outcome.failures else outcome.seconds


def _video_seconds(item: Item, models: Models) -> float | None:
    """Returns what a video would take, by its first frames; None where it cannot be read."""
    from mien.inference.media.video import VideoReader, open_video  # noqa: PLC0415 - takes a while

    look, frames, started = models.analyzer.track(), 1, time.perf_counter()
    try:
        with local_copy(item, models.options) as path:
            reader = VideoReader(item.path, open_video(path))
            with closing(reader):
                for frame in islice(reader, _FRAMES):
                    models.analyzer.classify([look(frame)])
                    frames = frame.number + 1
    except MediaError:
        return None
    seconds = time.perf_counter() - started
    return seconds * max(reader.frame_count or 0, frames) / frames
