"""How long a job may take, from some of its inputs."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.batch import estimate as estimate_module
from mien.batch.estimate import Plan, Reservoir, try_out
from mien.batch.inputs import open_inputs
from mien.batch.plan import Item, Options, cost
from tests.inference.media.videos import make_video, regular


def plan_of(folder: Path, options: Options) -> Plan:
    with open_inputs([str(folder)]) as inputs:
        return try_out(inputs, options)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=200))
def test_a_reservoir_keeps_some_of_what_passes_by(sizes: list[int]) -> None:
    items = [Item(n, f"{n}.png", "photo", size, "") for n, size in enumerate(sizes)]
    reservoir = Reservoir()
    for item in items:
        reservoir.add(item)
    assert len(reservoir.kept) == len(set(reservoir.kept)) == min(len(items), 64)
    assert set(reservoir.kept) <= set(items)
    assert (reservoir.count, reservoir.size) == (len(items), sum(sizes))
    assert reservoir.cost == pytest.approx(sum(map(cost, items)))


def test_late_inputs_are_kept_as_often_as_early_ones() -> None:
    reservoir = Reservoir()
    for number in range(6400):
        reservoir.add(Item(number, f"{number}.png", "photo", 1, ""))
    mean = sum(item.index for item in reservoir.kept) / 64
    assert abs(mean - 3200) < 4 * 1848 / 8  # four standard errors of a uniform choice


def test_the_estimate_is_in_proportion_to_what_was_tried(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate_module, "_MOST", 10)
    monkeypatch.setattr(estimate_module, "_photo_seconds", lambda item, _: 3 * cost(item))
    plan = plan_of(photos[0].parent, options)
    photo = plan.kinds["photo"]
    assert (photo.count, photo.tried, photo.failed) == (40, 10, 0)
    assert photo.size == sum(path.stat().st_size for path in photos)
    expected = 3 * sum(cost(Item(0, "", "photo", path.stat().st_size, "")) for path in photos)
    assert plan.seconds == pytest.approx(expected)
    assert plan.margin == pytest.approx(0, abs=1e-9)


def test_what_varies_has_an_interval_unless_all_of_it_was_tried(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate_module, "_photo_seconds", lambda item, _: float(item.index % 2))
    assert plan_of(photos[0].parent, options).margin == 0
    monkeypatch.setattr(estimate_module, "_MOST", 10)
    assert plan_of(photos[0].parent, options).margin > 1
    monkeypatch.setattr(estimate_module, "_SECONDS", -1)
    assert plan_of(photos[0].parent, options).margin == float("inf")


def test_photos_and_videos_are_really_tried(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    folder = photos[0].parent
    make_video(folder / "long.mp4", regular(30, 90))
    (folder / "broken.mp4").write_bytes(b"broken")
    photos[1].write_bytes(b"broken")
    (folder / "notes.txt").touch()
    plan = plan_of(folder, options)
    photo, video = plan.kinds["photo"], plan.kinds["film"]
    assert (photo.count, photo.tried, photo.failed) == (40, 40, 1)
    assert (video.count, video.tried, video.failed) == (2, 2, 1)
    assert plan.seconds == photo.seconds + video.seconds > 0
    assert plan.passed_over == 1


def test_a_video_counts_with_all_its_frames(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(10**6))
    monkeypatch.setattr(estimate_module.time, "perf_counter", lambda: float(next(now)))
    monkeypatch.setattr(estimate_module, "_FRAMES", 30)
    make_video(tmp_path / "long.mp4", regular(30, 90))
    assert plan_of(tmp_path, options).seconds == pytest.approx(3)  # a second for 30 of 90 frames
