"""What the package says of itself, and what its wheel holds."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from mien import __version__

ROOT = Path(__file__).parents[1]


def test_versions_are_the_same_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == __version__
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert f'"version": "{__version__}"' in (ROOT / "web" / "package.json").read_text()


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    for place in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (ROOT / place).exists(), place


@pytest.mark.slow
def test_the_wheel_holds_all_that_the_commands_need(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = ROOT / "src" / "mien"
    data = [
        path for path in wanted.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    missing = [path for path in data if path.relative_to(wanted.parent).as_posix() not in names]
    assert missing == []
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))]
