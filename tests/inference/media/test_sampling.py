"""A stretch, each n-th frame, so many a second: numbers and times stay those of the source."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import MediaError
from mien.inference.media.sampling import Chooser, Sampling
from mien.inference.media.sources import open_stream


def chosen(sampling: Sampling, times: list[float]) -> list[int]:
    chooser = Chooser(sampling)
    return [number for number, time in enumerate(times) if chooser.takes(number, time)]


TIMES = [number / 30 for number in range(90)]


def test_each_nth_frame_counts_from_the_start_of_the_stretch() -> None:
    assert chosen(Sampling(every=3), TIMES)[:3] == [0, 3, 6]
    assert chosen(Sampling(every=30, start=1.05), TIMES) == [32, 62]
    assert chosen(Sampling(start=2, end=2.1), TIMES) == [60, 61, 62]


@given(
    st.floats(0.5, 100),
    st.lists(st.floats(0.001, 0.5), min_size=1, max_size=60),
)
def test_no_second_has_more_frames_than_were_asked_for(fps: float, gaps: list[float]) -> None:
    times = [sum(gaps[:count]) for count in range(len(gaps))]
    taken = [times[number] for number in chosen(Sampling(fps=fps), times)]
    slots = [int((time + 1e-6) * fps) for time in taken]
    assert len(set(slots)) == len(slots)
    assert set(slots) == {int((time + 1e-6) * fps) for time in times}


def test_a_rate_above_the_sources_takes_every_frame() -> None:
    assert chosen(Sampling(fps=30), TIMES) == list(range(90))
    assert chosen(Sampling(fps=10), TIMES)[:3] == [0, 3, 6]


@pytest.mark.parametrize(
    "wrong",
    [{"every": 0}, {"fps": 0}, {"fps": float("nan")}, {"start": -1}, {"start": 2, "end": 2}],
)
def test_a_choice_without_frames_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(MediaError):
        Sampling(**wrong)  # type: ignore[arg-type]


def test_a_video_gives_the_chosen_frames_as_they_are(shared: Path) -> None:
    clip = shared / "media" / "one_face.mp4"
    with open_stream(clip) as stream:
        whole = list(stream)
    sampling = Sampling(every=5, start=0.5, end=1.5)
    with open_stream(clip, sampling=sampling) as stream:
        part = list(stream)
    assert [frame.number for frame in part] == list(range(15, 45, 5))
    for frame in part:
        assert frame.time == whole[frame.number].time
        assert (frame.pixels == whole[frame.number].pixels).all()


def test_the_images_of_a_folder_are_chosen_too(shared: Path, tmp_path: Path) -> None:
    content = (shared / "media" / "one_face.jpg").read_bytes()
    for number in range(6):
        (tmp_path / f"{number}.jpg").write_bytes(content)
    with open_stream(tmp_path, sampling=Sampling(every=2)) as stream:
        assert [frame.number for frame in stream] == [0, 2, 4]


def test_a_live_source_has_no_stretch() -> None:
    with pytest.raises(MediaError, match="leave out --start and --end"):
        open_stream("0", sampling=Sampling(start=1))
