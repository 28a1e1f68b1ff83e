"""The `mien` command: one thin file per command, heavy imports inside the command."""

import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from mien import __version__
from mien.cli.agree import agree
from mien.cli.audit import audit
from mien.cli.baseline import baseline, segments
from mien.cli.batch import batch
from mien.cli.cite import cite
from mien.cli.console import print_error
from mien.cli.crop import crop
from mien.cli.doctor import doctor
from mien.cli.evaluate import evaluate
from mien.cli.events import events
from mien.cli.examples import epilog
from mien.cli.export import export
from mien.cli.export_bids import export_bids
from mien.cli.page import page
from mien.cli.people import people
from mien.cli.predict import predict
from mien.cli.profile import profile
from mien.cli.report import report
from mien.cli.send import send
from mien.cli.serve import serve
from mien.cli.study import study
from mien.cli.summarize import summarize
from mien.cli.train import train
from mien.cli.tune import tune
from mien.errors import MienError

app = typer.Typer(
    name="mien",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    predict,
    batch,
    report,
    page,
    summarize,
    baseline,
    segments,
    agree,
    train,
    tune,
    evaluate,
    crop,
    export,
    audit,
    serve,
    send,
    export_bids,
    cite,
    people,
    doctor,
):
    app.command(epilog=epilog(command.__name__.replace("_", "-")))(command)
app.add_typer(profile, name="profile")
app.add_typer(events, name="events")
app.add_typer(study, name="study")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mien {__version__}")
        raise typer.Exit


@app.callback()
def mien(
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            "-V",
            callback=_print_version,
            is_eager=True,
            help="Print the version and stop.",
        ),
    ] = False,
) -> None:
    """Labels the expression visible on a face, on your own machine."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line, and ends the process.

    An error is one line on standard error: status 1 for a `MienError`, 2 for a command that is
    wrong in itself.
    """
    try:
        status = app(arguments, prog_name="mien", standalone_mode=False)
    except MienError as error:
        print_error(str(error))
        sys.exit(1)
    except TyperException as error:
        sys.exit(_print_usage_error(error))
    except typer.Abort:
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _print_usage_error(error: TyperException) -> int:
    """Prints what is wrong with a command and where its help is; returns the status."""
    reason = error.format_message().rstrip(".")
    if context := getattr(error, "ctx", None):
        if not reason:  # no argument at all: the help itself
            context.get_help()  # typer prints it
            return error.exit_code
        reason = f"{reason}; see '{context.command_path} -h'"
    print_error(f"{reason[:1].lower()}{reason[1:]}.")
    return error.exit_code
