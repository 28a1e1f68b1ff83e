"""How long a job may take, from some of its inputs."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.batch import estimate
from mien.batch.estimate import JobEstimate, Reservoir, estimate_job
from mien.batch.inputs import open_inputs
from mien.batch.plan import Item, Options, estimate_cost
from tests.inference.media.videos import make_video, regular


def estimate_of(folder: Path, options: Options) -> JobEstimate:
    with open_inputs([str(folder)]) as inputs:
        return estimate_job(inputs, options)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=200))
def test_a_reservoir_draws_a_sample_without_repetition(sizes: list[int]) -> None:
    items = [Item(n, f"{n}.png", "photo", size, "") for n, size in enumerate(sizes)]
    reservoir = Reservoir()
    for item in items:
        reservoir.add(item)
    assert len(reservoir.sample) == len(set(reservoir.sample)) == min(len(items), 64)
    assert set(reservoir.sample) <= set(items)
    assert (reservoir.count, reservoir.size) == (len(items), sum(sizes))
    assert reservoir.cost == pytest.approx(sum(map(estimate_cost, items)))


def test_late_inputs_are_drawn_as_often_as_early_ones() -> None:
    reservoir = Reservoir()
    for number in range(6400):
        reservoir.add(Item(number, f"{number}.png", "photo", 1, ""))
    mean = sum(item.index for item in reservoir.sample) / 64
    assert abs(mean - 3200) < 4 * 1848 / 8  # four standard errors of a uniform choice


def test_the_estimate_is_in_proportion_to_the_sample(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "_MAX_SAMPLE", 10)
    monkeypatch.setattr(estimate, "_photo_seconds", lambda item, _: 3 * estimate_cost(item))
    found = estimate_of(photos[0].parent, options)
    photo = found.kinds["photo"]
    assert (photo.count, photo.sampled, photo.failed) == (40, 10, 0)
    assert photo.size == sum(path.stat().st_size for path in photos)
    expected = 3 * sum(
        estimate_cost(Item(0, "", "photo", path.stat().st_size, "")) for path in photos
    )
    assert found.seconds == pytest.approx(expected)
    assert found.margin == pytest.approx(0, abs=1e-9)


def test_varying_seconds_have_an_interval_unless_all_inputs_were_sampled(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "_photo_seconds", lambda item, _: float(item.index % 2))
    assert estimate_of(photos[0].parent, options).margin == 0
    monkeypatch.setattr(estimate, "_MAX_SAMPLE", 10)
    assert estimate_of(photos[0].parent, options).margin > 1
    monkeypatch.setattr(estimate, "_MAX_SECONDS", -1)
    assert estimate_of(photos[0].parent, options).margin == float("inf")


def test_photos_and_videos_are_really_analyzed(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    folder = photos[0].parent
    make_video(folder / "long.mp4", regular(30, 90))
    (folder / "broken.mp4").write_bytes(b"broken")
    photos[1].write_bytes(b"broken")
    (folder / "notes.txt").touch()
    found = estimate_of(folder, options)
    photo, video = found.kinds["photo"], found.kinds["film"]
    assert (photo.count, photo.sampled, photo.failed) == (40, 40, 1)
    assert (video.count, video.sampled, video.failed) == (2, 2, 1)
    assert found.seconds == photo.seconds + video.seconds > 0
    assert found.skipped == 1


def test_the_seconds_of_a_video_are_extrapolated_to_all_frames(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(10**6))
    monkeypatch.setattr(estimate.time, "perf_counter", lambda: float(next(now)))
    monkeypatch.setattr(estimate, "_MAX_FRAMES", 30)
    make_video(tmp_path / "long.mp4", regular(30, 90))
    assert estimate_of(tmp_path, options).seconds == pytest.approx(
        3
    )  # a second for 30 of 90 frames
