"""Inputs that once failed, each minimized, read again by the same targets within the same limits.

`python -m reliability.fuzz` adds files to `regressions/FORMAT`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from reliability.fuzz.campaign import Options, prepared
from reliability.fuzz.case import Input
from reliability.fuzz.formats import FORMATS
from reliability.fuzz.pool import Worker
from reliability.fuzz.worker import Task

FOLDER = Path(__file__).parent / "regressions"
FILES = sorted(path.relative_to(FOLDER) for path in FOLDER.glob("*/*"))
LARGEST = 50_000  # bytes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with prepared(Options(only=("people",))) as plan, Worker(plan) as worker:
        yield worker


@pytest.mark.parametrize("file", FILES, ids=str)
def test_an_input_that_once_failed_is_read_or_refused(worker: Worker, file: Path) -> None:
    path = FOLDER / file
    form = file.parts[0]
    assert form in FORMATS
    assert path.stat().st_size < LARGEST

    outcome = worker.run(Task(form, Input(path.name, path.read_bytes())))

    assert not outcome.kind.failed, f"{outcome.signature}\n{outcome.detail}"
