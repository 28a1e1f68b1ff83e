"""`mien serve`: Studio's server."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.extras import needs_extra


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen at; another than 127.0.0.1 needs --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(envvar="MIEN_TOKEN", help="What a client must show.", show_default="none"),
    ] = None,
    model: Annotated[
        str, typer.Option(help="The name of a shipped model, or a model file.")
    ] = "default",
    folder: Annotated[
        Path | None,
        typer.Option(help="Where recorded sessions are kept.", show_default="the user's data"),
    ] = None,
    keep_days: Annotated[
        float | None,
        typer.Option(min=0, help="Days a recorded session is kept.", show_default="for ever"),
    ] = None,
) -> None:
    """Serves Studio's API on this machine, until it is stopped; nothing leaves the machine."""
    with needs_extra("serve"):
        from mien.server.run import run
        from mien.server.settings import Settings, default_folder
    settings = Settings(
        host=host,
        port=port,
        token=token,
        model=model,
        folder=folder or default_folder(),
        keep_days=keep_days,
    )
    run(settings, tell=typer.echo)
