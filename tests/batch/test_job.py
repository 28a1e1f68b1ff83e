"""A job from end to end: exact, however often it is stopped, and never mistaken for another."""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from mien.batch import job as job_module
from mien.batch import plan as plan_module
from mien.batch import writer as writer_module
from mien.batch.analysis import Outcome, failed, schema_of
from mien.batch.errors import BatchError
from mien.batch.job_folder import open_folder, saved_inputs
from mien.batch.plan import Options, Piece
from mien.batch.pool import LocalEngine
from mien.errors import MediaError, ModelError
from mien.inference.records.schema import escape
from tests.batch.broken import save_broken
from tests.batch.engines import Answering, InProcess
from tests.batch.jobs import check_exact, rows_of, save_photos, start
from tests.disk import no_file_over
from tests.inference.media.videos import make_video, regular


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "_MOST", 4)


def stop_after(count: int, error: BaseException) -> InProcess:
    """An engine that is stopped after some pieces, as by Ctrl-C."""
    left = iter(range(count))

    def stop(_: Piece) -> None:
        if next(left, None) is None:
            raise error

    return InProcess(stop)


def never(piece: Piece) -> Outcome:
    raise AssertionError(piece)


def manifest(out: Path) -> dict[str, Any]:
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))


def test_photos_videos_and_broken_inputs(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    folder = photos[0].parent
    video = make_video(folder / "talk.mp4", regular(10, 5))
    (folder / "empty.jpg").touch()
    (folder / "notes.txt").touch()
    report = start(tmp_path / "out", options, folder)
    assert report.totals.counts["photos"] == 40
    rows = rows_of(tmp_path / "out")
    assert [row["frame"] for row in rows if row["source"] == str(video)] == [0, 1, 2, 3, 4]
    assert {row["source"] for row in rows} == {*map(str, photos), str(video)}
    reason = "the file is empty; copy or save it again."
    assert rows_of(tmp_path / "out", "errors") == [
        {"path": str(folder / "empty.jpg"), "reason": reason}
    ]
    told = manifest(tmp_path / "out")
    assert told["state"] == "done"
    assert told["inputs"] == {"given": [str(folder)], "passed_over": 1, "repeated": 0}
    assert told["failures_by_reason"] == {reason: 1}
    assert told["counts"] == {
        "photos": 40,
        "films": 1,
        "pictures": 45,
        "faces": len([row for row in rows if row["emotion"]]),
        "failures": 1,
    }
    labels = Counter(row["emotion"] for row in rows if row["emotion"])
    assert +Counter(told["faces_by_emotion"]) == labels
    assert told["model"]["name"] == "tiny"
    assert {"mien", "onnxruntime", "numpy"} <= set(told["versions"])


def test_every_kind_of_broken_input_is_one_error(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_module, "_MOST", 32)
    good = save_photos(tmp_path / "in", 200)
    bad = save_broken(tmp_path / "in", good[0])
    out = tmp_path / "out"
    report = start(out, options, tmp_path / "in", engine=LocalEngine(1))
    assert [row["source"] for row in rows_of(out)] == [str(path) for path in good]
    errors = {row["path"]: row["reason"] for row in rows_of(out, "errors")}
    assert set(errors) == {escape(str(path)) for path in bad}
    assert len(rows_of(out, "errors")) == len(bad) == report.totals.counts["failures"] == 12
    assert not any(str(tmp_path) in reason or "\n" in reason for reason in errors.values())


def test_a_video_that_is_cut_has_the_frames_of_the_whole_one(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_video(tmp_path / "long.mp4", regular(10, 200))
    start(tmp_path / "whole", options, path)
    monkeypatch.setattr(job_module, "_SLIGHT", 0)
    report = start(tmp_path / "cut", replace(options, longest=7.0), path)
    (item,) = saved_inputs(tmp_path / "cut" / "job" / "inputs.parquet")
    assert len(item.cuts) == 2
    assert rows_of(tmp_path / "cut") == rows_of(tmp_path / "whole")
    assert report.totals.counts == Counter(films=1, pictures=200)


def test_a_job_that_is_done_does_nothing_more(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    first = start(tmp_path / "out", options, photos[0].parent)
    parts = {path: path.read_bytes() for path in tmp_path.rglob("part-*")}
    again = start(tmp_path / "out", options, photos[0].parent, engine=Answering(never))
    assert again.totals == first.totals
    assert {path: path.read_bytes() for path in tmp_path.rglob("part-*")} == parts


@pytest.mark.parametrize("written_at_once", [0.0, 30.0])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("an engine's own")])
def test_a_job_that_is_stopped_goes_on(
    photos: list[Path],
    options: Options,
    tmp_path: Path,
    error: BaseException,
    written_at_once: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer_module, "_SECONDS", written_at_once)
    bad = photos[13]
    bad.write_bytes(b"broken")
    out = tmp_path / "out"
    for done in (0, 3, 1):
        with pytest.raises(type(error)):
            start(out, options, photos[0].parent, engine=stop_after(done, error))
        assert manifest(out)["state"] == "stopped"
    kept = len(rows_of(out)) + len(rows_of(out, "errors"))
    assert kept == 4 * (1 + 4 + 2), "what was answered before the stop is kept"
    start(out, options, photos[0].parent)
    check_exact(out, [path for path in photos if path != bad], [bad])
    expected = start(tmp_path / "other", options, photos[0].parent)
    assert rows_of(out) == rows_of(tmp_path / "other")
    assert manifest(out)["counts"] == manifest(tmp_path / "other")["counts"]
    assert expected.totals.counts["failures"] == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unsure_below": 0.5}, "began with unsure_below 0.0, not 0.5; give the same options"),
        ({"crops": False}, "began with crops True, not False"),
        ({"longest": 60.0}, "began with longest_video 600.0, not 60.0"),
        ({"model": "small"}, "began with name tiny, not small; give the same model, or give --out"),
    ],
)
def test_a_changed_option_is_refused(
    photos: list[Path],
    options: Options,
    tmp_path: Path,
    changes: dict[str, Any],
    message: str,
) -> None:
    start(tmp_path / "out", options, photos[0].parent)
    before = manifest(tmp_path / "out")
    with pytest.raises(BatchError, match=message):
        start(tmp_path / "out", replace(options, **changes), photos[0].parent)
    assert manifest(tmp_path / "out") == before


