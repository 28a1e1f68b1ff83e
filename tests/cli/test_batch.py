"""`mien batch` as a user runs it, with real processes that are killed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from mien.batch.plan import Task
from mien.batch.progress import Totals, Workload
from mien.cli import main
from mien.cli.batch_view import BatchBar
from tests.alive import gone
from tests.batch.jobs import check_exact, items_of, rows_of, save_photos

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[int, str, str]]

# Small tasks, each of which is written at once, so that a short job has many of them. Ctrl-C is
# handled even where these tests run in the background.
COMMAND = [
    sys.executable,
    "-c",
    "import signal, mien.batch.plan as plan, mien.batch.writer as writer\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "plan._MAX_PHOTOS, writer._MAX_SECONDS = 4, 0.0\n"
    "from mien.cli import main\n"
    "if __name__ == '__main__': main()",
    "batch",
]


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    return save_photos(tmp_path / "photos", 200)


@pytest.fixture
def command(photos: list[Path], tmp_path: Path, tiny_model: Path) -> list[str]:
    """A job of 200 photos with one worker."""
    options = ["--crops", "--model", str(tiny_model), "--workers", "1"]
    return [*COMMAND, str(photos[0].parent), "--out", str(tmp_path / "out"), *options]


@pytest.fixture
def run(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `mien batch` here; returns its exit status, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        words = [str(argument) for argument in arguments]
        with pytest.raises(SystemExit) as ended:
            main(["batch", *words, "--model", str(tiny_model), "--crops", "--workers", "1"])
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


def lines_in(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def stop_when(
    command: Sequence[str], journal: Path, lines: int, how: signal.Signals
) -> tuple[int, str, list[int]]:
    """Starts a job and stops it once its journal has so many lines.

    Returns:
        Its exit status, its standard error, and the process ids of its workers.
    """
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        while process.poll() is None and lines_in(journal) < lines:
            time.sleep(0.002)
        workers = [int(pid) for pid in children_of(process.pid)]
        process.send_signal(how)
        _, printed = process.communicate(timeout=60)
    return process.returncode, printed, workers


def test_a_job_that_is_killed_again_and_again_is_exact(
    command: list[str], photos: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    bad = photos[3::20]  # 5 %
    for path in bad:
        path.write_bytes(b"broken")
    journal, lines = out / "job" / "journal.jsonl", 0
    for _ in range(2):
        status, _, workers = stop_when(command, journal, lines + 5, signal.SIGKILL)
        assert status == -signal.SIGKILL
        assert lines + 5 <= lines_in(journal) < 50
        lines = lines_in(journal)
        assert workers
        assert gone(workers), "workers end with the command"
        sources = [row["source"] for row in rows_of(out)]
        assert len(sources) == len(set(sources)), "no row is there twice, even now"
    subprocess.run(command, check=True, capture_output=True)
    check_exact(out, [path for path in photos if path not in bad], bad)
    assert lines_in(journal) == 50


def test_ctrl_c_saves_the_results_and_says_how_to_resume(
    command: list[str], photos: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    status, printed, workers = stop_when(command, out / "job" / "journal.jsonl", 3, signal.SIGINT)
    assert status == 130
    assert "stopped; all results so far are saved; give the same command again to resume" in printed
    assert "Traceback" not in printed
    assert gone(workers)
    assert json.loads((out / "manifest.json").read_text())["state"] == "stopped"
    assert 12 <= len(rows_of(out)) < len(photos)
    subprocess.run(command, check=True, capture_output=True)
    check_exact(out, photos)


def test_ctrl_c_while_workers_start_prints_one_line(command: list[str]) -> None:
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0
    )
    with process:
        while not _spawned(children_of(process.pid)):
            time.sleep(0.002)
        time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        _, printed = process.communicate(timeout=60)
    assert process.returncode == 130
    assert printed.startswith("stopped; ")
    assert printed.count("\n") == 1


def test_a_killed_worker_loses_no_row(
    command: list[str], photos: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        killed = 0
        while process.poll() is None and killed < 2:
            if lines_in(out / "job" / "journal.jsonl") >= 5 * (killed + 1):
                for pid in _spawned(children_of(process.pid)):
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
            time.sleep(0.002)
        assert process.wait(60) == 0
    assert killed == 2
    check_exact(out, photos)


def _spawned(pids: Sequence[str]) -> list[int]:
    """Leaves out the resource tracker of multiprocessing."""
    return [int(pid) for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_the_report_has_faces_shares_and_failures_by_reason(
    run: Run, photos: list[Path], tmp_path: Path
) -> None:
    for path in photos[:3]:
        path.write_bytes(b"")
    photos[3].write_bytes(b"broken")
    status, out, err = run(photos[0].parent, "--out", tmp_path / "out")
    assert (status, err) == (0, "")
    text = " ".join(out.split())
    assert "196 photos, 0 videos, 196 images in all: 196 faces; " in text
    assert re.search(r"\d images/s", text)
    shares = re.findall(r"^(\w+) +(\d+) +([\d.]+)%$", out, re.M)
    assert sum(int(faces) for _, faces, _ in shares) == 196
    assert sum(float(share) for _, _, share in shares) == pytest.approx(100, abs=0.5)
    assert "4 inputs have no rows:" in text
    assert "3: the file is empty; copy or save it again." in text
    assert "1: not an image" in text
    assert "Mien labels visible expressions, not feelings." in " ".join(text.split())


def test_a_dry_run_prints_an_estimate_and_writes_nothing(
    run: Run, photos: list[Path], tmp_path: Path
) -> None:
    photos[0].write_bytes(b"broken")
    (photos[0].parent / "notes.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    status, out, err = run(photos[0].parent, "--out", tmp_path / "out", "--dry-run")
    assert (status, err) == (0, "")
    assert re.search(r"200 photos, \d+\.\d MB; 64 tried, [01] of them cannot be read", out)
    assert "1 other files are skipped" in out
    assert re.search(r"with 1 workers: about 0:00:0\d \(95 % interval 0:00:0\d to ", out)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing", "--out", "out"], "error: missing: no such file or folder; check the path."),
        (["empty", "--out", "out"], "error: no photo and no video among the inputs"),
        (["list.csv", "--out", "out"], "error: list.csv: it has no column 'path'"),
        (["photos", "--out", "photos"], "error: photos: holds other files"),
        (["s3://bucket/photos", "--out", "out"], "error: s3://bucket/photos: cannot be opened"),
    ],
)
def test_a_bad_input_is_one_line_before_the_start(
    run: Run,
    photos: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.csv").write_text("file\na.png\n")
    status, out, err = run(*arguments)
    assert (status, out) == (1, "")
    assert err.startswith(message)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("library", "extra", "options"),
    [
        ("pyarrow", "batch", []),
        ("fsspec", "batch", ["--dry-run"]),
        ("ray", "ray", ["--engine", "ray"]),
    ],
)
def test_a_missing_library_is_one_line(
    photos: list[Path], tmp_path: Path, library: str, extra: str, options: list[str]
) -> None:
    without = f"import sys; sys.modules[{library!r}] = None; from mien.cli import main; main()"
    arguments = ["batch", str(photos[0]), "--out", str(tmp_path / "out"), *options]
    answer = subprocess.run(
        [sys.executable, "-c", without, *arguments], capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.count("\n") == 1
    assert f"needs '{library}'" in answer.stderr
    assert f"pip install 'mien[{extra}]'" in answer.stderr


def test_an_address_needs_the_ray_engine(run: Run, tmp_path: Path) -> None:
    status, _, err = run(tmp_path, "--out", tmp_path / "out", "--address", "10.0.0.1:6379")
    assert status == 2
    assert "add --engine ray" in err


def test_the_status_is_1_if_no_input_can_be_read(
    run: Run, photos: list[Path], tmp_path: Path
) -> None:
    photos[0].write_bytes(b"broken")
    status, out, _ = run(photos[0], "--out", tmp_path / "out")
    assert status == 1
    assert "1 inputs have no rows" in out


def test_the_bar_shows_rate_time_left_and_failures(photos: list[Path]) -> None:
    screen = StringIO()
    task = Task(0, tuple(items_of(photos)), 10.0)
    counts = Counter(photos=1500, pictures=1500, failures=2)
    with BatchBar(Console(file=screen, force_terminal=True, width=100)) as bar:
        bar.inputs_listed(3000)
        bar.started(Workload(photos=3000, cost=20.0), Totals())
        bar.task_done(task, Totals(counts))
    drawn = screen.getvalue()
    assert "3,000 inputs listed" in drawn
    assert re.search(r"1,500 inputs  [\d,.]+ images/s  2 failures", drawn)
    assert "50%" in drawn
    assert re.search(r"\d:\d\d:\d\d left", drawn)


@pytest.mark.parametrize(
    "names", [("--longest-video", "--as-started"), ("--longest-film", "--as-begun")]
)
def test_deprecated_names_of_options_do_the_same(
    run: Run, photos: list[Path], tmp_path: Path, names: tuple[str, str]
) -> None:
    longest, as_started = names
    arguments = (photos[0], "--out", tmp_path / "out", longest, 60)
    assert run(*arguments)[0] == 0
    photos[0].touch()
    status, _, err = run(*arguments)
    assert status == 1
    assert "add --as-started to resume with the saved list of inputs" in err
    assert run(*arguments, as_started)[0] == 0
