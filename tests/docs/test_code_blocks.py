"""Every block of code in the documentation: commands exist as written, Python runs or compiles."""

import ast
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import typer
from PIL import Image

from mien.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
COMMANDS = typer.main.get_command(app)
RUN = ("docs/python.md", "docs/index.md", "docs/integrations/supervision.md")
"""Pages whose Python is run, block after block, beside a photo, a video and a folder of photos."""


class Block(NamedTuple):
    """A fenced block: where it is, its language and its text."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    return [block for page in PAGES for block in _blocks(page) if block.language in languages]


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(r"^```(\w*)[^\n]*\n(.*?)^```$", text, re.M | re.S):
        yield Block(page, text[: found.start()].count("\n") + 1, found[1], found[2])


def commands(text: str) -> Iterator[list[str]]:
    """The `mien` commands of a block, as a shell splits them, without comments and pipes."""
    joined = text.replace("\\\n", " ")
    for line in joined.splitlines():
        bare = re.sub(r"^\s*\$\s+", "", line).strip()
        for part in re.split(r"\s*(?:\||&&|;)\s+", bare):
            command = re.sub(r"^(?:[A-Z_]+=\S+\s+)+", "", part)
            if not re.match(r"(?:\S*/)?mien\s", command):
                continue
            try:
                yield shlex.split(command, comments=True)[1:]
            except ValueError:  # a quotation that the page goes on with
                continue


SHELL = [
    pytest.param(words, id=f"{block}-{' '.join(words)[:40]}")
    for block in blocks("", "sh", "bash", "console", "text")
    for words in commands(block.text)
    if words
]


@pytest.mark.parametrize("words", SHELL)
def test_a_command_is_written_as_it_is(words: list[str]) -> None:
    command = COMMANDS
    while words and hasattr(command, "commands"):
        if words[0].startswith("-"):
            break
        name, *words = words
        assert name in command.commands, name
        command = command.commands[name]
    known = {option for it in command.params for option in (*it.opts, *it.secondary_opts)}
    for word in words:
        if word == "--":
            break
        if re.match(r"--?[A-Za-z]", word):
            assert word.partition("=")[0] in {*known, "--help", "-h"}, word


@pytest.mark.parametrize("block", blocks("python", "py"), ids=str)
def test_python_compiles(block: Block) -> None:
    compile(block.text, str(block), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN)
def test_python_runs(
    name: str, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("supervision")
    for place in ("photo.jpg", "photos/a.jpg"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        shutil.copy(shared / "media" / "one_face.jpg", tmp_path / place)
    shutil.copy(shared / "media" / "one_face.mp4", tmp_path / "interview.mp4")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "cv2", _OpenCV())
    names = {"paths": ["photo.jpg", "nowhere.jpg"], "upload": (tmp_path / "photo.jpg").read_bytes()}
    for block in _blocks(ROOT / name):
        if block.language == "python":
            run(block, names)


def run(block: Block, names: dict[str, object]) -> None:
    """Runs a block; one with `await` in a loop of its own."""
    import asyncio  # noqa: PLC0415
    import inspect  # noqa: PLC0415

    code = compile(block.text, str(block), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(code, names))
    else:
        exec(code, names)


class _OpenCV:
    """The one function of OpenCV that the pages call: it reads an image as BGR."""

    __spec__ = None

    @staticmethod
    def imread(path: str) -> np.ndarray:
        return np.asarray(Image.open(path).convert("RGB"))[:, :, ::-1].copy()
