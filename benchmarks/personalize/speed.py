"""How long learning takes, and what answering with a profile adds."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from mien import Analyzer
from mien.inference.classifier import Classifier
from mien.personalization.learning import learn
from mien.personalization.samples import Samples

CORRECTIONS = 200
_LESSONS = 15
_ANSWERS = 100


def print_speed(pool: Samples, model: str, photo: Path) -> None:
    """Prints medians of processor time, so that other work on the machine counts less."""
    taught = pool.take(np.arange(CORRECTIONS))
    lesson = learn(taught)
    times = [_time(lambda: learn(taught)) for _ in range(_LESSONS)]
    print(f"\nlearning from {CORRECTIONS} corrections: {1e3 * statistics.median(times):.1f} ms")
    classifier, analyzer = Classifier(model, threads=1), Analyzer(model)
    face = np.zeros((1, 48, 48), np.uint8)
    image = np.asarray(Image.open(photo).convert("RGB"))
    answer = classifier.predict(face)

    def adapt() -> object:
        return lesson.adapter.adapt(answer.probabilities, answer.embeddings)

    _print_share("a cropped face", lambda: classifier.predict(face), adapt)
    _print_share(f"a photo, {photo.name}", lambda: analyzer.analyze(image), adapt)


def _print_share(name: str, work: Callable[[], object], more: Callable[[], object]) -> None:
    """Times both in turns, in the same run."""
    pairs = [(_time(work), _time(more)) for _ in range(_ANSWERS)]
    base, extra = (1e3 * statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"answering for {name}: {base:.2f} ms, a profile {extra:.2f} more: {extra / base:.1%}")


def _time(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
