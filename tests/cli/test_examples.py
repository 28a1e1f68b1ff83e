"""The examples of each command's help are commands that exist, with options that exist."""

import shlex

import pytest
import typer

from mien.cli import app, main
from mien.cli.examples import EXAMPLES

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
SHOWN = [(name, line) for name, lines in EXAMPLES.items() for line in lines]


def test_every_command_has_an_example() -> None:
    groups = {"profile", "events", "study"}
    assert set(EXAMPLES) == set(COMMANDS) - groups


@pytest.mark.parametrize(("name", "line"), SHOWN, ids=[line for _, line in SHOWN])
def test_an_example_parses(name: str, line: str) -> None:
    words = shlex.split(line)
    words = words[words.index("mien") + 1 :]
    assert words[0] == name
    with COMMANDS[name].make_context(name, words[1:]) as context:
        assert context.params


def test_the_help_ends_with_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["crop", "-h"])
    assert "mien crop photos/ --out crops/" in capsys.readouterr().out
