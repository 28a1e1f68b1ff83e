"""The pool of processes: all tasks have results, even if workers die."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mien.batch import pool
from mien.batch.analysis import Models, analyze_task
from mien.batch.errors import BatchError
from mien.batch.plan import Options, Task
from mien.batch.pool import LocalEngine, WorkerProcess
from mien.errors import ModelError, ProcessError
from tests.batch import faulty
from tests.batch.broken import Deadly
from tests.batch.jobs import items_of, sources_of, task_of, tasks_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("workers", [1, 2])
def test_all_tasks_have_the_rows_of_this_process(
    photos: list[Path], options: Options, workers: int
) -> None:
    tasks = list(tasks_of(photos, 7))
    found = list(LocalEngine(workers).run(iter(tasks), options))
    assert sorted(task.number for task, _ in found) == list(range(6))
    models = Models(options)
    for task, result in found:
        assert task == tasks[task.number]
        assert result.rows.equals(analyze_task(task, models).rows)
    assert not multiprocessing.active_children()


def test_tasks_are_planned_as_they_are_needed(photos: list[Path], options: Options) -> None:
    taken = 0

    def tasks() -> Iterator[Task]:
        nonlocal taken
        for task in tasks_of(photos, 1):
            taken += 1
            yield task

    with closing(LocalEngine(1).run(tasks(), options)) as results:
        for done, _ in enumerate(results, 1):
            assert taken <= done + 2
    assert taken == len(photos)


def test_a_worker_that_is_killed_is_replaced(photos: list[Path], options: Options) -> None:
    with closing(LocalEngine(1).run(tasks_of(photos, 2), options)) as results:
        found = [next(results) for _ in range(3)]
        (worker,) = multiprocessing.active_children()
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        found += results
    assert sources_of(found) == sorted(map(str, photos))
    assert not any(result.failures for _, result in found)


def test_an_item_that_kills_its_worker_fails_alone(photos: list[Path], options: Options) -> None:
    items = items_of(photos[:3])
    items[1] = replace(items[1], values=(Deadly(),))
    other = task_of(photos[3:5], 1)
    found = dict(LocalEngine(1).run([Task(0, tuple(items), 1.0), other], options))
    assert len(found) == 2
    (failure,) = (failure for result in found.values() for failure in result.failures)
    assert failure.item.path == str(photos[1])
    assert "was killed (SIGKILL), twice" in failure.text
    expected = [str(path) for path in photos[:5] if path != photos[1]]
    assert sources_of(found.items()) == expected


def test_an_item_that_kills_its_worker_once_is_retried(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    (item,) = items_of(photos[:1], [(Deadly(tmp_path / "mark"),)])
    options = replace(options, columns=pa.schema([("fate", pa.string())]))
    ((_, result),) = LocalEngine(1).run([Task(0, (item,), 1.0)], options)
    assert (tmp_path / "mark").exists()
    assert result.rows["fate"].to_pylist() == ["survived"]
    assert not result.failures


def test_an_item_that_raises_fails_alone(photos: list[Path], options: Options) -> None:
    items = items_of(photos[:4])
    items[1] = replace(items[1], values=("one too many",))
    ((_, result),) = LocalEngine(1).run([Task(0, tuple(items), 1.0)], options)
    (failure,) = result.failures
    assert failure.item == items[1]
    assert failure.text.startswith("the process that worked on it failed (ValueError: ")
    assert sources_of([(task_of(photos), result)]) == [str(photos[n]) for n in (0, 2, 3)]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("hangs", f"made no progress in {faulty.PATIENCE:g} s and was killed, twice"),
        ("dies", "was killed (SIGABRT), twice"),
        pytest.param(
            "swells",
            "needed more than 960 MiB of memory, twice",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="no limit of memory"),
        ),
    ],
)
def test_a_decoder_that_fails_is_one_error_and_the_rest_goes_on(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    monkeypatch.setattr(pool, "serve", faulty.serve)
    bad = photos[3].rename(photos[3].with_stem(name))
    good = [path for path in photos[:8] if path != photos[3]]
    tasks = [task_of([*good[:3], bad, *good[3:]], 0), task_of(photos[8:12], 1)]
    found = list(LocalEngine(1).run(tasks, options))
    (failure,) = (failure for _, result in found for failure in result.failures)
    assert failure.item.path == str(bad)
    assert why in failure.text
    assert sources_of(found) == sorted(map(str, [*good, *photos[8:12]]))
    assert not multiprocessing.active_children()


def test_a_worker_that_never_opens_its_models_is_killed(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_START_SECONDS", 0.5)
    monkeypatch.setattr(pool, "serve", never_ready)
    with pytest.raises(BatchError, match=r"3 workers in a row did not start; the last made no pr"):
        list(LocalEngine(1).run(tasks_of(photos, 2), options))
    assert not multiprocessing.active_children()


def never_ready(connection: "Connection[Any, Any]", _: Options) -> None:
    connection.recv()


def test_leaving_the_loop_ends_the_workers(photos: list[Path], options: Options) -> None:
    with closing(LocalEngine(2).run(tasks_of(photos, 2), options)) as results:
        next(results)
        assert multiprocessing.active_children()
    assert not multiprocessing.active_children()


def test_workers_that_never_start_are_one_error(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        pool, "WorkerProcess", lambda options: WorkerProcess(replace(options, model=Deadly()))
    )
    with pytest.raises(BatchError, match=r"3 workers in a row did not start; the last was kill"):
        list(LocalEngine(1).run(tasks_of(photos, 2), options))
    assert not multiprocessing.active_children()


def test_a_system_that_refuses_processes_is_one_error(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: SpawnProcess) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(SpawnProcess, "start", refuse)
    with pytest.raises(ProcessError, match=r"no worker can be started \(Resource .*fewer --work"):
        list(LocalEngine(1).run(tasks_of(photos, 2), options))


def test_a_model_that_is_missing_is_one_error(photos: list[Path], options: Options) -> None:
    with pytest.raises(ModelError, match=r"nobody: no such model"):
        list(LocalEngine(1).run(tasks_of(photos, 2), replace(options, model="nobody")))


def test_without_tasks_no_worker_starts(options: Options) -> None:
    assert list(LocalEngine(2).run([], options)) == []
