"""`mien report`: one HTML page of a file of records."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import tell_note
from mien.errors import MediaError

if TYPE_CHECKING:
    from mien.inference.records import Records
    from mien.reporting.page import Thumbnail


def report(
    records: Annotated[Path, typer.Argument(help="What `mien predict --records` wrote.")],
    out: Annotated[
        Path | None, typer.Option(help="The page to write.", show_default="RECORDS, as .html")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="The video, for images.", show_default="the one in the records"),
    ] = None,
) -> None:
    """Makes one page of records: a timeline of each person's expressions, and their key moments.

    The page needs no network. Where the video is at hand, images of the faces are in it.
    """
    from mien.inference.records import read_records
    from mien.reporting import write_report

    out = out or records.with_suffix(".html")
    if out.suffix.lower() not in {".html", ".htm"}:  # nor are the records overwritten by mistake
        raise MediaError("a page ends in .html", subject=out, remedy="give --out such a name")
    rows = read_records(records)
    with _thumbnails(source or _first_source(rows)) as thumbnail:
        write_report(rows, out, thumbnail)
    typer.echo(f"{out}")


def _first_source(rows: "Records") -> str:
    return str(rows.source[0]) if len(rows) else ""


@contextmanager
def _thumbnails(source: str) -> Iterator["Thumbnail | None"]:
    """Gives what cuts faces from the video; None, and a note, where it is not at hand."""
    if not _is_at_hand(source):
        _tell(f"{source}: no video at hand")
        yield None
        return
    from mien.inference.media.sources import open_stream
    from mien.reporting.thumbnails import Cutter

    try:
        stream = open_stream(source)
    except MediaError as error:
        _tell(str(error))
        yield None
        return
    with stream:
        cutter = Cutter(stream)
        yield cutter
    if cutter.problem:
        _tell(cutter.problem, "the page lacks some images")


def _is_at_hand(source: str) -> bool:
    try:
        return bool(source) and Path(source).exists()
    except OSError:  # an address may be too long for a path
        return False


def _tell(reason: str, consequence: str = "the page will have no images") -> None:
    tell_note(f"note: {reason.rstrip('.')}; {consequence}. --source names the video.")
