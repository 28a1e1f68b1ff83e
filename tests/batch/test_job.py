"""A job from end to end: exact, however often it is stopped and resumed."""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from mien import Analyzer
from mien.batch import job, plan, writer
from mien.batch.analysis import Failure, Note, TaskResult, failed_result, schema_of
from mien.batch.errors import BatchError
from mien.batch.job_folder import load_inputs, open_folder
from mien.batch.plan import Options, Task
from mien.batch.pool import LocalEngine
from mien.emotions import UNSURE
from mien.errors import MediaError, ModelError
from mien.inference.attributes import FaceView
from mien.inference.attributes.size import FaceSide
from mien.inference.media.images import read_frame
from mien.inference.records import read_records
from mien.inference.records.layout import Layout, escape
from mien.inference.records.parquet import arrow_schema
from mien.inference.records.table import join
from tests.batch.broken import save_broken
from tests.batch.engines import InProcess, Scripted
from tests.batch.jobs import check_exact, make_options, rows_of, run_job, save_photos
from tests.conftest import CARD, build_tiny_model
from tests.disk import no_file_over
from tests.inference.media.videos import make_video, regular

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "_MAX_PHOTOS", 4)


def stop_after(count: int, error: BaseException) -> InProcess:
    """An engine that is stopped after some tasks, as by Ctrl-C."""
    left = iter(range(count))

    def stop(_: Task) -> None:
        if next(left, None) is None:
            raise error

    return InProcess(stop)


def refuse(task: Task) -> TaskResult:
    raise AssertionError(task)


def read_manifest(out: Path) -> dict[str, Any]:
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))


def test_photos_videos_and_broken_inputs_in_one_job(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    folder = photos[0].parent
    video = make_video(folder / "talk.mp4", regular(10, 5))
    (folder / "empty.jpg").touch()
    (folder / "notes.txt").touch()
    report = run_job(tmp_path / "out", options, folder)
    assert report.totals.counts["photos"] == 40
    rows = rows_of(tmp_path / "out")
    assert [row["frame"] for row in rows if row["source"] == str(video)] == [0, 1, 2, 3, 4]
    assert {row["source"] for row in rows} == {*map(str, photos), str(video)}
    reason = "the file is empty; copy or save it again."
    assert rows_of(tmp_path / "out", "errors") == [
        {"path": str(folder / "empty.jpg"), "reason": reason}
    ]
    content = read_manifest(tmp_path / "out")
    assert content["state"] == "done"
    assert content["inputs"] == {"given": [str(folder)], "passed_over": 1, "repeated": 0}
    assert content["failures_by_reason"] == {reason: 1}
    assert content["counts"] == {
        "photos": 40,
        "films": 1,
        "pictures": 45,
        "faces": len([row for row in rows if row["emotion"]]),
        "failures": 1,
    }
    labels = Counter(row["emotion"] for row in rows if row["emotion"])
    assert +Counter(content["faces_by_emotion"]) == labels
    assert content["model"]["name"] == "tiny"
    assert {"mien", "onnxruntime", "numpy"} <= set(content["versions"])


def test_every_kind_of_broken_input_is_one_row_of_errors(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "_MAX_PHOTOS", 32)
    good = save_photos(tmp_path / "in", 200)
    bad = save_broken(tmp_path / "in", good[0])
    out = tmp_path / "out"
    report = run_job(out, options, tmp_path / "in", engine=LocalEngine(1))
    assert [row["source"] for row in rows_of(out)] == [str(path) for path in good]
    errors = {row["path"]: row["reason"] for row in rows_of(out, "errors")}
    assert set(errors) == {escape(str(path)) for path in bad}
    assert len(rows_of(out, "errors")) == len(bad) == report.totals.counts["failures"] == 12
    assert not any(str(tmp_path) in reason or "\n" in reason for reason in errors.values())


def test_a_split_video_has_the_frames_of_the_whole_video(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.mp4"
    make_video(path, regular(10, 200), tags={"creation_time": "2026-11-27T03:58:12Z"})
    run_job(tmp_path / "whole", options, path)
    monkeypatch.setattr(job, "_MIN_BYTE_RATE", 0)
    report = run_job(tmp_path / "split", replace(options, longest_video=7.0), path)
    (item,) = load_inputs(tmp_path / "split" / "job" / "inputs.parquet")
    assert len(item.split_points) == 2
    rows = rows_of(tmp_path / "split")
    assert rows == rows_of(tmp_path / "whole")
    assert rows[-1]["clock"] == "2026-11-27T03:58:31.900Z"
    assert report.totals.counts == Counter(films=1, pictures=200)


def test_a_finished_job_does_nothing_when_it_runs_again(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    first = run_job(tmp_path / "out", options, photos[0].parent)
    parts = {path: path.read_bytes() for path in tmp_path.rglob("part-*")}
    again = run_job(tmp_path / "out", options, photos[0].parent, engine=Scripted(refuse))
    assert again.totals == first.totals
    assert {path: path.read_bytes() for path in tmp_path.rglob("part-*")} == parts


@pytest.mark.parametrize("seconds_buffered", [0.0, 30.0])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("an engine's own")])
def test_a_stopped_job_resumes(
    photos: list[Path],
    options: Options,
    tmp_path: Path,
    error: BaseException,
    seconds_buffered: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer, "_MAX_SECONDS", seconds_buffered)
    bad = photos[13]
    bad.write_bytes(b"broken")
    out = tmp_path / "out"
    for done in (0, 3, 1):
        with pytest.raises(type(error)):
            run_job(out, options, photos[0].parent, engine=stop_after(done, error))
        assert read_manifest(out)["state"] == "stopped"
    kept = len(rows_of(out)) + len(rows_of(out, "errors"))
    assert kept == 4 * (1 + 4 + 2), "all results from before the stop are saved"
    run_job(out, options, photos[0].parent)
    check_exact(out, [path for path in photos if path != bad], [bad])
    expected = run_job(tmp_path / "other", options, photos[0].parent)
    assert rows_of(out) == rows_of(tmp_path / "other")
    assert read_manifest(out)["counts"] == read_manifest(tmp_path / "other")["counts"]
    assert expected.totals.counts["failures"] == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unsure_below": 0.5}, "started with unsure_below 0.0, not 0.5; give the same options"),
        ({"crops": False}, "started with crops True, not False"),
        ({"longest_video": 60.0}, "started with longest_video 600.0, not 60.0"),
        ({"detector": "mtcnn"}, "started with detector yunet, not mtcnn"),
        (
            {"model": "small"},
            "started with name tiny, not small; give the same model, or give --",
        ),
    ],
)
def test_a_changed_option_is_refused(
    photos: list[Path],
    options: Options,
    tmp_path: Path,
    changes: dict[str, Any],
    message: str,
) -> None:
    run_job(tmp_path / "out", options, photos[0].parent)
    before = read_manifest(tmp_path / "out")
    with pytest.raises(BatchError, match=message):
        run_job(tmp_path / "out", replace(options, **changes), photos[0].parent)
    assert read_manifest(tmp_path / "out") == before


