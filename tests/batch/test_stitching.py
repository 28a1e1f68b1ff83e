"""A video that was cut has the rows of the video that was not."""

from collections import Counter
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.batch.analysis import Failure, Outcome, schema_of
from mien.batch.plan import Item
from mien.batch.stitching import join
from tests.batch.jobs import make_options

OPTIONS = make_options("none")
VIDEO = Item(0, "video.mp4", "film", 1, "")
RATE = 10

Seen = dict[int, float]
"""Where each person is, on a line, in one frame."""


def numbered(frames: list[Seen]) -> list[Seen]:
    """Numbers people from 1, in the order in which they appear."""
    numbers: dict[int, int] = {}
    return [
        {numbers.setdefault(who, len(numbers) + 1): x for who, x in sorted(seen.items())}
        for seen in frames
    ]


def table(frames: list[Seen], begin: int, first: int) -> pa.Table:
    """Makes records of frames.

    Args:
        frames: of the whole video.
        begin: the first of them that is taken.
        first: the one that counts as frame 0.
    """
    rows = [
        {"source": VIDEO.path, "frame": place - first, "time": place / RATE}
        | ({} if who is None else {"person": who, "x": x, "y": 5.0, "width": 40.0, "height": 50.0})
        for place, seen in enumerate(frames[begin:], begin)
        for who, x in (seen or {None: 0.0}).items()
    ]
    return pa.Table.from_pylist(rows, schema=schema_of(OPTIONS))


def parts(frames: list[Seen], cuts: list[int], lead: int) -> list[Outcome]:
    """Cuts a video; each part numbers its people afresh, and begins with a lead."""
    edges = [0, *cuts, len(frames)]
    begins = [max(edge - lead, 0) if edge else 0 for edge in edges]
    return [
        Outcome(
            rows=table(_only(frames, begins[k], edges[k + 1]), begins[k], edges[k]),
            counts=Counter(films=int(k == 0), images=edges[k + 1] - edges[k]),
        )
        for k in range(len(edges) - 1)
    ]


def _only(frames: list[Seen], begin: int, end: int) -> list[Seen]:
    return [{}] * begin + numbered(frames[begin:end])


@st.composite
def videos(draw: st.DrawFn) -> list[Seen]:
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


@given(video=videos(), cuts=st.sets(st.integers(1, 11), max_size=3), lead=st.integers(1, 15))
def test_rows_are_those_of_the_whole_video(video: list[Seen], cuts: set[int], lead: int) -> None:
    whole = table(numbered(video), 0, 0)
    joined = join(VIDEO, parts(video, sorted(cuts), lead), OPTIONS)
    assert not joined.failures
    assert joined.rows.to_pylist() == whole.to_pylist()
    assert joined.counts == Counter(films=1, pictures=len(video))


def test_people_who_cross_at_the_seam_keep_their_numbers() -> None:
    video = [{1: 100.0 + 4 * t, 2: 180.0 - 4 * t} for t in range(20)]  # they meet at 10
    joined = join(VIDEO, parts(video, [10], 5), OPTIONS)
    assert joined.rows.to_pylist() == table(video, 0, 0).to_pylist()


def test_the_last_common_frame_decides() -> None:
    """A part that mixed two people up within its lead has them right by its end."""
    before = [{1: 0.0, 2: 200.0}] * 10
    lead = [{1: 0.0, 2: 200.0}] * 3 + [{1: 200.0, 2: 0.0}] * 2
    after = [{1: 200.0, 2: 0.0}] * 3
    first, second = table(before, 0, 0), table([{}] * 5 + lead + after, 5, 10)
    joined = join(VIDEO, [Outcome(first), Outcome(second)], OPTIONS).rows.to_pylist()
    assert {(row["person"], row["x"]) for row in joined} == {(1, 0.0), (2, 200.0)}


def test_a_part_that_failed_fails_the_video() -> None:
    good, bad = parts([{1: 0.0}] * 9, [5], 2)
    failed = replace(bad, rows=bad.rows.slice(0, 0), failures=(Failure(VIDEO, "it is torn."),))
    joined = join(VIDEO, [good, failed], OPTIONS)
    assert [(one.item, one.reason) for one in joined.failures] == [(VIDEO, "it is torn.")]
    assert not joined.rows.num_rows
    assert not joined.counts


@pytest.mark.parametrize("wrong", ["a frame is missing", "no lead"])
def test_parts_that_do_not_meet_are_refused(wrong: str) -> None:
    first, second = parts([{1: 0.0}] * 9, [5], 2)
    rows = second.rows.slice(2) if wrong == "no lead" else second.rows
    short = first.rows.slice(0, 4) if wrong == "a frame is missing" else first.rows
    joined = join(VIDEO, [replace(first, rows=short), replace(second, rows=rows)], OPTIONS)
    (failure,) = joined.failures
    assert "do not show the same frames" in failure.reason
    assert not joined.rows.num_rows
