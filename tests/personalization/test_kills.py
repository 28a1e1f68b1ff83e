"""A kill at any moment loses nothing that was acknowledged."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("MIEN_KILLS", "50"))
"""How many kills: MIEN_KILLS=1000 for a thousand, which takes a minute or more."""


def test_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.personalization.kill_loop", str(tmp_path), str(ROUNDS)]
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # threads and forks do not go well
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert found["wrong"] == ""
    assert found["acknowledged"] >= ROUNDS  # one a kill on average, at least
