"""What an installation holds: pinned files with hashes, a bill of materials, wheels that repeat."""

import json
import os
import re
import shutil
import subprocess
import sys
from hashlib import file_digest
from pathlib import Path

import pytest
from scripts.supply.lock import INSTALLS, UNLOCKED, WITHOUT_DEPENDENCIES, needed, read_pins
from scripts.supply.sbom import describe, describe_npm

ROOT = Path(__file__).resolve().parents[1]
_LINE = re.compile(r"([\w.-]+)==([^\s;]+)((?: --hash=sha256:[0-9a-f]{64})+)")


def locked(install: str) -> dict[str, str]:
    text = (ROOT / "locks" / f"{install}.txt").read_text("utf-8").replace(" \\\n   ", "")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    matches = [_LINE.fullmatch(line) for line in lines]
    assert all(matches), lines[matches.index(None)]
    return {match[1]: match[2] for match in matches if match}


@pytest.mark.parametrize("install", INSTALLS)
def test_a_lock_has_a_hash_for_every_package_that_its_install_needs(install: str) -> None:
    packages = needed(INSTALLS[install], WITHOUT_DEPENDENCIES.get(install, ()))
    assert locked(install).keys() == packages - UNLOCKED


@pytest.mark.parametrize("install", INSTALLS)
def test_a_lock_has_the_versions_of_the_constraints(install: str) -> None:
    pins = read_pins()
    assert locked(install).items() <= pins.items()


def test_a_file_that_was_tampered_with_is_not_installed(tmp_path: Path) -> None:
    package = tmp_path / "evil-1.0-py3-none-any.whl"
    package.write_bytes(b"not what was locked")
    lock = tmp_path / "lock.txt"
    lock.write_text(f"{package.as_uri()} --hash=sha256:{'0' * 64}\n")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
    done = subprocess.run(
        [*command, "--requirement", lock, "--dest", tmp_path / "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr


@pytest.mark.parametrize("install", [*INSTALLS, "npm"])
def test_the_bill_of_materials_is_that_of_the_pins(install: str) -> None:
    text = (ROOT / "sbom" / f"{install}.cdx.json").read_text("utf-8")
    assert text == (describe_npm() if install == "npm" else describe(install))


@pytest.mark.parametrize("install", [*INSTALLS, "npm"])
def test_every_component_has_a_licence(install: str) -> None:
    bom = json.loads((ROOT / "sbom" / f"{install}.cdx.json").read_text("utf-8"))
    assert bom["specVersion"] == "1.6"
    assert [part["name"] for part in bom["components"] if not part.get("licenses")] == []


@pytest.mark.slow
def test_a_wheel_is_built_twice_to_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for turn, umask in enumerate((0o022, 0o077)):
        copy, out = tmp_path / f"copy-{turn}", tmp_path / f"wheel-{turn}"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "src", copy / "src", ignore=ignored, copy_function=shutil.copyfile)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copyfile(ROOT / name, copy / name)
        os.utime(copy / "README.md", (turn, turn))
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        subprocess.run(
            [*command, "--no-build-isolation", "--wheel-dir", out, copy], check=True, umask=umask
        )
        (wheel,) = out.glob("*.whl")
        with wheel.open("rb") as file:
            digests.add(file_digest(file, "sha256").hexdigest())
    assert len(digests) == 1
