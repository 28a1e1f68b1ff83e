"""The stitched parts of a video have the rows of the whole video."""

from collections import Counter
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.batch.analysis import Failure, TaskResult, schema_of
from mien.batch.plan import Item
from mien.batch.stitching import stitch
from tests.batch.jobs import make_options

OPTIONS = make_options("none")
VIDEO = Item(0, "video.mp4", "film", 1, "")
RATE = 10

Positions = dict[int, float]
"""The position of each person on a line, in one frame."""


def number_people(frames: list[Positions]) -> list[Positions]:
    """Numbers people from 1, in the order in which they appear."""
    numbers: dict[int, int] = {}
    return [
        {numbers.setdefault(who, len(numbers) + 1): x for who, x in sorted(people.items())}
        for people in frames
    ]


def table(frames: list[Positions], start: int, first: int) -> pa.Table:
    """Makes records of frames.

    Args:
        frames: of the whole video.
        start: the first of them that is taken.
        first: the one that counts as frame 0.
    """
    rows = [
        {"source": VIDEO.path, "frame": place - first, "time": place / RATE}
        | ({} if who is None else {"person": who, "x": x, "y": 5.0, "width": 40.0, "height": 50.0})
        for place, people in enumerate(frames[start:], start)
        for who, x in (people or {None: 0.0}).items()
    ]
    return pa.Table.from_pylist(rows, schema=schema_of(OPTIONS))


def split_video(frames: list[Positions], split_points: list[int], lead: int) -> list[TaskResult]:
    """Splits a video; each part numbers its people from 1, and starts with a lead."""
    edges = [0, *split_points, len(frames)]
    starts = [max(edge - lead, 0) if edge else 0 for edge in edges]
    return [
        TaskResult(
            rows=table(_only(frames, starts[k], edges[k + 1]), starts[k], edges[k]),
            counts=Counter(films=int(k == 0), pictures=edges[k + 1] - edges[k]),
        )
        for k in range(len(edges) - 1)
    ]


def _only(frames: list[Positions], start: int, end: int) -> list[Positions]:
    return [{}] * start + number_people(frames[start:end])


@st.composite
def videos(draw: st.DrawFn) -> list[Positions]:
    """Up to five people, each in sight for one while, who never come nearer than a face's width."""
    length = draw(st.integers(12, 40))
    whiles = draw(st.lists(st.tuples(st.integers(0, 39), st.integers(1, 40)), max_size=5))
    return [
        {
            who: 100.0 * who + place
            for who, (start, lasts) in enumerate(whiles)
            if start <= place < start + lasts
        }
        for place in range(length)
    ]


@given(
    video=videos(), split_points=st.sets(st.integers(1, 11), max_size=3), lead=st.integers(1, 15)
)
def test_stitched_rows_are_those_of_the_whole_video(
    video: list[Positions], split_points: set[int], lead: int
) -> None:
    whole = table(number_people(video), 0, 0)
    stitched = stitch(VIDEO, split_video(video, sorted(split_points), lead), OPTIONS)
    assert not stitched.failures
    assert stitched.rows.to_pylist() == whole.to_pylist()
    assert stitched.counts == Counter(films=1, pictures=len(video))


def test_people_who_cross_at_a_boundary_keep_their_ids() -> None:
    video = [{1: 100.0 + 4 * t, 2: 180.0 - 4 * t} for t in range(20)]  # they meet at 10
    stitched = stitch(VIDEO, split_video(video, [10], 5), OPTIONS)
    assert stitched.rows.to_pylist() == table(video, 0, 0).to_pylist()


def test_the_last_common_frame_decides_who_is_who() -> None:
    """A part that mixed two people up within its lead has them right by its end."""
    before = [{1: 0.0, 2: 200.0}] * 10
    lead = [{1: 0.0, 2: 200.0}] * 3 + [{1: 200.0, 2: 0.0}] * 2
    after = [{1: 200.0, 2: 0.0}] * 3
    first, second = table(before, 0, 0), table([{}] * 5 + lead + after, 5, 10)
    stitched = stitch(VIDEO, [TaskResult(first), TaskResult(second)], OPTIONS).rows.to_pylist()
    assert {(row["person"], row["x"]) for row in stitched} == {(1, 0.0), (2, 200.0)}


def test_a_failed_part_fails_the_video() -> None:
    good, bad = split_video([{1: 0.0}] * 9, [5], 2)
    failed = replace(bad, rows=bad.rows.slice(0, 0), failures=(Failure(VIDEO, "it is torn."),))
    stitched = stitch(VIDEO, [good, failed], OPTIONS)
    assert [(failure.item, failure.text) for failure in stitched.failures] == [
        (VIDEO, "it is torn.")
    ]
    assert not stitched.rows.num_rows
    assert not stitched.counts


@pytest.mark.parametrize("wrong", ["a frame is missing", "no lead"])
def test_parts_without_common_frames_fail_the_video(wrong: str) -> None:
    first, second = split_video([{1: 0.0}] * 9, [5], 2)
    rows = second.rows.slice(2) if wrong == "no lead" else second.rows
    short = first.rows.slice(0, 4) if wrong == "a frame is missing" else first.rows
    stitched = stitch(VIDEO, [replace(first, rows=short), replace(second, rows=rows)], OPTIONS)
    (failure,) = stitched.failures
    assert "do not show the same frames" in failure.text
    assert not stitched.rows.num_rows
