"""Lost pieces: whoever loses them, the one bad item is found, and nothing else is lost."""

from collections import Counter, deque
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.batch.analysis import Outcome, schema_of
from mien.batch.plan import Piece
from mien.batch.retries import Retries
from tests.batch.jobs import items_of, make_options

OPTIONS = make_options("default")


def answer(piece: Piece) -> Outcome:
    rows = pa.Table.from_pylist(
        [{"source": item.path, "frame": 0, "time": 0.0} for item in piece.items],
        schema_of(OPTIONS),
    )
    return Outcome(rows, counts=Counter(photos=len(piece.items)), seconds=1.0)


def solve(piece: Piece, killers: set[int], chance: list[bool]) -> tuple[Outcome, int]:
    """Plays an engine that loses pieces with a killer in them, and others by chance."""
    retries, due, done, deaths = Retries(OPTIONS), deque([piece]), [], 0
    while due:
        one = due.popleft()
        if killers & {item.index for item in one.items} or (chance and chance.pop()):
            deaths += 1
            again, new = retries.lost(one, "was killed (SIGKILL)")
        else:
            again, new = [], retries.done(one, answer(one))
        due.extend(again)
        done += new
    ((given_piece, outcome),) = done
    assert given_piece is piece
    return outcome, deaths


@given(st.integers(1, 60), st.sets(st.integers(0, 59), max_size=4))
def test_exactly_the_killers_fail(count: int, killers: set[int]) -> None:
    items = items_of([f"{number}.png" for number in range(count)])
    killers = {number for number in killers if number < count}
    outcome, _ = solve(Piece(3, tuple(items), 1.0), killers, [])
    assert {one.item.index for one in outcome.failures} == killers
    assert len(outcome.failures) == len(killers)
    sources = outcome.rows["source"].to_pylist()
    assert sorted(sources) == sorted(one.path for one in items if one.index not in killers)
    assert outcome.counts["photos"] == count - len(killers)
    for failure in outcome.failures:
        assert failure.reason.startswith("the process that worked on it was killed (SIGKILL)")


def test_a_chance_death_fails_nothing() -> None:
    items = tuple(items_of([f"{number}.png" for number in range(256)]))
    outcome, deaths = solve(Piece(0, items, 1.0), set(), [True])
    assert (len(outcome.rows), outcome.failures, deaths) == (256, (), 1)


def test_a_killer_is_found_within_few_deaths() -> None:
    items = tuple(items_of([f"{number}.png" for number in range(256)]))
    _, deaths = solve(Piece(0, items, 1.0), {77}, [])
    assert deaths == 18  # twice for each of 256, 128, ... 1


@pytest.mark.parametrize("name", ["a.mp4", "b.png"])
def test_a_single_item_is_tried_twice(name: str, tmp_path: Path) -> None:
    outcome, deaths = solve(Piece(0, tuple(items_of([tmp_path / name])), 1.0), {0}, [])
    assert (deaths, len(outcome.failures)) == (2, 1)
