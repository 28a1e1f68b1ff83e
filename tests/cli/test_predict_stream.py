"""`mien predict` on videos: what a user gets, and keeps when something ends it early."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from mien.cli import main
from mien.cli.predict_stream import video_name
from mien.inference.records import read_records

pytestmark = pytest.mark.slow


@pytest.fixture
def clip(shared: Path) -> Path:
    """72 frames at 30 a second: one man, neutral, smiling, neutral again."""
    return shared / "media" / "one_face.mp4"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["predict", *map(str, arguments)])
    return int(stop.value.code or 0)


def test_a_video_gives_a_line_a_frame_and_one_person(
    clip: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(clip, "--json", "--model", tiny_model) == 0
    results = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [result["frame"] for result in results] == list(range(72))
    assert results[-1]["time"] == pytest.approx(71 / 30, abs=1e-3)
    assert {face["person"] for result in results for face in result["faces"]} == {1}
    assert set(results[0]["faces"][0]["smoothed"]) == set(results[0]["faces"][0]["probabilities"])


def test_records_and_the_annotated_video_have_every_frame_and_keep_the_sound(
    clip: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = tmp_path / "records.csv"
    options = ("--records", records, "--save", tmp_path / "drawn", "--model", tiny_model)
    assert run(clip, *options) == 0
    assert "72 frames" in capsys.readouterr().out
    assert read_records(records).frame.tolist() == list(range(72))
    with av.open(tmp_path / "drawn" / "one_face.mp4") as drawn, av.open(clip) as original:
        assert len(drawn.streams.audio) == len(original.streams.audio)
        times = [frame.time for frame in drawn.decode(video=0)]
    assert times == pytest.approx([n / 30 for n in range(72)], abs=1e-3)


def test_a_truncated_video_gives_every_frame_before_the_cut(
    clip: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # In MPEG-TS what is cut off is lost, and no more.
    whole, cut = tmp_path / "whole.ts", tmp_path / "cut.ts"
    remux(clip, whole)
    content = whole.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    records = tmp_path / "records.jsonl"
    assert run(cut, "--records", records, "--model", tiny_model) == 0
    count = len(set(read_records(records).frame.tolist()))
    assert 20 < count < 72
    assert f"{count} frames" in capsys.readouterr().out


def remux(source: Path, target: Path) -> None:
    """Copies the images of a video into another container."""
    with av.open(source) as old, av.open(target, "w") as new:
        track = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = track
                new.mux(packet)


WITH_CTRL_C = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from mien.cli import main; main()"
)
"""The command, which hears Ctrl-C even where these tests run in the background."""


def test_ctrl_c_keeps_the_records_and_finishes_the_video(
    clip: Path, tiny_model: Path, tmp_path: Path
) -> None:
    long = tmp_path / "long.ts"
    remux(clip, tmp_path / "once.ts")
    long.write_bytes((tmp_path / "once.ts").read_bytes() * 40)
    records = tmp_path / "records.csv"
    command = [sys.executable, "-c", WITH_CTRL_C, "predict", long]
    command += ["--records", records, "--save", tmp_path / "drawn", "--model", tiny_model]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    while not (records.exists() and records.stat().st_size > 20_000):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"what was written so far is kept" in errors
    count = len(set(read_records(records).frame.tolist()))
    with av.open(tmp_path / "drawn" / "long.mp4") as drawn:
        assert sum(1 for _ in drawn.decode(video=0)) in {count, count - 1}


@pytest.mark.parametrize("option", ["--records", "--save"])
def test_an_existing_output_is_not_overwritten(
    clip: Path,
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    option: str,
) -> None:
    kept = tmp_path / ("records.csv" if option == "--records" else "one_face.mp4")
    kept.write_text("precious")
    target = kept if option == "--records" else tmp_path
    assert run(clip, option, target, "--model", tiny_model) == 1
    assert kept.read_text() == "precious"
    assert kept.name in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nosuch.mp4", "no such file"),
        ("97", "camera 97"),
        ("gopher://x/y", "not an address that can be opened"),
    ],
)
def test_a_source_that_cannot_be_opened_is_one_clear_error(
    tiny_model: Path, capsys: pytest.CaptureFixture[str], source: str, message: str
) -> None:
    assert run(source, "--model", tiny_model) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


def test_crops_is_refused_for_a_video(
    clip: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(clip, "--crops", "--model", tiny_model) == 1
    assert "--crops is for images" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--video", "--film"])
def test_the_images_of_a_folder_can_be_one_video(
    shared: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert run(shared / "media", option, "--json", "--model", tiny_model) == 0
    results = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [result["frame"] for result in results] == [0, 1, 2]
    assert "person" in results[0]["faces"][0]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("talks/monday.mov", "monday.mp4"),
        ("0", "camera-0.mp4"),
        ("rtsp://host:554/a/b?c", "host-554-a-b-c.mp4"),
        ("https://../..", "video.mp4"),
    ],
)
def test_the_annotated_video_is_named_after_its_source(source: str, name: str) -> None:
    assert video_name(source) == name
