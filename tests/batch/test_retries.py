"""Retries of lost tasks: the one bad item is found, and nothing else is lost."""

from collections import Counter, deque
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.batch.analysis import TaskResult, schema_of
from mien.batch.plan import Task
from mien.batch.retries import Retries
from tests.batch.jobs import items_of, make_options

OPTIONS = make_options("default")


def answer(task: Task) -> TaskResult:
    rows = pa.Table.from_pylist(
        [{"source": item.path, "frame": 0, "time": 0.0} for item in task.items],
        schema_of(OPTIONS),
    )
    return TaskResult(rows, counts=Counter(photos=len(task.items)), seconds=1.0)


def run_to_the_end(
    task: Task, killers: set[int], chance: list[bool], names: bool = False
) -> tuple[TaskResult, int]:
    """Plays an engine that loses tasks with a killer in them, and others by chance.

    Args:
        task: to play.
        killers: the indices of items.
        chance: whether a task without a killer is lost, from the last.
        names: whether the engine knows the item at fault.
    """
    retries, due, done, deaths = Retries(OPTIONS), deque([task]), [], 0
    while due:
        current = due.popleft()
        found = killers & {item.index for item in current.items}
        if found or (chance and chance.pop()):
            deaths += 1
            index = min(found) if names and found else None
            again, new = retries.lost(current, "was killed (SIGKILL)", index)
        else:
            again, new = [], retries.done(current, answer(current))
        due.extend(again)
        done += new
    ((planned, result),) = done
    assert planned is task
    return result, deaths


@given(st.integers(1, 60), st.sets(st.integers(0, 59), max_size=4), st.booleans())
def test_exactly_the_items_that_kill_workers_fail(
    count: int, killers: set[int], names: bool
) -> None:
    items = items_of([f"{number}.png" for number in range(count)])
    killers = {number for number in killers if number < count}
    result, _ = run_to_the_end(Task(3, tuple(items), 1.0), killers, [], names)
    assert {failure.item.index for failure in result.failures} == killers
    assert len(result.failures) == len(killers)
    sources = result.rows["source"].to_pylist()
    assert sorted(sources) == sorted(item.path for item in items if item.index not in killers)
    assert result.counts["photos"] == count - len(killers)
    for failure in result.failures:
        assert failure.text.startswith("the process that worked on it was killed (SIGKILL)")


def test_a_worker_that_dies_by_chance_fails_no_item() -> None:
    items = tuple(items_of([f"{number}.png" for number in range(256)]))
    result, deaths = run_to_the_end(Task(0, items, 1.0), set(), [True])
    assert (len(result.rows), result.failures, deaths) == (256, (), 1)


def test_an_item_that_kills_workers_is_found_within_few_deaths() -> None:
    items = tuple(items_of([f"{number}.png" for number in range(256)]))
    _, deaths = run_to_the_end(Task(0, items, 1.0), {77}, [])
    assert deaths == 18  # twice for each of 256, 128, ... 1


@pytest.mark.parametrize("name", ["a.mp4", "b.png"])
def test_a_single_item_is_tried_twice(name: str, tmp_path: Path) -> None:
    result, deaths = run_to_the_end(Task(0, tuple(items_of([tmp_path / name])), 1.0), {0}, [])
    assert (deaths, len(result.failures)) == (2, 1)


def test_an_item_that_is_named_costs_two_workers() -> None:
    items = tuple(items_of([f"{number}.png" for number in range(256)]))
    result, deaths = run_to_the_end(Task(0, items, 1.0), {77}, [], names=True)
    assert deaths == 2
    assert [failure.item.index for failure in result.failures] == [77]
