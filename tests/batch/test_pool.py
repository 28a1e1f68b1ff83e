"""The pool of processes: all pieces come back, whatever becomes of the workers."""

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mien.batch import pool as pool_module
from mien.batch.analysis import Models, Outcome, work
from mien.batch.errors import BatchError
from mien.batch.plan import Options, Piece
from mien.batch.pool import LocalEngine, WorkerProcess
from mien.errors import ModelError, ProcessError
from tests.batch.jobs import items_of, piece_of


class Deadly:
    """Kills whatever process unpickles it; once only, where it can leave a mark."""

    def __init__(self, mark: Path | None = None) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return _die, (self._mark,)


def _die(mark: Path | None) -> str:
    if mark is None or not mark.exists():
        if mark:
            mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


def in_pieces(paths: list[Path], size: int) -> Iterator[Piece]:
    for number, at in enumerate(range(0, len(paths), size)):
        yield piece_of(paths[at : at + size], number)


def sources(outcomes: Iterable[tuple[Piece, Outcome]]) -> list[str]:
    return sorted(source for _, one in outcomes for source in one.rows["source"].to_pylist())


@pytest.mark.parametrize("workers", [1, 2])
def test_all_pieces_come_back_with_the_rows_of_this_process(
    photos: list[Path], options: Options, workers: int
) -> None:
    pieces = list(in_pieces(photos, 7))
    found = list(LocalEngine(workers).run(iter(pieces), options))
    assert sorted(piece.number for piece, _ in found) == list(range(6))
    models = Models(options)
    for piece, outcome in found:
        assert piece == pieces[piece.number]
        assert outcome.rows.equals(work(piece, models).rows)
    assert not multiprocessing.active_children()


def test_pieces_are_taken_as_they_are_needed(photos: list[Path], options: Options) -> None:
    taken = 0

    def pieces() -> Iterator[Piece]:
        nonlocal taken
        for piece in in_pieces(photos, 1):
            taken += 1
            yield piece

    with closing(LocalEngine(1).run(pieces(), options)) as outcomes:
        for done, _ in enumerate(outcomes, 1):
            assert taken <= done + 2
    assert taken == len(photos)


def test_a_worker_that_is_killed_is_replaced(photos: list[Path], options: Options) -> None:
    with closing(LocalEngine(1).run(in_pieces(photos, 2), options)) as outcomes:
        found = [next(outcomes) for _ in range(3)]
        (worker,) = multiprocessing.active_children()
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        found += outcomes
    assert sources(found) == sorted(map(str, photos))
    assert not any(outcome.failures for _, outcome in found)


def test_an_item_that_kills_its_worker_fails_alone(photos: list[Path], options: Options) -> None:
    items = items_of(photos[:3])
    items[1] = replace(items[1], values=(Deadly(),))
    other = piece_of(photos[3:5], 1)
    found = dict(LocalEngine(1).run([Piece(0, tuple(items), 1.0), other], options))
    assert len(found) == 2
    (failure,) = (failure for outcome in found.values() for failure in outcome.failures)
    assert failure.item.path == str(photos[1])
    assert "was killed (SIGKILL), twice" in failure.reason
    expected = [str(path) for path in photos[:5] if path != photos[1]]
    assert sources(found.items()) == expected


def test_an_item_that_kills_its_worker_once_is_done(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    (item,) = items_of(photos[:1], [(Deadly(tmp_path / "mark"),)])
    options = replace(options, columns=pa.schema([("fate", pa.string())]))
    ((_, outcome),) = LocalEngine(1).run([Piece(0, (item,), 1.0)], options)
    assert (tmp_path / "mark").exists()
    assert outcome.rows["fate"].to_pylist() == ["survived"]
    assert not outcome.failures


def test_an_input_that_raises_fails_alone(photos: list[Path], options: Options) -> None:
    items = items_of(photos[:4])
    items[1] = replace(items[1], values=("one too many",))
    ((_, outcome),) = LocalEngine(1).run([Piece(0, tuple(items), 1.0)], options)
    (failure,) = outcome.failures
    assert failure.item == items[1]
    assert failure.reason.startswith("the process that worked on it failed (ValueError: ")
    assert sources([(piece_of(photos), outcome)]) == [str(photos[n]) for n in (0, 2, 3)]


def test_a_loop_that_is_left_ends_the_workers(photos: list[Path], options: Options) -> None:
    with closing(LocalEngine(2).run(in_pieces(photos, 2), options)) as outcomes:
        next(outcomes)
        assert multiprocessing.active_children()
    assert not multiprocessing.active_children()


def test_workers_that_never_come_up_are_one_error(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        pool_module, "WorkerProcess", lambda given: WorkerProcess(replace(given, model=Deadly()))
    )
    with pytest.raises(BatchError, match=r"3 workers in a row did not come up; the last was kill"):
        list(LocalEngine(1).run(in_pieces(photos, 2), options))
    assert not multiprocessing.active_children()


def test_a_system_that_refuses_processes_is_one_error(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: SpawnProcess) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(SpawnProcess, "start", refuse)
    with pytest.raises(ProcessError, match=r"no worker can be started \(Resource .*fewer --work"):
        list(LocalEngine(1).run(in_pieces(photos, 2), options))


def test_a_model_that_is_missing_is_one_error(photos: list[Path], options: Options) -> None:
    with pytest.raises(ModelError, match=r"nobody: no such model"):
        list(LocalEngine(1).run(in_pieces(photos, 2), replace(options, model="nobody")))


def test_no_pieces_start_no_workers(options: Options) -> None:
    assert list(LocalEngine(2).run([], options)) == []
