"""A worker gives the same records as `mien predict`, photo by photo and video by video."""

import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien import Analyzer
from mien.batch import analysis
from mien.batch.analysis import Models, analyze_task, schema_of
from mien.batch.errors import BatchError
from mien.batch.plan import Item, Options, Task, VideoPart
from mien.inference.attributes import FaceView, Quantity
from mien.inference.media.images import read_frame
from mien.inference.media.video import VideoReader, open_video
from mien.inference.records import open_records
from mien.results import FrameResult
from tests.batch.jobs import items_of, make_options, task_of
from tests.inference.media.test_images import bomb
from tests.inference.media.test_video import blank
from tests.inference.media.videos import make_sound, make_video, regular

pytestmark = pytest.mark.slow

FLOATS = 2e-6  # a batch of another size may round the last of six decimals otherwise


def write_and_read(results: Iterable[FrameResult], path: Path) -> pa.Table:
    """The records that `mien predict --records` writes."""
    with open_records(path) as records:
        for result in results:
            records.write(result)
    return pq.read_table(path)


def check_same(rows: pa.Table, expected: pa.Table) -> None:
    assert rows.schema == expected.schema
    for row, other in zip(rows.to_pylist(), expected.to_pylist(), strict=True):
        assert row == {
            name: pytest.approx(value, abs=FLOATS) if isinstance(value, float) else value
            for name, value in other.items()
        }


def video_task(path: Path) -> Task:
    return Task(0, (Item(0, str(path), "film", 1, ""),), 1.0)


def test_photos_give_the_rows_of_predict(shared: Path, tmp_path: Path) -> None:
    paths = sorted((shared / "media").glob("*.jpg"))
    analyzer = Analyzer()
    expected = write_and_read(map(analyzer.analyze, paths), tmp_path / "a.parquet")
    result = analyze_task(task_of(paths), Models(make_options("default", crops=False)))
    check_same(result.rows, expected)
    assert len(expected) == 7
    labels = Counter(filter(None, expected["emotion"].to_pylist()))
    assert result.counts == Counter(photos=3, pictures=3, faces=6) + labels
    assert result.failures == ()
    assert result.seconds > 0


def test_a_video_gives_the_rows_of_predict(shared: Path, tmp_path: Path) -> None:
    path = shared / "media" / "one_face.mp4"
    expected = write_and_read(Analyzer().stream(path), tmp_path / "a.parquet")
    result = analyze_task(video_task(path), Models(make_options("default")))
    check_same(result.rows, expected)
    assert result.counts["films"] == 1
    assert result.counts["pictures"] == len(expected) == 72


def test_crops_and_unsure_faces_are_those_of_predict(
    photos: list[Path], tiny_model: Path, tmp_path: Path
) -> None:
    sure = [Analyzer(tiny_model).analyze_crop(path).faces[0].confidence for path in photos]
    middle = median(sure)
    analyzer = Analyzer(tiny_model, unsure_below=middle)
    expected = write_and_read(map(analyzer.analyze_crop, photos), tmp_path / "a.parquet")
    result = analyze_task(task_of(photos), Models(make_options(tiny_model, unsure_below=middle)))
    assert result.rows["detector"].null_count == len(photos)
    check_same(result.rows.drop_columns(["detector"]), expected)
    assert result.counts["unsure"] == len(photos) / 2


@pytest.mark.parametrize("together", [1, 7, 1000])
def test_the_size_of_a_classified_batch_changes_no_row(
    photos: list[Path], options: Options, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = analyze_task(task_of(photos), Models(options)).rows
    monkeypatch.setattr(analysis, "_MAX_IMAGES", together)
    monkeypatch.setattr(analysis, "_TABLE_RESULTS", together)
    check_same(analyze_task(task_of(photos), Models(options)).rows, expected)


def test_pixels_of_pending_images_are_bounded(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "_MAX_BYTES", 3 * 48 * 48 * 3)
    sizes = []
    models = Models(options)
    original = models.analyzer.classify

    def classify(images: Any) -> Any:
        sizes.append(len(images))
        return original(images)

    monkeypatch.setattr(models.analyzer, "classify", classify)
    analyze_task(task_of(photos[:10]), models)
    assert sizes == [3, 3, 3, 1]


def test_each_row_has_the_columns_of_the_user(shared: Path) -> None:
    columns = pa.schema([("who", pa.string()), ("age", pa.int16())])
    options = make_options("default", crops=False, columns=columns)
    paths = [shared / "media" / "five_faces.jpg", shared / "media" / "no_face_cartoon.jpg"]
    items = tuple(items_of(paths, [("us", 30), (None, None)]))
    rows = analyze_task(Task(0, items, 1.0), Models(options)).rows
    assert rows.schema == schema_of(options)
    assert rows["who"].to_pylist() == ["us"] * 5 + [None]
    assert rows["age"].to_pylist() == [30] * 5 + [None]


def test_relative_paths_start_in_the_folder_of_a_job(photos: list[Path], options: Options) -> None:
    here = replace(options, folder=str(photos[0].parent))
    result = analyze_task(task_of([photos[0].name]), Models(here))
    assert result.rows["source"].to_pylist() == ["0000.png"]


BAD = {
    "empty.jpg": (b"", "the file is empty; copy or save it again."),
    "text.jpg": (b"just text", "not an image; use JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF."),
    "video.jpg": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "not an image; use JPEG,"),
    "bomb.png": (bomb(40_000, 40_000), "has more than 120 million pixels; make it smaller."),
    "cut.png": (b"half", "a damaged image"),
}


