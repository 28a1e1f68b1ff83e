"""Runs a command as a user does, and returns what it printed."""

from collections.abc import Callable
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

Run = Callable[..., tuple[str, str]]


def make_run(command: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> Run:
    """Returns a function that takes arguments and returns standard output and standard error."""
    app = typer.Typer()
    app.command()(command)

    def call(*arguments: object) -> tuple[str, str]:
        done = CliRunner().invoke(app, [str(it) for it in arguments])
        if done.exception:
            raise done.exception
        return done.stdout, capsys.readouterr().err + done.stderr

    return call
