import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.inference.media.prefetch import Ahead
from mien.inference.media.video import VideoReader, open_video
from tests.inference.media.videos import holds_open, make_video, regular


class Counting:
    """Counts up, and notes how far it came and who closed it."""

    def __init__(self, end: int = 1000, error: BaseException | None = None) -> None:
        self.end = end
        self.error = error
        self.made = 0
        self.closed_by: list[str] = []
        self.moved = threading.Semaphore(0)

    def __iter__(self) -> Iterator[int]:
        for number in range(self.end):
            self.made += 1
            self.moved.release()
            yield number
        if self.error:
            raise self.error

    def close(self) -> None:
        self.closed_by.append(threading.current_thread().name)


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "mien-ahead"]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert workers() == []


def test_items_come_in_order_and_the_reader_is_closed() -> None:
    reader = Counting(100)
    assert list(Ahead(reader)) == list(range(100))
    assert reader.closed_by == ["mien-ahead"]


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt(), MemoryError()])
def test_an_error_comes_after_the_items_before_it(error: BaseException) -> None:
    reader = Counting(7, error)
    ahead = Ahead(reader)
    assert [next(ahead) for _ in range(7)] == list(range(7))
    with pytest.raises(type(error)) as caught:
        next(ahead)
    assert caught.value is error
    assert reader.closed_by == ["mien-ahead"]
    with pytest.raises(StopIteration):
        next(ahead)


def test_no_more_than_the_depth_is_made_ahead() -> None:
    reader = Counting()
    with_depth = Ahead(reader, depth=3)
    assert next(with_depth) == 0
    for _ in range(5):  # the one taken, three that wait, and one for which there is no room
        assert reader.moved.acquire(timeout=5)
    assert not reader.moved.acquire(timeout=0.05)
    with_depth.close()
    assert reader.made == 5


def test_closing_early_ends_the_thread_and_closes_the_reader() -> None:
    reader = Counting()
    ahead = Ahead(reader)
    for number in ahead:
        if number == 3:
            break
    ahead.close()
    ahead.close()
    assert reader.closed_by == ["mien-ahead"]
    assert list(ahead) == []


def test_closing_at_once_closes_the_reader() -> None:
    reader = Counting()
    Ahead(reader).close()
    assert reader.closed_by == ["mien-ahead"]


def test_a_forgotten_one_ends() -> None:
    reader = Counting()
    for number in Ahead(reader):
        if number == 3:
            break
    gc.collect()
    assert reader.closed_by == ["mien-ahead"]


def test_ctrl_c_while_waiting_ends_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Counting()
    ahead = Ahead(reader)

    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(ahead._queue, "get", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(ahead)
    assert reader.closed_by == ["mien-ahead"]


def test_a_generator_around_it_that_is_closed_or_fails() -> None:
    def numbers(reader: Counting) -> Iterator[int]:
        ahead = Ahead(reader)
        try:
            yield from ahead
        finally:
            ahead.close()

    reader = Counting()
    generator = numbers(reader)
    assert next(generator) == 0
    generator.close()  # type: ignore[attr-defined]
    assert reader.closed_by == ["mien-ahead"]


def test_a_video_is_closed_in_midst(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", regular(30, 40))
    ahead = Ahead(VideoReader(str(video), open_video(video)))
    assert next(ahead).number == 0
    assert holds_open(video)
    ahead.close()
    assert not holds_open(video)


def test_many_that_are_left_early_leave_nothing(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", regular(30, 20))
    for taken in range(20):
        ahead = Ahead(VideoReader(str(video), open_video(video)), depth=1)
        for frame in ahead:
            if frame.number == taken % 3:
                break
        ahead.close()
    assert workers() == []
    assert not holds_open(video)
