"""`mien serve`: Studio, its page and its API."""

import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.console import DetectorOption, needs_extra


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on; any other than 127.0.0.1 needs --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free port.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(envvar="MIEN_TOKEN", help="Access token.", show_default="none"),
    ] = None,
    model: Annotated[
        str, typer.Option(help="The name of a shipped model, or a model file.")
    ] = "default",
    prior: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE", help="Its base rates: fer2013, photos, uniform, or a JSON file."
        ),
    ] = None,
    detector: DetectorOption = "yunet",
    folder: Annotated[
        Path | None,
        typer.Option(help="The folder of sessions and profiles.", show_default="the user's data"),
    ] = None,
    keep_days: Annotated[
        float | None,
        typer.Option(min=0, help="Days until a session is deleted.", show_default="never"),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Serves Studio on this machine until Ctrl+C; nothing leaves the machine."""
    from mien.folders import data_folder

    with needs_extra("serve"):
        from mien.server.run import run
        from mien.server.settings import Settings
    settings = Settings(
        host=host,
        port=port,
        token=token,
        model=model,
        prior=prior,
        detector=detector,
        folder=folder or data_folder(),
        keep_days=keep_days,
    )
    run(settings, on_start=_print_and_open if open_page else _print_address)


def _print_address(address: str) -> None:
    typer.echo(f"Mien Studio is running at {address} (Ctrl+C to stop)")


def _print_and_open(address: str) -> None:
    _print_address(address)
    # In a thread, because a browser in the terminal returns only when it is closed.
    threading.Thread(target=_open, args=(address,), daemon=True).start()


def _open(address: str) -> None:
    if not webbrowser.open(address):
        typer.echo("no browser found; open the address yourself.", err=True)
