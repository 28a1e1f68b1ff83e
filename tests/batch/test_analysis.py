"""What a worker does is what `mien predict` does, photo by photo and video by video."""

import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien import Analyzer
from mien.batch import analysis as analysis_module
from mien.batch.analysis import Models, schema_of, work
from mien.batch.plan import Item, Options, Piece
from mien.inference.records import open_records
from mien.results import FrameResult
from tests.batch.jobs import items_of, make_options, piece_of
from tests.inference.media.test_images import bomb
from tests.inference.media.test_video import blank
from tests.inference.media.videos import make_sound, make_video, regular

FLOATS = 2e-6  # a batch of another size may round the last of six decimals otherwise


def recorded(results: Iterable[FrameResult], path: Path) -> pa.Table:
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


def video(path: Path) -> Piece:
    return Piece(0, (Item(0, str(path), "film", 1, ""),), 1.0)


def test_photos_give_the_rows_of_predict(shared: Path, tmp_path: Path) -> None:
    paths = sorted((shared / "media").glob("*.jpg"))
    analyzer = Analyzer()
    expected = recorded(map(analyzer.analyze, paths), tmp_path / "a.parquet")
    outcome = work(piece_of(paths), Models(make_options("default", crops=False)))
    check_same(outcome.rows, expected)
    assert len(expected) == 7
    labels = Counter(filter(None, expected["emotion"].to_pylist()))
    assert outcome.counts == Counter(photos=3, images=3, faces=6) + labels
    assert outcome.failures == ()
    assert outcome.seconds > 0


def test_a_video_gives_the_rows_of_predict(shared: Path, tmp_path: Path) -> None:
    path = shared / "media" / "one_face.mp4"
    expected = recorded(Analyzer().stream(path), tmp_path / "a.parquet")
    outcome = work(video(path), Models(make_options("default")))
    check_same(outcome.rows, expected)
    assert outcome.counts["films"] == 1
    assert outcome.counts["pictures"] == len(expected) == 72


def test_crops_and_unsure_are_as_in_predict(
    photos: list[Path], tiny_model: Path, tmp_path: Path
) -> None:
    sure = [Analyzer(tiny_model).analyze_crop(path).faces[0].confidence for path in photos]
    middle = median(sure)
    analyzer = Analyzer(tiny_model, unsure_below=middle)
    expected = recorded(map(analyzer.analyze_crop, photos), tmp_path / "a.parquet")
    outcome = work(piece_of(photos), Models(make_options(tiny_model, unsure_below=middle)))
    check_same(outcome.rows, expected)
    assert outcome.counts["unsure"] == len(photos) / 2


@pytest.mark.parametrize("together", [1, 7, 1000])
def test_how_many_are_named_at_once_changes_nothing(
    photos: list[Path], options: Options, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = work(piece_of(photos), Models(options)).rows
    monkeypatch.setattr(analysis_module, "_TOGETHER", together)
    monkeypatch.setattr(analysis_module, "_RESULTS", together)
    check_same(work(piece_of(photos), Models(options)).rows, expected)


def test_pixels_that_wait_are_bounded(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis_module, "_BYTES", 3 * 48 * 48 * 3)
    sizes = []
    models = Models(options)
    named = models.analyzer.name

    def name(images: Any) -> Any:
        sizes.append(len(images))
        return named(images)

    monkeypatch.setattr(models.analyzer, "name", name)
    work(piece_of(photos[:10]), models)
    assert sizes == [3, 3, 3, 1]


def test_the_users_columns_stand_in_each_row(shared: Path) -> None:
    columns = pa.schema([("who", pa.string()), ("age", pa.int16())])
    options = make_options("default", crops=False, columns=columns)
    paths = [shared / "media" / "five_faces.jpg", shared / "media" / "no_face_cartoon.jpg"]
    items = tuple(items_of(paths, [("us", 30), (None, None)]))
    rows = work(Piece(0, items, 1.0), Models(options)).rows
    assert rows.schema == schema_of(options)
    assert rows["who"].to_pylist() == ["us"] * 5 + [None]
    assert rows["age"].to_pylist() == [30] * 5 + [None]


def test_relative_paths_start_in_the_jobs_folder(photos: list[Path], options: Options) -> None:
    here = replace(options, folder=str(photos[0].parent))
    outcome = work(piece_of([photos[0].name]), Models(here))
    assert outcome.rows["source"].to_pylist() == ["0000.png"]


BAD = {
    "empty.jpg": (b"", "the file is empty; copy or save it again."),
    "text.jpg": (b"just text", "not an image; give a JPEG, PNG, WebP or HEIC file."),
    "video.jpg": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "not an image; give a JPEG,"),
    "bomb.png": (bomb(40_000, 40_000), "has more than 120 million pixels; make it smaller."),
    "cut.png": (b"half", "a damaged image"),
}


def test_broken_photos_are_failures_of_their_own(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    for name, (content, _) in BAD.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "cut.png").write_bytes(photos[0].read_bytes()[:900])
    bad = [tmp_path / name for name in BAD]
    missing = tmp_path / "missing.png"
    outcome = work(piece_of([photos[0], *bad, missing, photos[1]]), Models(options))
    assert outcome.rows["source"].to_pylist() == [str(photos[0]), str(photos[1])]
    assert outcome.counts["photos"] == 2
    reasons = {Path(one.item.path).name: one.reason for one in outcome.failures}
    assert list(reasons) == [*BAD, "missing.png"]
    for name, (_, reason) in BAD.items():
        assert reasons[name].startswith(reason)
        assert str(tmp_path) not in reasons[name]
    assert reasons["missing.png"] == "no such file; check the path."


def test_what_is_known_to_be_no_file_is_not_opened(options: Options) -> None:
    item = Item(0, "pipe.png", "photo", 0, "", problem="not a file; give a photo or a video.")
    outcome = work(Piece(0, (item,), 1.0), Models(options))
    assert [(one.item, one.reason) for one in outcome.failures] == [(item, item.problem)]


def test_damage_within_a_video_is_a_note(options: Options, tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", regular(10, 30), codec="mjpeg", pix_fmt="yuvj420p")
    blank(path, slice(12, 15))
    outcome = work(video(path), Models(options))
    assert outcome.counts["pictures"] == 27
    assert outcome.notes == ((str(path), "skipped 3 damaged pieces."),)


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
        outcome = work(video(tmp_path / name), models)
        assert len(outcome.rows) == 0
        assert outcome.rows.schema == schema_of(options)
        assert not +outcome.counts
        (failure,) = outcome.failures
        assert failure.reason.startswith(reason)
    assert work(video(whole), models).counts["pictures"] == 20
