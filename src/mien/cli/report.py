"""`mien report`: one HTML page of a file of records."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import print_note
from mien.errors import MediaError

if TYPE_CHECKING:
    from mien.reporting.page import Thumbnail


def report(
    records: Annotated[
        list[Path], typer.Argument(help="Files of records, or folders of `mien batch`.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="The page to write.", show_default="the first RECORDS, as .html"),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="The video, for images.", show_default="the one in the records"),
    ] = None,
) -> None:
    """Writes one page from records: a timeline of each person's expressions, and key moments.

    The page needs no network. If the video is there, the page shows images of the faces. Names and
    events that belong to the records are shown; see `mien events` and `mien people`.
    """
    from mien.reporting import write_report
    from mien.study.recording import load_recordings

    out = out or records[0].with_suffix(".html")
    if out.suffix.lower() not in {".html", ".htm"}:  # so the records are never overwritten
        raise MediaError(
            "a page ends in .html", subject=out, remedy="choose such a name with --out"
        )
    recordings = load_recordings(records)
    if len(recordings) > 1:
        write_report(recordings, out)
    else:
        with _thumbnails(source or str(recordings[0].records.source[0])) as thumbnail:
            write_report(recordings, out, thumbnail)
    typer.echo(f"{out}")


@contextmanager
def _thumbnails(source: str) -> Iterator["Thumbnail | None"]:
    """Yields a function that cuts faces from the video, or None and a note if there is no video."""
    if not _exists(source):
        _print_reason(f"{source}: video not found")
        yield None
        return
    from mien.inference.media.sources import open_stream
    from mien.reporting.thumbnails import ThumbnailReader

    try:
        stream = open_stream(source)
    except MediaError as error:
        _print_reason(str(error))
        yield None
        return
    with stream:
        reader = ThumbnailReader(stream)
        yield reader
    if reader.problem:
        _print_reason(reader.problem, "the page lacks some images")


def _exists(source: str) -> bool:
    try:
        return bool(source) and Path(source).exists()
    except OSError:  # an address may be too long for a path
        return False


def _print_reason(reason: str, consequence: str = "the page will have no images") -> None:
    print_note(f"note: {reason.rstrip('.')}; {consequence}. --source names the video.")
