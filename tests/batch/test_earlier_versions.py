"""Folders that earlier versions of Mien left half-done resume without loss."""

import json
import os
import shutil
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from mien.batch import plan
from mien.batch.errors import BatchError
from mien.batch.job_folder import load_inputs
from mien.batch.plan import Options
from mien.inference.records import read_records
from tests.batch.engines import Scripted
from tests.batch.jobs import rows_of, run_job

VERSION_0_1 = Path(__file__).parent / "version_0_1"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder of version 0.1, as if the job had been started here."""
    shutil.copytree(VERSION_0_1, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plan, "_MAX_PHOTOS", 2)  # as when it was written
    manifest = tmp_path / "job" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8")) | {"folder": str(tmp_path)}
    manifest.write_text(json.dumps(content), encoding="utf-8")
    for item in load_inputs(tmp_path / "job" / "job" / "inputs.parquet"):
        os.utime(tmp_path / item.path, ns=(int(item.stamp), int(item.stamp)))
    return tmp_path


def options_in(folder: Path) -> Options:
    return Options(str(folder / "model.onnx"), 0.0, True, 8.0, str(folder))


@pytest.mark.parametrize("as_started", [False, True])
def test_a_folder_of_version_0_1_resumes_with_the_rows_of_version_0_1(
    folder: Path, as_started: bool
) -> None:
    out = folder / "job"
    before = {path: path.read_bytes() for path in out.rglob("part-*")}
    report = run_job(out, options_in(folder), "list.csv", as_started=as_started)
    whole = pq.read_table(folder / "whole.parquet").to_pylist()
    assert rows_of(out) == whole
    assert len(whole) == 5 + 150
    reason = "not a picture; give a JPEG, PNG, WebP or HEIC file."
    assert rows_of(out, "errors") == [{"path": "photos/0003.png", "reason": reason}]
    assert {path: path.read_bytes() for path in before} == before
    assert not list((out / "job" / "held").iterdir())
    counts = report.totals.counts
    assert (counts["photos"], counts["films"], counts["pictures"]) == (5, 1, 155)
    assert (counts["faces"], counts["failures"]) == (5, 1)


def test_all_parts_of_a_resumed_folder_have_the_columns_of_version_0_1(folder: Path) -> None:
    out = folder / "job"
    columns = pq.read_schema(out / "records" / "part-000000.parquet")
    run_job(out, options_in(folder), "list.csv")
    for path in sorted((out / "records").iterdir()):
        assert pq.read_schema(path) == columns
    records = read_records(path)
    assert list(records.extra) == ["who"]
    assert not records.attributes
    assert ds.dataset(out / "records").schema == columns
    content = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert content["state"] == "done"
    assert content["faces_by_emotion"]["fear"] == content["counts"]["faces"] == 5


def test_a_finished_folder_of_version_0_1_stays_as_it_is(folder: Path) -> None:
    def refuse(task: object) -> None:
        raise AssertionError(task)

    run_job(folder / "job", options_in(folder), "list.csv")
    run_job(folder / "job", options_in(folder), "list.csv", engine=Scripted(refuse))


def test_a_changed_input_of_a_folder_of_version_0_1_is_refused(folder: Path) -> None:
    (folder / "photos" / "0005.png").write_bytes(b"changed")
    with pytest.raises(BatchError, match=r"0005\.png is another file.*; add --as-started to res"):
        run_job(folder / "job", options_in(folder), "list.csv")
