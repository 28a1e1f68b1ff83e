import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.inference.media.prefetch import Prefetcher
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
    return [thread for thread in threading.enumerate() if thread.name == "mien-prefetch"]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert workers() == []


def test_items_come_in_order_and_the_reader_is_closed() -> None:
    reader = Counting(100)
    assert list(Prefetcher(reader)) == list(range(100))
    assert reader.closed_by == ["mien-prefetch"]


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt(), MemoryError()])
def test_an_error_comes_after_the_items_before_it(error: BaseException) -> None:
    reader = Counting(7, error)
    prefetcher = Prefetcher(reader)
    assert [next(prefetcher) for _ in range(7)] == list(range(7))
    with pytest.raises(type(error)) as caught:
        next(prefetcher)
    assert caught.value is error
    assert reader.closed_by == ["mien-prefetch"]
    with pytest.raises(StopIteration):
        next(prefetcher)


def test_no_more_items_than_the_depth_are_prefetched() -> None:
    reader = Counting()
    prefetcher = Prefetcher(reader, depth=3)
    assert next(prefetcher) == 0
    for _ in range(5):  # the one taken, three that wait, and one for which there is no room
        assert reader.moved.acquire(timeout=5)
    assert not reader.moved.acquire(timeout=0.05)
    prefetcher.close()
    assert reader.made == 5


def test_closing_early_ends_the_thread_and_closes_the_reader() -> None:
    reader = Counting()
    prefetcher = Prefetcher(reader)
    for number in prefetcher:
        if number == 3:
            break
    prefetcher.close()
    prefetcher.close()
    assert reader.closed_by == ["mien-prefetch"]
    assert list(prefetcher) == []


def test_closing_at_once_closes_the_reader() -> None:
    reader = Counting()
    Prefetcher(reader).close()
    assert reader.closed_by == ["mien-prefetch"]


def test_a_collected_prefetcher_ends_its_thread() -> None:
    reader = Counting()
    for number in Prefetcher(reader):
        if number == 3:
            break
    gc.collect()
    assert reader.closed_by == ["mien-prefetch"]


def test_ctrl_c_while_waiting_ends_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Counting()
    prefetcher = Prefetcher(reader)

    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(prefetcher._queue, "get", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(prefetcher)
    assert reader.closed_by == ["mien-prefetch"]


def test_a_generator_around_a_prefetcher_that_is_closed_or_fails() -> None:
    def numbers(reader: Counting) -> Iterator[int]:
        prefetcher = Prefetcher(reader)
        try:
            yield from prefetcher
        finally:
            prefetcher.close()

    reader = Counting()
    generator = numbers(reader)
    assert next(generator) == 0
    generator.close()  # type: ignore[attr-defined]
    assert reader.closed_by == ["mien-prefetch"]


def test_a_video_is_closed_midway(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", regular(30, 40))
    prefetcher = Prefetcher(VideoReader(str(video), open_video(video)))
    assert next(prefetcher).number == 0
    assert holds_open(video)
    prefetcher.close()
    assert not holds_open(video)


def test_many_prefetchers_closed_early_leave_no_threads(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", regular(30, 20))
    for taken in range(20):
        prefetcher = Prefetcher(VideoReader(str(video), open_video(video)), depth=1)
        for frame in prefetcher:
            if frame.number == taken % 3:
                break
        prefetcher.close()
    assert workers() == []
    assert not holds_open(video)
