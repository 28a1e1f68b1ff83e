"""`mien page`: Mien as one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from mien.errors import MediaError


def page(
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("lab.html"),
    model: Annotated[str, typer.Option(help="A model of the package.")] = "default",
    title: Annotated[str, typer.Option(help="Of the page.")] = "Mien",
) -> None:
    """Writes one HTML file that labels expressions in a browser, without a server or a network.

    Open it from a disk or a USB stick: camera, photos, videos, recordings, markers and reports.
    Images never leave the page.
    """
    from mien.browser.page import write_page

    if out.suffix.lower() not in {".html", ".htm"}:
        raise MediaError(
            "a page ends in .html", subject=out, remedy="choose such a name with --out"
        )
    write_page(out, model, title)
    typer.echo(f"{out}  {out.stat().st_size / 1e6:.1f} MB")
