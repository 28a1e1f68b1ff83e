"""Estimates how long a job takes: measured on some of its inputs, without writing anything."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from math import hypot, inf, sqrt

from mien.batch.analysis import Models, analyze_task
from mien.batch.inputs import Inputs
from mien.batch.plan import Item, Kind, Options, Task, estimate_cost
from mien.batch.sources import open_local
from mien.errors import AttributeFailedError, MediaError
from mien.inference.analyzer import Analyzer

_MAX_SAMPLE = 64  # inputs of each kind that are analyzed
_MAX_SECONDS = 10.0  # for each kind, after which no other input is started
_MAX_FRAMES = 60  # of a video that are analyzed


@dataclass(frozen=True, slots=True)
class KindEstimate:
    """What the inputs of one kind may take.

    Attributes:
        count: how many there are.
        size: of all, in bytes.
        sampled: how many were analyzed.
        failed: how many of those cannot be read.
        seconds: of one core, for all.
        error: its standard error, in seconds; infinite where one of several was analyzed.
    """

    count: int
    size: int
    sampled: int
    failed: int
    seconds: float
    error: float


@dataclass(frozen=True, slots=True)
class JobEstimate:
    """What a job would do, and how long it may take.

    Attributes:
        kinds: of inputs that there are.
        skipped: files that are neither photo nor video.
    """

    kinds: dict[Kind, KindEstimate]
    skipped: int

    @property
    def seconds(self) -> float:
        """What it may take, in seconds of one core."""
        return sum(kind.seconds for kind in self.kinds.values())

    @property
    def margin(self) -> float:
        """Half the width of the 95 % interval of `seconds`."""
        return 1.96 * hypot(*(kind.error for kind in self.kinds.values()))


class Reservoir:
    """Draws a random sample of the inputs, each equally likely, as they are listed.

    Method: J. S. Vitter, "Random Sampling with a Reservoir", 1985, algorithm R.

    Attributes:
        sample: the inputs drawn, in a random order.
        count: how many were added.
        size: of all that were added, in bytes.
        cost: of all that were added, as estimated from their sizes, in seconds.
    """

    def __init__(self) -> None:
        self._random = random.Random(0)  # noqa: S311 - the same inputs give the same sample
        self.sample: list[Item] = []
        self.count = self.size = 0
        self.cost = 0.0

    def add(self, item: Item) -> None:
        """Adds an input, which may become part of the sample."""
        self.count += 1
        self.size += item.size
        self.cost += estimate_cost(item)
        place = self._random.randrange(self.count)
        if len(self.sample) < _MAX_SAMPLE:
            self.sample.insert(place, item)
        elif place < _MAX_SAMPLE:
            self.sample[place] = item


def estimate_job(inputs: Inputs, options: Options) -> JobEstimate:
    """Lists the inputs, and analyzes some of each kind, for ten seconds or a little more.

    Raises:
        BatchError: there is no input, or a source cannot be read.
        ModelError: the model is missing, or is not one of Mien's.
    """
    analyzer = Analyzer(options.model, options.detector_name, prior=options.prior)
    models = Models(replace(options, columns=inputs.columns).with_layout(analyzer.layout))
    kinds: dict[Kind, Reservoir] = {"photo": Reservoir(), "film": Reservoir()}
    for item in inputs:
        kinds[item.kind].add(item)
    estimates = {
        kind: _estimate(reservoir, models) for kind, reservoir in kinds.items() if reservoir.count
    }
    return JobEstimate(estimates, inputs.skipped)


def _estimate(reservoir: Reservoir, models: Models) -> KindEstimate:
    """Extrapolates by the ratio of seconds to cost.

    Method: W. G. Cochran, "Sampling Techniques", 1977, chapter 6: the ratio estimator.
    """
    measured = list(_measure(reservoir.sample, models))
    n, costs = len(measured), [estimate_cost(item) for item in reservoir.sample]
    pairs = [(seconds or 0.0, cost) for seconds, cost in zip(measured, costs, strict=False)]
    ratio = sum(seconds for seconds, _ in pairs) / sum(cost for _, cost in pairs)
    squares = sum((seconds - ratio * cost) ** 2 for seconds, cost in pairs)
    spread = sqrt(squares / (n - 1) * (1 - n / reservoir.count) / n) if n > 1 else inf
    error = 0.0 if n == reservoir.count else spread * reservoir.count
    return KindEstimate(
        count=reservoir.count,
        size=reservoir.size,
        sampled=n,
        failed=measured.count(None),
        seconds=ratio * reservoir.cost,
        error=error,
    )


def _measure(items: Sequence[Item], models: Models) -> Iterator[float | None]:
    """Yields the seconds of inputs of one kind, for ten seconds in all; None for a failure."""
    seconds = _video_seconds if items[0].is_video else _photo_seconds
    seconds(items[0], models)  # what is loaded once does not count
    started = time.perf_counter()
    for item in items:
        yield seconds(item, models)
        if time.perf_counter() - started > _MAX_SECONDS:
            return


def _photo_seconds(item: Item, models: Models) -> float | None:
    """Returns the seconds of a photo; None where it cannot be read."""
    result = analyze_task(Task(0, (item,), 0.0), models)
    return None if result.failures else result.seconds


def _video_seconds(item: Item, models: Models) -> float | None:
    """Returns the seconds of a video, by its first frames; None where it cannot be read."""
    from mien.inference.media.video import VideoReader, open_video  # noqa: PLC0415 - takes a while

    track, frames, started = models.analyzer.track(), 1, time.perf_counter()
    try:
        with open_local(item, models.options) as path:
            reader = VideoReader(item.path, open_video(path))
            with closing(reader):
                for frame in islice(reader, _MAX_FRAMES):
                    models.analyzer.classify([track(frame)])
                    frames = frame.number + 1
    except (MediaError, AttributeFailedError):
        return None
    seconds = time.perf_counter() - started
    return seconds * max(reader.frame_count or 0, frames) / frames