def test_changed_inputs_are_refused_or_ignored_as_started(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run_job(out, options, photos[0].parent, engine=stop_after(2, KeyboardInterrupt()))
    save_photos(photos[0].parent, 1, first=99)
    photos[-1].unlink()
    with pytest.raises(BatchError, match="the inputs have changed since this job started"):
        run_job(out, options, photos[0].parent)
    run_job(out, options, photos[0].parent, as_started=True)
    check_exact(out, photos[:-1], photos[-1:])


def test_columns_of_a_list_are_the_same_after_a_stop(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    lines = [f"{path},{path.stem}\n" for path in photos]
    table = tmp_path / "list.csv"
    table.write_text("path,who\n" + "".join(lines))
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run_job(out, options, table, engine=stop_after(2, KeyboardInterrupt()))
    run_job(out, options, table)
    assert [row["who"] for row in rows_of(out)] == [path.stem for path in photos]
    assert read_manifest(out)["columns"] == {"who": "string"}


def test_written_rows_leave_the_memory(
    photos: list[Path], options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "_MAX_PHOTOS", 1)
    monkeypatch.setattr(writer, "_MAX_ROWS", 40_000)
    rows = [{"source": "a", "frame": 0, "time": 0.0}] * 10_000
    allocated = []

    def answer(_: Task) -> TaskResult:
        allocated.append(pa.total_allocated_bytes())
        return TaskResult(pa.Table.from_pylist(rows, schema_of(options)))

    run_job(tmp_path / "out", options, photos[0].parent, engine=Scripted(answer))
    size = pa.Table.from_pylist(rows, schema_of(options)).nbytes
    assert len(allocated) == 40
    assert max(allocated) - allocated[0] < 8 * size
    assert ds.dataset(tmp_path / "out" / "records").count_rows() == 400_000


def test_the_table_of_errors_is_a_list_for_another_job(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    whole = photos[3].read_bytes()
    photos[3].write_bytes(b"broken")
    run_job(tmp_path / "out", options, photos[0].parent)
    photos[3].write_bytes(whole)
    run_job(tmp_path / "again", options, tmp_path / "out" / "errors" / "*.parquet")
    check_exact(tmp_path / "again", [photos[3]])


def test_relative_inputs_resume_from_another_folder_only_as_started(
    photos: list[Path], options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = replace(options, folder=str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        run_job(tmp_path / "out", here, "photos", engine=stop_after(2, KeyboardInterrupt()))
    monkeypatch.chdir(tmp_path / "photos")
    there = replace(options, folder=str(tmp_path / "photos"))
    with pytest.raises(BatchError, match="photos: no such file or folder"):
        run_job(tmp_path / "out", there, "photos")
    run_job(tmp_path / "out", there, "photos", as_started=True)
    check_exact(tmp_path / "out", [Path("photos", path.name) for path in photos])


def test_a_folder_with_other_files_or_a_running_job_is_refused(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    with pytest.raises(BatchError, match="photos: holds other files; give --out a new folder"):
        run_job(photos[0].parent, options, photos[0].parent)
    with pytest.raises(BatchError, match=r"0000\.png: cannot be written to"):
        run_job(photos[0], options, photos[0].parent)
    with (
        open_folder(tmp_path / "out"),
        pytest.raises(BatchError, match="out: a job is running in this folder"),
    ):
        run_job(tmp_path / "out", options, photos[0].parent)


def test_an_error_before_the_start_leaves_the_folder_free(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(BatchError, match="no such file or folder"):
        run_job(out, options, tmp_path / "missing")
    with pytest.raises(ModelError, match="nobody"):
        run_job(out, replace(options, model="nobody"), photos[0].parent)
    run_job(out, replace(options, unsure_below=0.5), photos[0].parent)
    check_exact(out, photos)


def test_a_full_disk_is_one_error_and_the_job_resumes(
    photos: list[Path], options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_MAX_SECONDS", 0.0)
    out = tmp_path / "out"

    with ExitStack() as limits:

        def fill_up(_: Task) -> None:
            if len(rows_of(out)) == 12:
                limits.enter_context(no_file_over(1000))

        with pytest.raises(MediaError, match=r"disk is full .*what is written stays valid; make"):
            run_job(out, options, photos[0].parent, engine=InProcess(fill_up))
    assert len(rows_of(out)) == 12
    run_job(out, options, photos[0].parent)
    check_exact(out, photos)


def test_a_damaged_manifest_is_refused_and_other_versions_are_not(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run_job(out, options, photos[0].parent)
    content = read_manifest(out)
    content["versions"]["numpy"] = "1.0"
    (out / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    run_job(out, options, photos[0].parent)
    (out / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(BatchError, match=r"manifest\.json: damaged; give --out another folder"):
        run_job(out, options, photos[0].parent)


def test_a_broken_video_that_may_be_long_is_one_row_of_errors(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "_MIN_BYTE_RATE", 0)
    (tmp_path / "broken.mp4").write_text("no video")
    run_job(tmp_path / "out", options, tmp_path / "broken.mp4")
    (row,) = rows_of(tmp_path / "out", "errors")
    assert row["reason"].startswith("not a video")


def two_points(*_: object) -> tuple[int, int]:
    return (10, 20)


class FakeParts:
    """A video in three parts: replaces the splitting and stitching, and counts the latter."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, options: Options) -> None:
        self.stitched = 0
        self._schema = schema_of(options)
        monkeypatch.setattr(job, "_MIN_BYTE_RATE", 0)
        monkeypatch.setattr(job, "find_split_points", two_points)
        monkeypatch.setattr("mien.batch.stitching.stitch", self.stitch)

    def answer(self, task: Task) -> TaskResult:
        assert task.part is not None
        row = {"source": task.items[0].path, "frame": task.part.number, "time": 0.0}
        rows = pa.Table.from_pylist([row], self._schema)
        return TaskResult(rows, (), (Note("x", "n"),), Counter(pictures=1), 1.0)

    def stitch(self, item: Any, parts: list[TaskResult], options: Options) -> TaskResult:
        self.stitched += 1
        failures = [failure for part in parts for failure in part.failures]
        if failures:
            return failed_result(failures[0], options)
        assert [part.rows["frame"].to_pylist() for part in parts] == [[0], [1], [2]]
        assert all(part.notes == ((item.path, "n"),) for part in parts)
        rows = pa.concat_tables([part.rows for part in parts])
        return TaskResult(rows, counts=Counter(films=1, pictures=3))


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch, options: Options) -> FakeParts:
    return FakeParts(monkeypatch, options)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_video(tmp_path / "talk.mp4", regular(10, 3))


class Stopping(Scripted):
    """Ends after some tasks, which it takes in reverse order."""

    def __init__(self, answer: Callable[[Task], TaskResult], count: int) -> None:
        super().__init__(answer)
        self._count = count

    def run(self, tasks: Any, options: Options) -> Any:
        some = sorted(tasks, key=lambda task: -task.number)[: self._count]
        yield from super().run(some, options)


def test_results_of_video_parts_are_saved_over_stops_until_all_are_done(
    parts: FakeParts, video: Path, options: Options, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for done in (1, 2):
        run_job(out, options, video, engine=Stopping(parts.answer, 1))
        assert rows_of(out) == []
        assert len(list((out / "job" / "held").iterdir())) == done
    report = run_job(out, options, video, engine=Stopping(parts.answer, 9))
    assert [row["frame"] for row in rows_of(out)] == [0, 1, 2]
    assert report.totals.counts == Counter(films=1, pictures=3)
    assert report.totals.seconds == 3.0
    assert list((out / "job" / "held").iterdir()) == []
    run_job(out, options, video, engine=Scripted(refuse))
    assert parts.stitched == 1


def test_a_video_whose_last_part_was_done_before_a_kill_is_stitched(
    parts: FakeParts,
    video: Path,
    options: Options,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"

    def killed(*_: object) -> TaskResult:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mien.batch.stitching.stitch", killed)
        with pytest.raises(KeyboardInterrupt):
            run_job(out, options, video, engine=Scripted(parts.answer))
    assert rows_of(out) == []
    run_job(out, options, video, engine=Scripted(refuse))
    assert [row["frame"] for row in rows_of(out)] == [0, 1, 2]


def test_a_failed_part_fails_its_video_once(
    parts: FakeParts, video: Path, options: Options, tmp_path: Path
) -> None:
    def answer(task: Task) -> TaskResult:
        assert task.part is not None
        return failed_result(Failure(task.items[0], f"part {task.part.number}"), options)

    run_job(tmp_path / "out", options, video, engine=Scripted(answer))
    assert rows_of(tmp_path / "out") == []
    assert rows_of(tmp_path / "out", "errors") == [{"path": str(video), "reason": "part 0"}]


def test_a_model_of_eight_labels_has_its_labels_in_records_and_manifest(
    eight_label_model: Path, shared: Path, photos: list[Path], tmp_path: Path
) -> None:
    analyzer = Analyzer(eight_label_model)
    out = tmp_path / "out"
    inputs = (*sorted((shared / "media").glob("*.jpg")), shared / "media" / "one_face.mp4")
    options = make_options(eight_label_model, crops=False, longest_video=20.0)
    report = run_job(out, options, *inputs, engine=LocalEngine(2))
    assert not report.totals.counts["failures"]
    assert report.labels == (*analyzer.labels, UNSURE)
    parts = [read_records(path) for path in sorted((out / "records").iterdir())]
    records = join([part for part in parts if len(part)])
    assert records.labels == analyzer.labels
    assert records.raw.shape[1] == len(analyzer.labels) == 8
    assert tuple(records.attributes) == analyzer.attribute_names
    content = read_manifest(out)
    assert content["labels"] == list(analyzer.labels)
    assert content["attributes"] == list(analyzer.attribute_names)
    assert list(content["faces_by_emotion"]) == [*analyzer.labels, UNSURE]
    assert sum(content["faces_by_emotion"].values()) == content["counts"]["faces"] > 5
    run_job(out, options, *inputs, engine=Scripted(refuse))


def test_a_failing_attribute_is_one_row_of_errors_and_the_rest_is_written(
    photos: list[Path], options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = photos[17]
    pixels = read_frame(bad).pixels

    def measure(self: object, view: FaceView) -> list[float]:
        return [float("nan") if np.array_equal(view.frame, pixels) else 1.0]

    monkeypatch.setattr(FaceSide, "measure", measure)
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run_job(out, options, photos[0].parent, engine=stop_after(6, KeyboardInterrupt()))
    run_job(out, options, photos[0].parent)
    check_exact(out, [path for path in photos if path != bad], [bad])
    (row,) = rows_of(out, "errors")
    assert row["reason"].startswith("attribute 'side': returned [nan]; each must be a finite")


def test_a_resumed_job_keeps_the_attributes_of_its_first_run(
    photos: list[Path], options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later version may measure more: the tables of a folder keep their columns."""
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("mien.inference.analyzer.shipped_attributes", lambda: (FaceSide(),))
        with pytest.raises(KeyboardInterrupt):
            run_job(out, options, photos[0].parent, engine=stop_after(2, KeyboardInterrupt()))
    run_job(out, options, photos[0].parent)
    check_exact(out, photos)
    assert read_manifest(out)["attributes"] == ["side"]
    assert {row["attribute_side"] for row in rows_of(out)} == {48.0}
    assert not [name for name in rows_of(out)[0] if name == "attribute_sharpness"]


def test_a_manifest_without_labels_and_attributes_resumes_without_attribute_columns(
    photos: list[Path], options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Version 0.1 wrote neither, named no detector, and had no column of clocks."""
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("mien.inference.analyzer.shipped_attributes", tuple)
        with pytest.raises(KeyboardInterrupt):
            run_job(out, options, photos[0].parent, engine=stop_after(2, KeyboardInterrupt()))
    content = read_manifest(out)
    del content["labels"], content["attributes"], content["clock"], content["options"]["detector"]
    (out / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    for path in (out / "records").iterdir():
        pq.write_table(pq.read_table(path).drop_columns(["detector", "clock"]), path)
    with pytest.raises(BatchError, match="started with detector mtcnn, not yunet"):
        run_job(out, replace(options, detector="yunet"), photos[0].parent)
    run_job(out, options, photos[0].parent)
    check_exact(out, photos)
    schemas = {ds.dataset(path).schema for path in (out / "records").iterdir()}
    assert schemas == {arrow_schema(Layout(clock=False))}


def test_attributes_that_are_measured_no_more_are_refused_and_nothing_is_lost(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run_job(out, options, photos[0].parent, engine=stop_after(2, KeyboardInterrupt()))
    before = rows_of(out)
    content = read_manifest(out) | {"attributes": ["gaze"]}
    (out / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BatchError, match=r"the attributes gaze; this Mien gives .*; resume with"):
        run_job(out, options, photos[0].parent)
    assert rows_of(out) == before


def test_a_label_with_the_name_of_a_count_is_refused(
    photos: list[Path], tmp_path: Path, options: Options
) -> None:
    card = replace(CARD, labels=("notes", *CARD.labels[1:]))
    path = tmp_path / "notes.onnx"
    onnx.save(build_tiny_model(card.to_metadata()), path)
    with pytest.raises(BatchError, match="its label 'notes' is also what a job counts; give"):
        run_job(tmp_path / "out", replace(options, model=str(path)), photos[0].parent)


def test_a_column_of_the_inputs_cannot_be_called_clock(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    table = tmp_path / "list.csv"
    table.write_text(f"path,Clock\n{photos[0]},noon\n")
    with pytest.raises(BatchError, match=r"column 'Clock' is named as a column of the records; re"):
        run_job(tmp_path / "out", options, table)


def test_a_job_of_an_early_version_keeps_its_own_column_clock(
    photos: list[Path], options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, out = tmp_path / "list.csv", tmp_path / "out"
    table.write_text("path,clock\n" + "".join(f"{path},noon\n" for path in photos))
    early = replace(options, has_clock=False)
    with monkeypatch.context() as patch:
        layout = replace(Analyzer(options.model).layout, clock=False)
        patch.setattr("mien.batch.job.Analyzer.layout", layout)
        with pytest.raises(KeyboardInterrupt):
            run_job(out, early, table, engine=stop_after(2, KeyboardInterrupt()))
    content = read_manifest(out)
    del content["clock"]
    (out / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    run_job(out, options, table)
    check_exact(out, photos)
    records = join([read_records(path) for path in sorted((out / "records").iterdir())])
    assert set(records.extra["clock"]) == {"noon"}


def test_a_job_keeps_the_detector_it_started_with(
    shared: Path, tiny_model: Path, tmp_path: Path
) -> None:
    out, photo = tmp_path / "out", shared / "media" / "one_face.jpg"
    options = make_options(tiny_model, crops=False)
    run_job(out, replace(options, detector="mtcnn"), photo)
    assert read_manifest(out)["options"]["detector"] == "mtcnn"
    assert [row["detector"] for row in rows_of(out)] == ["mtcnn"]
    run_job(out, options, photo)  # asks for none, and there is nothing left to do


def test_an_unknown_detector_is_refused_before_anything_is_written(
    photos: list[Path], options: Options, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="nobody: no such face detector"):
        run_job(tmp_path / "out", replace(options, detector="nobody"), photos[0].parent)
    assert not (tmp_path / "out").exists()
