"""The `mien` command: one thin file per command, heavy imports inside the command."""

import sys

import typer

from mien.cli.agree import agree
from mien.cli.audit import audit
from mien.cli.baseline import baseline, segments
from mien.cli.batch import batch
from mien.cli.cite import cite
from mien.cli.console import print_error
from mien.cli.crop import crop
from mien.cli.evaluate import evaluate
from mien.cli.events import events
from mien.cli.export import export
from mien.cli.export_bids import export_bids
from mien.cli.page import page
from mien.cli.people import people
from mien.cli.predict import predict
from mien.cli.profile import profile
from mien.cli.report import report
from mien.cli.serve import serve
from mien.cli.study import study
from mien.cli.summarize import summarize
from mien.cli.train import train
from mien.cli.tune import tune
from mien.errors import MienError

app = typer.Typer(
    name="mien",
    help="Labels the expression visible on a face, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
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
    export_bids,
    cite,
    people,
):
    app.command()(command)
app.add_typer(profile, name="profile")
app.add_typer(events, name="events")
app.add_typer(study, name="study")


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line; a `MienError` is one line on standard error and status 1."""
    try:
        app(arguments)
    except MienError as error:
        print_error(str(error))
        sys.exit(1)
