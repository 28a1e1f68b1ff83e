"""`mien predict`: the expressions in photos; what moves is in `moving.py`."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import errors, tell_error
from mien.cli.tables import print_json, print_note, print_result
from mien.errors import MediaError
from mien.files import replacing
from mien.results import FrameResult

if TYPE_CHECKING:
    from PIL import Image

    from mien.inference.analyzer import Analyzer


def predict(
    source: Annotated[
        str, typer.Argument(help="A photo, a folder, a video, a camera's number, or an address.")
    ],
    model: Annotated[
        str, typer.Option(help="The name of a shipped model, or a model file.")
    ] = "default",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON Lines, one object an image or frame.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write what is seen, faces drawn, to DIR.")
    ] = None,
    records: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a row a face: .csv .jsonl .parquet")
    ] = None,
    unsure_below: Annotated[
        float, typer.Option(min=0, max=1, help="The confidence below which a face is 'unsure'.")
    ] = 0.0,
    crops: Annotated[
        bool, typer.Option("--crops", help="Each image already is a cropped face.")
    ] = False,
    profile: Annotated[
        str | None, typer.Option(help="Answer as this profile has learned; see `mien profile`.")
    ] = None,
    video: Annotated[
        bool, typer.Option("--film", help="A folder's images are the frames of one video.")
    ] = False,
) -> None:
    """Names the expression visible on each face: in photos, videos, cameras and streams."""
    from mien.inference.analyzer import Analyzer

    moving = video or _is_moving(source)
    if moving and crops:
        raise MediaError(
            "--crops is for images of one face each", subject=source, remedy="leave it out"
        )
    analyzer = Analyzer(model, unsure_below=unsure_below)
    if profile is not None:
        _adapt(analyzer, profile)
    if moving:
        from mien.cli.moving import predict_moving

        predict_moving(analyzer, source, as_json, save, records)
    else:
        _predict_images(analyzer, Path(source), as_json, save, records, crops)


def _adapt(analyzer: "Analyzer", profile: str) -> None:
    from mien.folders import data_folder
    from mien.personalization.corrections import ModelId
    from mien.personalization.store import Profiles

    profiles = Profiles.open(data_folder())
    try:
        analyzer.adapter = profiles.adapter(profile, ModelId.of(analyzer.classifier))
    finally:
        profiles.close()


def _is_moving(source: str) -> bool:
    """Tells what moves from photos; PyAV, which takes a while to import, is spared for photos."""
    from mien.inference.media.images import SUFFIXES

    path = Path(source)
    if path.is_dir() or path.suffix.lower() in SUFFIXES:
        return False
    from mien.inference.media.sources import is_moving

    return is_moving(source)


def _predict_images(
    analyzer: "Analyzer",
    source: Path,
    as_json: bool,
    save: Path | None,
    records: Path | None,
    crops: bool,
) -> None:
    from mien.inference.media.images import find_images, read_frame

    images = find_images(source)
    drawings = {} if save is None else _plan_drawings(save, source, images)
    analyze = analyzer.analyze_crop if crops else analyzer.analyze
    done = 0
    with _record_writer(records) as record:
        for image in _tracked(images):
            try:
                frame = read_frame(image)
                result = analyze(frame)
            except MediaError as error:
                if len(images) == 1:
                    raise
                _tell_failure(image, error, as_json)
                continue
            print_json(result.to_dict()) if as_json else print_result(result)
            record(result)
            if image in drawings:
                from mien.inference.draw import draw

                _write(draw(frame.pixels, result), drawings[image])
            done += 1
    if not done:
        raise typer.Exit(1)
    if not as_json:
        print_note()


@contextmanager
def _record_writer(path: Path | None) -> Iterator[Callable[[FrameResult], None]]:
    """Gives what records a result; nothing, where no file is asked for."""
    if path is None:
        yield lambda _: None
        return
    from mien.inference.records import open_records

    with open_records(path) as writer:
        yield writer.write


def _tracked(images: list[Path]) -> Iterator[Path]:
    """Yields the images; shows how far it is, where that disturbs no other output."""
    if len(images) == 1 or not errors.is_terminal or sys.stdout.isatty():
        yield from images
        return
    from rich.progress import Progress

    with Progress(console=errors, transient=True, redirect_stdout=False) as progress:
        yield from progress.track(images, description="pictures")


def _tell_failure(image: Path, error: MediaError, as_json: bool) -> None:
    tell_error(str(error))
    if as_json:
        print_json({"source": str(image), "error": str(error)})


def _plan_drawings(folder: Path, source: Path, images: list[Path]) -> dict[Path, Path]:
    """Names the file of each drawn image: subfolders stay, so that equal names do not meet.

    Raises:
        MediaError: the folder cannot be written to, or an image itself would be overwritten.
    """
    root = source if source.is_dir() else source.parent
    drawings = {path: folder / _drawn_name(path.relative_to(root)) for path in images}
    originals = {_identity(path) for path in images if path.exists()}
    for drawing in drawings.values():
        if drawing.exists() and _identity(drawing) in originals:
            raise MediaError(
                "--save would overwrite this image", subject=drawing, remedy="give another folder"
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from None
    if not os.access(folder, os.W_OK):
        raise MediaError(
            "may not be written to", subject=folder, remedy="give --save another folder"
        )
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
    return MediaError(
        f"cannot be written ({error.strerror})", subject=path, remedy="give --save another folder"
    )
