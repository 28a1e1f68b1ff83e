"""Builds the wheel and tries it on every Python that is here: installs, predicts, tells the size.

Usage: python scripts/try_wheel.py PHOTO [PYTHON...]
PYTHON defaults to python3.11 to python3.14, as far as they are found. For each: the seconds of the
install, the size of what was installed, and what `mien predict` says of PHOTO.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def main() -> None:
    photo = Path(sys.argv[1]).resolve()
    given = sys.argv[2:] or [f"python{version}" for version in VERSIONS]
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build(Path(scratch))
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
        for name in given:
            python = shutil.which(name)
            print(f"{name}: {try_on(python, wheel, photo) if python else 'not here'}")


def build(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def try_on(python: str, wheel: Path, photo: Path) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([python, "-m", "venv", scratch], check=True)
        own = str(Path(scratch, "bin", "python"))
        start = time.perf_counter()
        subprocess.run([own, "-m", "pip", "install", "--quiet", str(wheel)], check=True)
        seconds = time.perf_counter() - start
        command = [own, "-W", "error::DeprecationWarning:mien", "-m", "mien", "predict", "--json"]
        printed = subprocess.run([*command, str(photo)], check=True, capture_output=True).stdout
        faces = [face["emotion"] for face in json.loads(printed)["faces"]]
        version = subprocess.run([own, "-V"], check=True, capture_output=True, text=True).stdout
        return f"{version.strip()}, {seconds:.0f} s, {size(Path(scratch)):.0f} MB, {faces}"


def size(environment: Path) -> float:
    """Returns the megabytes of what was installed, without pip."""
    (packages,) = environment.glob("lib/python*/site-packages")
    files = (path for path in packages.rglob("*") if path.is_file() and not path.is_symlink())
    tools = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
    kept = (path for path in files if not path.relative_to(packages).parts[0].startswith(tools))
    return sum(path.stat().st_size for path in kept) / 1e6


if __name__ == "__main__":
    main()
