"""Nothing leaves the machine, and nothing is left on it that nobody asked for."""

import os
import subprocess
import sys
from pathlib import Path


def test_opening_a_model_sends_nothing(tmp_path: Path) -> None:
    hidden = ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "XDG_DATA_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    code = "from mien.inference.classifier import Classifier; Classifier()"
    subprocess.run(
        [sys.executable, "-c", code], env=environment | {"HOME": str(tmp_path)}, check=True
    )
    assert list(tmp_path.rglob("*")) == []
