"""Runs a soak, prints what it found, and writes it; exits with 1 if something does not hold."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from reliability.soak.report import print_result, write_result
from reliability.soak.run import Result, Settings, soak
from reliability.soak.tally import Tally


def main(
    requests: Annotated[int, typer.Option(min=1, help="Of all clients together.")] = 50_000,
    clients: Annotated[int, typer.Option(min=1, max=200, help="At once.")] = 16,
    seed: Annotated[int, typer.Option(help="Of what the clients do.")] = 0,
    minutes: Annotated[float, typer.Option(min=0.01, help="Until the clients stop.")] = 40,
    out: Annotated[Path, typer.Option(help="The folder of the results.")] = Path("runs/soak"),
) -> None:
    """Has many clients use and misuse a server of its own, on loopback, and checks it."""
    console = Console()
    result = _run(Settings(requests, clients, seed, minutes), console)
    print_result(result, console)
    write_result(result, out)
    console.print(f"Written to {out}: soak.json, soak.svg, server.log")
    raise typer.Exit(0 if result.passed else 1)


def _run(settings: Settings, console: Console) -> Result:
    columns = (
        *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
        TimeElapsedColumn(),
    )
    with (
        tempfile.TemporaryDirectory(prefix="mien-soak-") as folder,
        Progress(*columns, console=console) as progress,
    ):
        task = progress.add_task("requests", total=settings.requests)

        def show(tally: Tally) -> None:
            progress.update(task, completed=min(tally.total, settings.requests))

        return soak(settings, Path(folder), show)


if __name__ == "__main__":
    typer.run(main)
