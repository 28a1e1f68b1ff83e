"""`mien predict`: when frames were taken, and the Lab Streaming Layer."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.cli import main
from mien.clocks import parse_clock
from mien.inference.records import read_records
from mien.study.events import read_events
from tests.cli.test_predict_stream import WITH_CTRL_C
from tests.inference.media.test_live import Server, send, then_stall
from tests.inference.media.videos import make_video
from tests.study.lsl.streams import configure, lsl, open_inlet, open_outlet, until

pytestmark = pytest.mark.slow


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["predict", *map(str, arguments)])
    return int(stop.value.code or 0)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    tags = {"creation_time": "2026-11-27T12:00:00Z"}
    return make_video(tmp_path / "talk.mp4", [0, 0.25, 1.5], tags=tags)


@pytest.mark.parametrize(
    ("options", "first", "last"),
    [
        ([], "2026-11-27T12:00:00.000Z", "2026-11-27T12:00:01.500Z"),
        (
            ["--start-time", "2025-01-02T03:04:05.678+01:00"],
            "2025-01-02T02:04:05.678Z",
            "2025-01-02T02:04:07.178Z",
        ),
    ],
)
def test_rows_and_json_have_the_clock_of_the_video_or_of_the_option(
    video: Path,
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    first: str,
    last: str,
) -> None:
    records = tmp_path / "talk.csv"
    assert run(video, "--model", tiny_model, "--json", "--records", records, *options) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [lines[0]["clock"], lines[-1]["clock"]] == [first, last]
    assert read_records(records).extra["clock"][[0, -1]].tolist() == [first, last]


def test_a_video_without_a_creation_time_has_empty_clocks(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = make_video(tmp_path / "talk.mp4", [0, 0.25])
    assert run(video, "--model", tiny_model, "--json", "--records", tmp_path / "talk.jsonl") == 0
    assert "clock" not in json.loads(capsys.readouterr().out.splitlines()[0])
    assert set(read_records(tmp_path / "talk.jsonl").extra["clock"]) == {None}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--start-time", "2025-01-02T03:04:05"], "states no time zone; write date, time and"),
        (["--start-time", "soon"], "'soon' is not a time in ISO 8601"),
        (["--lsl"], "--lsl is for cameras and live streams"),
        (["--lsl-markers", "Stimuli"], "--lsl-markers needs --lsl and --records"),
    ],
)
def test_options_that_do_not_fit_a_video_are_one_clear_error(
    video: Path,
    tiny_model: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    assert run(video, "--model", tiny_model, *options) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize("option", [["--start-time", "2025-01-02T03:04:05Z"], ["--lsl"]])
def test_photos_take_neither_a_start_time_nor_lsl(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    Image.fromarray(np.zeros((48, 48, 3), np.uint8)).save(tmp_path / "a.png")
    assert run(tmp_path / "a.png", *option) == 1
    assert f"{option[0]} is not for photos" in capsys.readouterr().err


def test_a_camera_takes_no_start_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("97", "--start-time", "2025-01-02T03:04:05Z") == 1
    assert "a live frame has the time of its arrival" in capsys.readouterr().err


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server(then_stall(send(0, 100_000, gap=0.05)))
    yield started
    started.close()


class Run:
    """`mien predict` of a live source, until Ctrl-C."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-c", WITH_CTRL_C, "predict", *map(str, arguments)]
        self.errors: list[str] = []
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self) -> None:
        assert self.process.stderr
        self.errors.extend(self.process.stderr)

    def stop(self) -> str:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        self.thread.join()
        self.process.stderr.close()
        return "".join(self.errors)


def test_a_live_source_tells_its_start_and_dropped_frames_at_the_end(
    server: Server, tiny_model: Path, tmp_path: Path
) -> None:
    records = tmp_path / "camera.csv"
    running = Run(server.url, "--records", records, "--model", tiny_model, "--json")
    until(lambda: records.exists() and records.stat().st_size > 2000)
    told = running.stop()
    rows = read_records(records)
    started = re.search(rf"{server.url}: started (\S+), which is .* monotonic clock plus", told)
    assert started
    # Frames that come at once, as the first ones do, are 1 ms apart in `time`.
    assert parse_clock(started[1]) == pytest.approx(rows.clock[0] - rows.time[0], abs=0.02)
    assert f"{len(rows)} frames, {rows.frame[-1] + 1 - len(rows)} dropped" in told
    assert np.diff(rows.clock).min() > 0
    assert rows.clock - rows.clock[0] == pytest.approx(rows.time - rows.time[0], abs=0.02)


def test_lsl_publishes_results_and_records_markers_as_events(
    server: Server, tiny_model: Path, tmp_path: Path
) -> None:
    configure(tmp_path)
    outlet = open_outlet("Stimuli")
    records = tmp_path / "camera.csv"
    running = Run(server.url, "--lsl", "--records", records, "--model", tiny_model)
    inlet = open_inlet("Mien")
    until(lambda: any("records markers of 'Stimuli'" in line for line in running.errors))
    sample, stamp = inlet.pull_sample(timeout=20)
    outlet.push_sample(["tone"], stamp + 0.25)
    until((tmp_path / "camera.events.csv").exists)
    told = running.stop()
    assert "LSL: publishes the stream 'Mien' with" in told
    frame, moment = sample[:2]
    (event,) = read_events(tmp_path / "camera.events.csv")
    assert (event.name, event.author) == ("tone", "Stimuli")
    assert event.onset == pytest.approx(moment + 0.25, abs=0.05)
    rows = read_records(records)
    row = rows.frame.tolist().index(int(frame))
    assert rows.time[row] == pytest.approx(moment, abs=1e-6)
    assert rows.clock[row] == pytest.approx(sample[-1], abs=1e-3)
    assert lsl().local_clock() > stamp
