"""Frames from memory have times, in order."""

import numpy as np
import pytest

from mien.errors import MediaError
from mien.inference.media.frames import to_frames
from mien.inference.media.images import Frame

IMAGE = np.zeros((4, 5, 3), np.uint8)


def test_arrays_are_timed_by_their_rate_or_their_own_times() -> None:
    by_rate = list(to_frames(np.stack([IMAGE] * 3), fps=4))
    assert [(frame.number, frame.time, frame.source) for frame in by_rate] == [
        (0, 0.0, "<frames>"),
        (1, 0.25, "<frames>"),
        (2, 0.5, "<frames>"),
    ]
    assert [frame.time for frame in to_frames([(0.1, IMAGE), (0.1, IMAGE), (7, IMAGE)])] == [
        0.1,
        0.1,
        7.0,
    ]


def test_a_frame_passes_as_it_is() -> None:
    frame = Frame("a.mp4", IMAGE, 7, 0.5)
    assert list(to_frames([frame])) == [frame]


def test_frames_are_taken_as_they_are_asked_for() -> None:
    def endless():
        while True:
            yield IMAGE

    frames = to_frames(endless(), fps=1)
    assert [next(frames).time for _ in range(3)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("frames", "remedy"),
    [
        ([IMAGE], "give fps"),
        (IMAGE, "pass a list"),
        (b"abc", "pass a list"),
        ([(1, IMAGE), (0.9, IMAGE)], "in their order"),
        ([(0, IMAGE[:0])], "check what it was read from"),
    ],
)
def test_what_has_no_time_or_is_no_frame_is_refused(frames: object, remedy: str) -> None:
    with pytest.raises(MediaError, match=remedy):
        list(to_frames(frames))  # type: ignore[arg-type]
