"""The worked study of docs/worked-study.md, with few participants."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HAS_VALIDATOR = shutil.which("bids-validator-deno", path=str(Path(sys.executable).parent))


@pytest.mark.slow
@pytest.mark.skipif(not HAS_VALIDATOR, reason="needs bids-validator-deno, which is not installed")
def test_every_command_of_the_study_runs(shared: Path, tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "benchmarks" / "worked_study.py"), "--people", "3"]

    done = subprocess.run(
        [*script, "--out", str(tmp_path / "study"), "--data", str(shared)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    commands = {line.split()[2] for line in done.stdout.splitlines() if line.startswith("$ mien ")}
    page = (ROOT / "docs" / "worked-study.md").read_text("utf-8")
    shown = {line.split()[2] for line in page.splitlines() if line.startswith("$ mien ")}
    assert commands == shown
    assert "[ERROR]" not in done.stdout
    assert (tmp_path / "study" / "bids" / "sub-P03" / "beh").is_dir()
