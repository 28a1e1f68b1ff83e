"""`mien predict`: the expressions in a photo, or in a folder of photos."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import errors, tell_error
from mien.errors import MediaError
from mien.files import replacing

if TYPE_CHECKING:
    from PIL import Image


def predict(
    source: Annotated[Path, typer.Argument(help="A photo, or a folder of photos.")],
    model: Annotated[
        str, typer.Option(help="The name of a shipped model, or a model file.")
    ] = "paper",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON Lines, one object a picture.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the pictures, faces drawn, to DIR.")
    ] = None,
    crops: Annotated[
        bool, typer.Option("--crops", help="Each picture already is a cropped face.")
    ] = False,
) -> None:
    """Names the expression visible on each face in a photo, or in a folder of photos."""
    from mien.cli.tables import print_note, print_result
    from mien.inference.analyzer import Analyzer
    from mien.inference.media import find_pictures, read_frame

    pictures = find_pictures(source)
    drawings = {} if save is None else _plan_drawings(save, source, pictures)
    analyzer = Analyzer(model)
    analyze = analyzer.analyze_crop if crops else analyzer.analyze
    done = 0
    for picture in _tracked(pictures):
        try:
            frame = read_frame(picture)
            result = analyze(frame)
        except MediaError as error:
            if len(pictures) == 1:
                raise
            _tell_failure(picture, error, as_json)
            continue
        if as_json:
            _print_json(result.to_dict())
        else:
            print_result(result)
        if picture in drawings:
            from mien.inference.draw import draw

            _write(draw(frame.pixels, result), drawings[picture])
        done += 1
    if not done:
        raise typer.Exit(1)
    if not as_json:
        print_note()


def _tracked(pictures: list[Path]) -> Iterator[Path]:
    """Yields the pictures; shows how far it is, where that disturbs no other output."""
    if len(pictures) == 1 or not errors.is_terminal or sys.stdout.isatty():
        yield from pictures
        return
    from rich.progress import Progress

    with Progress(console=errors, transient=True, redirect_stdout=False) as progress:
        yield from progress.track(pictures, description="pictures")


def _print_json(record: dict[str, object]) -> None:
    # ASCII alone: a file name need not be valid Unicode, and no terminal can garble it.
    typer.echo(json.dumps(record))


def _tell_failure(picture: Path, error: MediaError, as_json: bool) -> None:
    tell_error(str(error))
    if as_json:
        _print_json({"source": str(picture), "error": str(error)})


def _plan_drawings(folder: Path, source: Path, pictures: list[Path]) -> dict[Path, Path]:
    """Names the file of each drawn picture: subfolders stay, so that equal names do not meet.

    Raises:
        MediaError: the folder cannot be written to, or a picture itself would be overwritten.
    """
    root = source if source.is_dir() else source.parent
    drawings = {path: folder / _drawn_name(path.relative_to(root)) for path in pictures}
    originals = {_identity(path) for path in pictures if path.exists()}
    for drawing in drawings.values():
        if drawing.exists() and _identity(drawing) in originals:
            raise MediaError(
                f"{drawing}: --save would overwrite this picture; give another folder."
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from None
    if not os.access(folder, os.W_OK):
        raise MediaError(f"{folder}: may not be written to; give --save another folder.")
    return drawings


def _drawn_name(path: Path) -> Path:
    kept = path.suffix.lower() in {".jpg", ".jpeg", ".png"}
    return path if kept else path.with_name(f"{path.name}.png")


def _identity(path: Path) -> tuple[int, int]:
    """Tells whether two paths are one file, through links of either kind."""
    status = path.stat()
    return status.st_dev, status.st_ino


def _write(drawing: "Image.Image", path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as beside:
            drawing.save(beside)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> MediaError:
    return MediaError(f"{path}: cannot be written ({error.strerror}); give --save another folder.")
