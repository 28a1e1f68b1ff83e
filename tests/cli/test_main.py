"""The command itself: its version, help, completion, and one style of error."""

import os
import shutil
import signal
import subprocess
import sys

import pytest
import typer

from mien import __version__
from mien.cli import app, main

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    return int(stop.value.code or 0)


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(option) == 0
    assert capsys.readouterr().out == f"mien {__version__}\n"


@pytest.mark.slow
def test_the_command_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "mien", "-V"]
    assert subprocess.run(command, check=True, capture_output=True).stdout.strip() == (
        f"mien {__version__}".encode()
    )


INTERRUPTED = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path, target=None):
        if name == "mien.cli.agree":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # tests may run where it is ignored
sys.meta_path.insert(0, Finder())
from mien.__main__ import main
main()
"""
STARTED = """
import signal
import mien.cli
from mien.__main__ import main
signal.signal(signal.SIGINT, signal.default_int_handler)
mien.cli.main = lambda: print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
main()
"""


def test_ctrl_c_during_the_start_ends_without_a_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_a_started_command_handles_ctrl_c_itself() -> None:
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, check=True)
    assert done.stdout == b"True\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, "-h") == 0
    short = capsys.readouterr().out
    assert run(command, "--help") == 0
    assert capsys.readouterr().out == short
    assert f"mien {command}" in short


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["predict"], "missing argument 'SOURCE...'"),
        (["predict", "a.jpg", "--nope"], "no such option: --nope"),
        (["predict", "a.jpg", "--unsure-below", "7"], "invalid value for '--unsure-below'"),
        (["nope"], "no such command 'nope'"),
        (["evaluate", "default"], "missing option '--data'"),
    ],
)
def test_a_wrong_command_is_one_line_that_names_its_help(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert line.startswith(f"error: {said}")
    assert line.endswith(" -h'.")
    assert captured.out == ""


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 2
    assert "predict" in capsys.readouterr().out


def complete(shell: str, **words: str) -> str:
    environment = os.environ | {"_MIEN_COMPLETE": f"complete_{shell}"} | words
    command = [sys.executable, "-m", "mien"]
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.slow
def test_each_shell_completes_commands_and_options() -> None:
    assert complete("bash", COMP_WORDS="mien pre", COMP_CWORD="1").split() == ["predict"]
    assert "--model" in complete("bash", COMP_WORDS="mien predict --mo", COMP_CWORD="2")
    assert "predict" in complete("zsh", _TYPER_COMPLETE_ARGS="mien pre")
    fish = {"_TYPER_COMPLETE_ARGS": "mien pre", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    assert "predict" in complete("fish", **fish)


@pytest.mark.slow
def test_bash_itself_completes() -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash")
    folder = os.path.dirname(sys.executable)  # noqa: PTH120 - as the shell has it
    script = (
        'eval "$(mien --show-completion)"; COMP_WORDS=(mien tu); COMP_CWORD=1; '
        '_mien_completion mien; echo "${COMPREPLY[@]}"'
    )
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    command = [bash, "--norc", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["tune"]
