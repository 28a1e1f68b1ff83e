"""`mien predict` on whatever people name: several things, patterns, addresses, standard input."""

import io
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mien.cli import main
from mien.inference.records import read_records
from tests.website import Quiet, serving

Run = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def run(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `mien predict --json`; returns its status, its objects, and standard error."""

    def call(*arguments: object) -> tuple[int, list[dict[str, Any]], str]:
        with pytest.raises(SystemExit) as ended:
            main(["predict", *map(str, arguments), "--json", "--model", str(tiny_model)])
        captured = capsys.readouterr()
        rows = [json.loads(line) for line in captured.out.splitlines()]
        return int(ended.value.code or 0), rows, captured.err

    return call


@pytest.fixture
def album(shared: Path, tmp_path: Path) -> Path:
    """Two photos, one in a folder below, and two videos."""
    smile = (shared / "media" / "one_face.jpg").read_bytes()
    for name in ("a.jpg", "in/b.jpg"):
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(smile)
    clip = (shared / "media" / "one_face.mp4").read_bytes()
    for name in ("c.mp4", "d.mp4"):
        (tmp_path / "album" / name).write_bytes(clip)
    return tmp_path / "album"


def names(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(Path(row["source"]).name for row in rows))


def test_several_photos_and_videos_go_into_one_file(run: Run, album: Path, tmp_path: Path) -> None:
    records = tmp_path / "all.csv"
    sources = (album / "a.jpg", album / "c.mp4", album / "in" / "b.jpg", album / "d.mp4")
    status, rows, _ = run(*sources, "--every", "24", "--records", records)
    assert status == 0
    assert names(rows) == ["a.jpg", "b.jpg", "c.mp4", "d.mp4"]
    assert [row["frame"] for row in rows] == [0, 0, 0, 24, 48, 0, 24, 48]
    assert len(read_records(records).frame) == 8


def test_patterns_are_expanded_here_too(run: Run, album: Path) -> None:
    assert names(run(album / "**" / "*.jpg")[1]) == ["a.jpg", "b.jpg"]
    status, _, errors = run(album / "*.png")
    assert status == 1
    assert "no file fits this pattern" in errors


def test_a_name_with_brackets_is_no_pattern(run: Run, album: Path) -> None:
    odd = album / "a[1].jpg"
    odd.write_bytes((album / "a.jpg").read_bytes())
    assert names(run(odd)[1]) == ["a[1].jpg"]


def test_the_videos_of_a_folder_are_told(run: Run, album: Path) -> None:
    status, rows, errors = run(album)
    assert (status, names(rows)) == (0, ["a.jpg", "b.jpg"])
    assert "2 videos were left out; name them, or use 'mien batch'" in errors
    for path in album.rglob("*.jpg"):
        path.unlink()
    assert "no images in this folder, but 2 videos; name videos one by one" in run(album)[2]


def test_a_failing_source_is_told_and_the_rest_goes_on(run: Run, album: Path) -> None:
    status, rows, errors = run(album / "gone.jpg", album / "a.jpg", album / "gone.mp4")
    assert status == 1
    assert [row.get("error") is None for row in rows] == [False, True]
    assert "gone.jpg: no such file" in errors
    assert "gone.mp4: no such file" in errors


def test_standard_input_is_an_image(run: Run, album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO((album / "a.jpg").read_bytes())
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=content))
    status, (row,), _ = run("-")
    assert (status, row["source"], len(row["faces"])) == (0, "<stdin>", 1)
    status, _, errors = run("-")
    assert status == 1
    assert "standard input is empty; pipe one image into it" in errors


@pytest.fixture
def site(album: Path) -> Iterator[str]:
    """A server of the photo and the clip, under names that do not say what they are."""
    served = {"/photo": ("image/jpeg", "a.jpg"), "/clip": ("video/mp4", "c.mp4")}

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, name = served[self.path]
            content = (album / name).read_bytes()
            asked = self.headers.get("Range", "bytes=0-").removeprefix("bytes=")
            first = int(asked.partition("-")[0])
            body = content[first:]
            self.send_response(206 if "Range" in self.headers else 200)
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:  # the client has seen enough
                self.close_connection = True

    with serving(Handler) as address:
        yield address


def test_an_address_is_an_image_or_a_video_as_its_server_says(run: Run, site: str) -> None:
    status, rows, _ = run(f"{site}/photo", f"{site}/clip", "--fps", "1")
    assert status == 0
    assert [(row["frame"], len(row["faces"])) for row in rows] == [(0, 1), (0, 1), (30, 1), (60, 1)]


def test_a_stretch_of_a_video(run: Run, album: Path) -> None:
    clip = album / "c.mp4"
    _, rows, _ = run(clip, "--start", "0:01.5", "--end", "1.7")
    assert [row["frame"] for row in rows] == list(range(45, 51))
    assert "no frame was chosen; check --start and --end" in run(clip, "--start", "1:00")[2]
    assert (
        "--start: 'soon' is no time; write seconds or [h:]mm:ss" in run(clip, "--start", "soon")[2]
    )
    assert "is not for photos" in run(album / "a.jpg", "--start", "1")[2]


@pytest.mark.parametrize(("seconds", "equal"), [("0", True), ("1", False)])
def test_smoothing_may_be_chosen(
    shared: Path, capsys: pytest.CaptureFixture[str], seconds: str, equal: bool
) -> None:
    clip = str(shared / "media" / "one_face.mp4")
    with pytest.raises(SystemExit):
        main(["predict", clip, "--json", "--smoothing", seconds, "--end", "0.3"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    faces = [row["faces"][0] for row in rows]
    assert all(face["smoothed"] == face["probabilities"] for face in faces) is equal


def test_small_faces_may_be_left_out(run: Run, shared: Path) -> None:
    photo = shared / "media" / "five_faces.jpg"
    sides = sorted(max(face["box"][2:]) for face in run(photo)[1][0]["faces"])
    kept = run(photo, "--min-face", sides[2])[1][0]["faces"]
    assert sorted(max(face["box"][2:]) for face in kept) == pytest.approx(sides[2:], abs=0.1)
    clip = shared / "media" / "one_face.mp4"
    assert run(clip, "--min-face", "5000", "--end", "0.1")[1][0]["faces"] == []


def test_embeddings_are_printed(run: Run, album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for source in ("a.jpg", "c.mp4"):
        _, rows, _ = run(album / source, "--embeddings", *(["--end", "0.1"] * (source > "b")))
        assert np.isfinite(rows[0]["faces"][0]["embedding"]).all()
    with pytest.raises(SystemExit):
        main(["predict", str(album / "a.jpg"), "--embeddings"])
    assert "--embeddings needs --json" in capsys.readouterr().err


def test_a_file_that_is_there_is_replaced_by_force_alone(
    run: Run, album: Path, tmp_path: Path
) -> None:
    records = tmp_path / "records.csv"
    records.write_text("precious")
    assert run(album / "a.jpg", "--records", records)[0] == 1
    assert records.read_text() == "precious"
    assert run(album / "a.jpg", "--records", records, "--force")[0] == 0
    assert len(read_records(records).frame) == 1


def test_force_removes_nothing_that_it_cannot_replace(
    run: Run, album: Path, tmp_path: Path
) -> None:
    table = tmp_path / "study.xlsx"
    table.write_text("precious")
    for source in ("a.jpg", "c.mp4"):
        status, _, errors = run(album / source, "--records", table, "--force")
        assert status == 1
        assert "records end in .csv, .jsonl or .parquet" in errors
        assert table.read_text() == "precious"
    (tmp_path / "folder.csv").mkdir()
    status, _, errors = run(album / "a.jpg", "--records", tmp_path / "folder.csv", "--force")
    assert status == 1
    assert "folder.csv: cannot be written (Is a directory); give --records another" in errors
    (tmp_path / "c.mp4").mkdir()
    status, _, errors = run(album / "c.mp4", "--save", tmp_path, "--force")
    assert status == 1
    assert "c.mp4: cannot be written (Is a directory); give --save another folder" in errors
