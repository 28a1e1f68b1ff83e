"""`mien serve`: Studio, its page and its API."""

import os
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import DetectorOption, ModelOption, needs_extra

if TYPE_CHECKING:
    from mien.server.run import Started
    from mien.server.settings import Settings


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on; any other than 127.0.0.1 needs --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free port.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(envvar="MIEN_TOKEN", help="Access token.", show_default="none"),
    ] = None,
    https: Annotated[
        bool, typer.Option("--https", help="Make a self-signed certificate and use HTTPS.")
    ] = False,
    certificate: Annotated[
        Path | None, typer.Option(help="Use HTTPS with your own certificate, a PEM file.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="The private key of --certificate, a PEM file.")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Accept this host name, such as a proxy's. Repeatable."),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCHEME://HOST[:PORT]", help="Accept pages of this origin. Repeatable."
        ),
    ] = None,
    model: ModelOption = "default",
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
    webhook_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST[:PORT]",
            help="Jobs may call this host when they end, signed by MIEN_WEBHOOK_SECRET.",
        ),
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
        https=https,
        certificate=certificate,
        key=key,
        allow_hosts=tuple(allow_host or ()),
        allow_origins=tuple(allow_origin or ()),
        model=model,
        prior=prior,
        detector=detector,
        folder=folder or data_folder(),
        keep_days=keep_days,
        webhook_hosts=tuple(host.lower() for host in webhook_host or ()),
        webhook_secret=os.environ.get("MIEN_WEBHOOK_SECRET", ""),
    )

    def announce(started: "Started") -> None:
        _print_start(started, settings)
        if open_page:
            # In a thread, because a browser in the terminal returns only when it is closed.
            threading.Thread(target=_open, args=(started.local,), daemon=True).start()

    run(settings, on_start=announce)


def _print_start(started: "Started", settings: "Settings") -> None:
    """Prints where to open Studio, on other machines first, and who else may use it."""
    first, *more = started.others or (started.local,)
    typer.echo(f"Mien Studio is running at {first} (Ctrl+C to stop)")
    for address in more:
        typer.echo(f"Also at {address}")
    if started.others:
        typer.echo(f"On this computer: {started.local}")
        if first.startswith("http:"):
            typer.echo("Cameras of other devices need HTTPS; add --https.")
    if (certificate := started.certificate) and certificate.self_signed:
        typer.echo(
            f"Certificate: self-signed, expires {certificate.expires:%Y-%m-%d}; browsers warn of "
            f"it once. SHA-256 fingerprint:\n{certificate.fingerprint}"
        )
    if settings.allow_hosts:
        typer.echo(f"Allowed hosts: {', '.join(settings.allow_hosts)}")
        if not (settings.secure or settings.allow_origins):
            typer.echo("If a proxy adds HTTPS, also name its origin with --allow-origin.")
    if settings.allow_origins:
        typer.echo(f"Allowed origins: {', '.join(settings.allow_origins)}")


def _open(address: str) -> None:
    if not webbrowser.open(address):
        typer.echo("no browser found; open the address yourself.", err=True)