def test_each_broken_photo_is_a_failure_and_the_rest_has_rows(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    for name, (content, _) in BAD.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "cut.png").write_bytes(photos[0].read_bytes()[:900])
    bad = [tmp_path / name for name in BAD]
    missing = tmp_path / "missing.png"
    result = analyze_task(task_of([photos[0], *bad, missing, photos[1]]), Models(options))
    assert result.rows["source"].to_pylist() == [str(photos[0]), str(photos[1])]
    assert result.counts["photos"] == 2
    reasons = {Path(failure.item.path).name: failure.text for failure in result.failures}
    assert list(reasons) == [*BAD, "missing.png"]
    for name, (_, reason) in BAD.items():
        assert reasons[name].startswith(reason)
        assert str(tmp_path) not in reasons[name]
    assert reasons["missing.png"] == "no such file; check the path."


def test_an_item_with_a_known_problem_is_not_opened(options: Options) -> None:
    item = Item(0, "pipe.png", "photo", 0, "", problem="not a file; give a photo or a video.")
    result = analyze_task(Task(0, (item,), 1.0), Models(options))
    assert [(failure.item, failure.text) for failure in result.failures] == [(item, item.problem)]


def test_damaged_pieces_of_a_video_are_a_note(options: Options, tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", regular(10, 30), codec="mjpeg", pix_fmt="yuvj420p")
    blank(path, slice(12, 15))
    result = analyze_task(video_task(path), Models(options))
    assert result.counts["pictures"] == 27
    assert result.notes == ((str(path), "skipped 3 damaged pieces."),)


def test_broken_videos_have_one_failure_and_no_rows(options: Options, tmp_path: Path) -> None:
    whole = make_video(tmp_path / "whole.mp4", regular(10, 20))
    early = tmp_path / "early.mkv"
    make_video(early, regular(10, 40))
    early.write_bytes(early.read_bytes()[: early.stat().st_size * 2 // 3])
    make_sound(tmp_path / "sound.mp4")
    (tmp_path / "empty.mp4").touch()
    shutil.copy(whole, tmp_path / "head.mp4")
    (tmp_path / "head.mp4").write_bytes(whole.read_bytes()[:300])
    make_video(tmp_path / "blank.mp4", regular(10, 5), codec="mjpeg", pix_fmt="yuvj420p")
    blank(tmp_path / "blank.mp4", slice(None))
    expected = {
        "early.mkv": "the video ends early",
        "sound.mp4": "has no video track",
        "empty.mp4": "the file is empty",
        "head.mp4": "not a video, or its head or end is missing",
        "blank.mp4": "has no frame that can be decoded",
        "missing.mp4": "no such file",
    }
    models = Models(options)
    for name, reason in expected.items():
        result = analyze_task(video_task(tmp_path / name), models)
        assert len(result.rows) == 0
        assert result.rows.schema == schema_of(options)
        assert not +result.counts
        (failure,) = result.failures
        assert failure.text.startswith(reason)
    assert analyze_task(video_task(whole), models).counts["pictures"] == 20


class Fragile:
    """An attribute that fails on faces of one brightness."""

    quantities = (Quantity("fragile", "", "For tests."),)

    def __init__(self, fails_at: float) -> None:
        self._fails_at = fails_at

    def measure(self, view: FaceView) -> Sequence[float | None]:
        brightness = float(view.frame.mean())
        if brightness == self._fails_at:
            raise ValueError("too fragile")
        return [brightness]


def test_an_attribute_that_fails_on_a_photo_fails_this_photo_alone(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = float(read_frame(photos[2]).pixels.mean())
    monkeypatch.setattr(analysis, "shipped_attributes", lambda: (Fragile(fails_at=bad),))
    options = replace(options, attributes=("fragile",))
    result = analyze_task(task_of(photos[:5]), Models(options))
    assert result.rows["source"].to_pylist() == [str(photos[n]) for n in (0, 1, 3, 4)]
    assert result.rows["attribute_fragile"].null_count == 0
    (failure,) = result.failures
    assert failure.item.path == str(photos[2])
    assert failure.text.startswith("attribute 'fragile': raised ValueError: too fragile; correct")
    assert result.counts["photos"] == 4


@pytest.mark.parametrize("split", [False, True])
def test_an_attribute_that_fails_on_a_video_fails_the_video(
    shared: Path, monkeypatch: pytest.MonkeyPatch, split: bool
) -> None:
    path = shared / "media" / "one_face.mp4"
    with closing(VideoReader(str(path), open_video(path))) as reader:
        bad = [float(frame.pixels.mean()) for frame in reader][40]
    monkeypatch.setattr(analysis, "shipped_attributes", lambda: (Fragile(fails_at=bad),))
    task = video_task(path)
    if split:
        task = replace(task, part=VideoPart(0, 1, None, None))
    result = analyze_task(task, Models(make_options("default", attributes=("fragile",))))
    assert len(result.rows) == 0
    assert not +result.counts
    (failure,) = result.failures
    assert failure.text.startswith("attribute 'fragile': raised ValueError: too fragile")


def test_only_the_attributes_of_the_job_are_measured(photos: list[Path], options: Options) -> None:
    rows = analyze_task(task_of(photos[:2]), Models(replace(options, attributes=("side",)))).rows
    names = [name for name in rows.column_names if name.startswith("attribute_")]
    assert names == ["attribute_side"]
    assert rows["attribute_side"].to_pylist() == [48.0, 48.0]
    rows = analyze_task(task_of(photos[:2]), Models(replace(options, attributes=()))).rows
    assert not [name for name in rows.column_names if name.startswith("attribute_")]


@pytest.mark.parametrize("changes", [{"attributes": ("gaze",)}, {"labels": ("pain", "no pain")}])
def test_a_job_of_other_labels_or_attributes_is_refused(
    options: Options, changes: dict[str, Any]
) -> None:
    with pytest.raises(BatchError, match=r"the job has the labels .*; this Mien gives the labels"):
        Models(replace(options, **changes))