def test_changed_inputs_are_refused_or_left_as_begun(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        start(out, options, photos[0].parent, engine=stop_after(2, KeyboardInterrupt()))
    save_photos(photos[0].parent, 1, first=99)
    photos[-1].unlink()
    with pytest.raises(BatchError, match="the inputs have changed since this job began"):
        start(out, options, photos[0].parent)
    start(out, options, photos[0].parent, as_begun=True)
    check_exact(out, photos[:-1], photos[-1:])


def test_columns_of_a_list_are_carried_through_a_stop(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    lines = [f"{path},{path.stem}\n" for path in photos]
    table = tmp_path / "list.csv"
    table.write_text("path,who\n" + "".join(lines))
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        start(out, options, table, engine=stop_after(2, KeyboardInterrupt()))
    start(out, options, table)
    assert [row["who"] for row in rows_of(out)] == [path.stem for path in photos]
    assert manifest(out)["columns"] == {"who": "string"}


def test_what_is_written_is_not_kept_in_memory(
    photos: list[Path], options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_module, "_MOST", 1)
    monkeypatch.setattr(writer_module, "_ROWS", 40_000)
    rows = [{"source": "a", "frame": 0, "time": 0.0}] * 10_000
    held = []

    def answer(_: Piece) -> Outcome:
        held.append(pa.total_allocated_bytes())
        return Outcome(pa.Table.from_pylist(rows, schema_of(options)))

    start(tmp_path / "out", options, photos[0].parent, engine=Answering(answer))
    size = pa.Table.from_pylist(rows, schema_of(options)).nbytes
    assert len(held) == 40
    assert max(held) - held[0] < 8 * size
    assert ds.dataset(tmp_path / "out" / "records").count_rows() == 400_000


def test_errors_are_a_list_for_another_job(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    whole = photos[3].read_bytes()
    photos[3].write_bytes(b"broken")
    start(tmp_path / "out", options, photos[0].parent)
    photos[3].write_bytes(whole)
    start(tmp_path / "again", options, tmp_path / "out" / "errors" / "*.parquet")
    check_exact(tmp_path / "again", [photos[3]])


def test_relative_inputs_go_on_from_another_folder_only_as_begun(
    photos: list[Path], options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = replace(options, folder=str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        start(tmp_path / "out", here, "photos", engine=stop_after(2, KeyboardInterrupt()))
    monkeypatch.chdir(tmp_path / "photos")
    there = replace(options, folder=str(tmp_path / "photos"))
    with pytest.raises(BatchError, match="photos: no such file or folder"):
        start(tmp_path / "out", there, "photos")
    start(tmp_path / "out", there, "photos", as_begun=True)
    check_exact(tmp_path / "out", [Path("photos", path.name) for path in photos])


def test_a_folder_that_is_not_this_jobs_is_refused(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    with pytest.raises(BatchError, match="photos: holds other files; give --out a new folder"):
        start(photos[0].parent, options, photos[0].parent)
    with pytest.raises(BatchError, match=r"0000\.png: cannot be written to"):
        start(photos[0], options, photos[0].parent)
    with (
        open_folder(tmp_path / "out"),
        pytest.raises(BatchError, match="out: a job is running in this folder"),
    ):
        start(tmp_path / "out", options, photos[0].parent)


def test_a_fault_before_the_start_leaves_the_folder_free(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(BatchError, match="no such file or folder"):
        start(out, options, tmp_path / "missing")
    with pytest.raises(ModelError, match="nobody"):
        start(out, replace(options, model="nobody"), photos[0].parent)
    start(out, replace(options, unsure_below=0.5), photos[0].parent)
    check_exact(out, photos)


def test_a_full_disk_is_one_error_and_the_job_goes_on(
    photos: list[Path], options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "_SECONDS", 0.0)
    out = tmp_path / "out"

    with ExitStack() as limits:

        def fill_up(_: Piece) -> None:
            if len(rows_of(out)) == 12:
                limits.enter_context(no_file_over(1000))

        with pytest.raises(MediaError, match=r"disk is full .*what is written stays valid; make"):
            start(out, options, photos[0].parent, engine=InProcess(fill_up))
    assert len(rows_of(out)) == 12
    start(out, options, photos[0].parent)
    check_exact(out, photos)


def test_a_damaged_manifest_or_other_versions_are_told(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    start(out, options, photos[0].parent)
    content = manifest(out)
    content["versions"]["numpy"] = "1.0"
    (out / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    start(out, options, photos[0].parent)
    (out / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(BatchError, match=r"manifest\.json: damaged; give --out another folder"):
        start(out, options, photos[0].parent)


def test_a_broken_video_that_may_be_long_is_an_error_of_its_own(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_module, "_SLIGHT", 0)
    (tmp_path / "broken.mp4").write_text("no video")
    start(tmp_path / "out", options, tmp_path / "broken.mp4")
    (row,) = rows_of(tmp_path / "out", "errors")
    assert row["reason"].startswith("not a video")


class Parts:
    """A video in three parts: stands in for its cutting and joining, and counts the joins."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, options: Options) -> None:
        self.joined = 0
        self._schema = schema_of(options)
        monkeypatch.setattr(job_module, "_SLIGHT", 0)
        monkeypatch.setattr(job_module, "find_cuts", lambda *_: (10, 20))
        monkeypatch.setattr("mien.batch.stitching.join", self.join)

    def answer(self, piece: Piece) -> Outcome:
        assert piece.span is not None
        row = {"source": piece.items[0].path, "frame": piece.span.number, "time": 0.0}
        rows = pa.Table.from_pylist([row], self._schema)
        return Outcome(rows, (), (("x", "n"),), Counter(images=1), 1.0)

    def join(self, item: Any, parts: list[Outcome], options: Options) -> Outcome:
        self.joined += 1
        failures = [failure for part in parts for failure in part.failures]
        if failures:
            return failed(item, failures[0].reason, options)
        assert [part.rows["frame"].to_pylist() for part in parts] == [[0], [1], [2]]
        assert all(part.notes == ((item.path, "n"),) for part in parts)
        rows = pa.concat_tables([part.rows for part in parts])
        return Outcome(rows, counts=Counter(films=1, pictures=3))


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch, options: Options) -> Parts:
    return Parts(monkeypatch, options)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_video(tmp_path / "talk.mp4", regular(10, 3))


class Stopping(Answering):
    """Ends after some pieces, in the reverse of their order."""

    def __init__(self, answer: Callable[[Piece], Outcome], count: int) -> None:
        super().__init__(answer)
        self._count = count

    def run(self, pieces: Any, options: Options) -> Any:
        some = sorted(pieces, key=lambda piece: -piece.number)[: self._count]
        yield from super().run(some, options)


def test_parts_of_a_video_wait_for_each_other_over_stops(
    parts: Parts, video: Path, options: Options, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for done in (1, 2):
        start(out, options, video, engine=Stopping(parts.answer, 1))
        assert rows_of(out) == []
        assert len(list((out / "job" / "held").iterdir())) == done
    report = start(out, options, video, engine=Stopping(parts.answer, 9))
    assert [row["frame"] for row in rows_of(out)] == [0, 1, 2]
    assert report.totals.counts == Counter(films=1, pictures=3)
    assert report.totals.seconds == 3.0
    assert list((out / "job" / "held").iterdir()) == []
    start(out, options, video, engine=Answering(never))
    assert parts.joined == 1


def test_a_video_whose_last_part_came_before_a_kill_is_joined(
    parts: Parts,
    video: Path,
    options: Options,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"

    def killed(*_: object) -> Outcome:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mien.batch.stitching.join", killed)
        with pytest.raises(KeyboardInterrupt):
            start(out, options, video, engine=Answering(parts.answer))
    assert rows_of(out) == []
    start(out, options, video, engine=Answering(never))
    assert [row["frame"] for row in rows_of(out)] == [0, 1, 2]


def test_a_part_that_fails_fails_its_video_once(
    parts: Parts, video: Path, options: Options, tmp_path: Path
) -> None:
    def answer(piece: Piece) -> Outcome:
        assert piece.span is not None
        return failed(piece.items[0], f"part {piece.span.number}", options)

    start(tmp_path / "out", options, video, engine=Answering(answer))
    assert rows_of(tmp_path / "out") == []
    assert rows_of(tmp_path / "out", "errors") == [{"path": str(video), "reason": "part 0"}]
