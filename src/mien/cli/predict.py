"""`mien predict` on photos; videos, cameras and streams are in `predict_stream.py`."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import DetectorOption, PriorOption, errors, print_error, unwritable
from mien.cli.tables import print_explanations, print_json, print_limitations, print_result
from mien.errors import MediaError
from mien.files import replacing
from mien.results import FrameResult

if TYPE_CHECKING:
    from PIL import Image

    from mien.inference.analyzer import Analyzer
    from mien.inference.crop import Pixels
    from mien.inference.explain import Explanation


def predict(
    source: Annotated[
        str, typer.Argument(help="A photo, a folder, a video, a camera's number, or an address.")
    ],
    model: Annotated[
        str, typer.Option(help="The name of a shipped model, or a model file.")
    ] = "default",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON Lines, one object per image or frame.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write annotated copies to DIR.")
    ] = None,
    records: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write one row per face: .csv .jsonl .parquet"),
    ] = None,
    explain: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write to DIR which parts of each face speak for its label."
        ),
    ] = None,
    unsure_below: Annotated[
        float, typer.Option(min=0, max=1, help="The confidence below which a face is 'unsure'.")
    ] = 0.0,
    crops: Annotated[bool, typer.Option("--crops", help="Each image is a cropped face.")] = False,
    prior: PriorOption = None,
    detector: DetectorOption = "yunet",
    profile: Annotated[
        str | None, typer.Option(help="Apply this profile; see `mien profile`.")
    ] = None,
    video: Annotated[
        bool,
        typer.Option(
            "--video",
            "--film",
            help="A folder's images are the frames of one video. --film is the deprecated name.",
        ),
    ] = False,
    start_time: Annotated[
        str | None,
        typer.Option(
            metavar="ISO",
            help="When a video or a folder's first image was taken: 2026-11-27T14:30:00+01:00.",
        ),
    ] = None,
    lsl: Annotated[
        bool,
        typer.Option("--lsl", help="Publish the results of a camera over Lab Streaming Layer."),
    ] = False,
    lsl_markers: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="With --lsl: record the markers of this stream, not of all."
        ),
    ] = None,
) -> None:
    """Detects the faces in photos, videos, cameras and streams, and labels their expressions."""
    from mien.inference.analyzer import Analyzer

    is_stream = video or _is_stream(source)
    _check_options(source, is_stream, crops, explain, start_time, lsl)
    if lsl_markers is not None and not (lsl and records):
        raise MediaError("--lsl-markers needs --lsl and --records", remedy="add them")
    analyzer = Analyzer(model, detector, unsure_below, prior=prior)
    if profile is not None:
        _adapt(analyzer, profile)
    if is_stream:
        from mien.cli.predict_stream import Outputs, parse_start, predict_stream

        outputs = Outputs(as_json, save, records, lsl, lsl_markers or "")
        predict_stream(analyzer, source, outputs, parse_start(start_time))
    else:
        _predict_images(analyzer, Path(source), as_json, save, records, crops, explain)


def _check_options(
    source: str,
    is_stream: bool,
    crops: bool,
    explain: Path | None,
    start_time: str | None,
    lsl: bool,
) -> None:
    """Refuses options that do not fit the source.

    Raises:
        MediaError: it names the option.
    """
    if is_stream and (crops or explain):
        option = "--crops" if crops else "--explain"
        raise MediaError(f"{option} is for images alone", subject=source, remedy="leave it out")
    if not is_stream and (start_time or lsl):
        option, remedy = "--start-time", "leave it out, or add --video for a folder's images"
        if lsl:
            option, remedy = "--lsl", "give a camera or a stream"
        raise MediaError(f"{option} is not for photos", subject=source, remedy=remedy)


def _adapt(analyzer: "Analyzer", profile: str) -> None:
    from mien.folders import data_folder
    from mien.personalization.corrections import ModelId
    from mien.personalization.store import Profiles

    profiles = Profiles.open(data_folder())
    try:
        analyzer.adapter = profiles.adapter(profile, ModelId.of(analyzer.classifier))
    finally:
        profiles.close()


def _is_stream(source: str) -> bool:
    """Returns whether a source has frames; imports PyAV, which is slow, for no photo."""
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
    explain: Path | None,
) -> None:
    from mien.inference.cropping import ENOUGH_PIXELS
    from mien.inference.media.images import find_images, read_frame

    images = find_images(source)
    drawings = {} if save is None else _plan_outputs(save, source, images, "--save")
    maps = {} if explain is None else _plan_outputs(explain, source, images, "--explain")
    detect = analyzer.detect_crop if crops else analyzer.detect
    done = 0
    with _record_writer(records, analyzer) as record:
        for image in _with_progress(images):
            try:
                whole = crops or image in drawings
                frame = read_frame(image, None if whole else ENOUGH_PIXELS)
                pending = detect(frame, analyzer.adapter)
                (result,), _ = analyzer.classify([pending])
            except MediaError as error:
                if len(images) == 1:
                    raise
                _print_failure(image, error, as_json)
                continue
            explanations = _explain(analyzer, pending.crops, result) if maps else []
            _print(result, explanations, as_json)
            record(result)
            if explanations:
                from mien.inference.explain import tile

                _write(tile(explanations), maps[image], "--explain")
            if image in drawings:
                from mien.inference.draw import draw

                _write(draw(frame.pixels, result), drawings[image], "--save")
            done += 1
    if not done:
        raise typer.Exit(1)
    if not as_json:
        print_limitations()


@contextmanager
def _record_writer(
    path: Path | None, analyzer: "Analyzer"
) -> Iterator[Callable[[FrameResult], None]]:
    """Yields a function that records a result, if a file was asked for."""
    if path is None:
        yield lambda _: None
        return
    from mien.inference.records import open_records

    with open_records(path, analyzer.layout) as writer:
        yield writer.write


def _explain(analyzer: "Analyzer", crops: "Pixels", result: FrameResult) -> "list[Explanation]":
    """Explains the most probable label of each face, which `unsure` hides."""
    from mien.inference.explain import explain

    labels = [max(zip(face.probabilities, face.labels, strict=True))[1] for face in result.faces]
    return [
        explain(analyzer.classifier, crop, label) for crop, label in zip(crops, labels, strict=True)
    ]


def _print(result: FrameResult, explanations: "list[Explanation]", as_json: bool) -> None:
    if not as_json:
        print_result(result)
        print_explanations(explanations)
        return
    content = result.to_dict()
    for face, explanation in zip(content["faces"], explanations, strict=False):
        face["explanation"] = explanation.to_dict()
    print_json(content)


def _with_progress(images: list[Path]) -> Iterator[Path]:
    """Yields the images; shows a progress bar where it disturbs no other output."""
    if len(images) == 1 or not errors.is_terminal or sys.stdout.isatty():
        yield from images
        return
    from rich.progress import Progress

    with Progress(console=errors, transient=True, redirect_stdout=False) as progress:
        yield from progress.track(images, description="images")


def _print_failure(image: Path, error: MediaError, as_json: bool) -> None:
    print_error(str(error))
    if as_json:
        print_json({"source": str(image), "error": str(error)})


def _plan_outputs(folder: Path, source: Path, images: list[Path], option: str) -> dict[Path, Path]:
    """Names the file that each image's goes to; subfolders keep equal names apart.

    Raises:
        MediaError: the folder cannot be written to, or an image itself would be overwritten.
    """
    root = source if source.is_dir() else source.parent
    drawings = {path: folder / _drawn_name(path.relative_to(root)) for path in images}
    originals = {_identity(path) for path in images if path.exists()}
    for drawing in drawings.values():
        if drawing.exists() and _identity(drawing) in originals:
            raise MediaError(
                f"{option} would overwrite this image",
                subject=drawing,
                remedy="give another folder",
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error, f"give {option} another folder") from None
    if not os.access(folder, os.W_OK):
        raise MediaError(
            "may not be written to", subject=folder, remedy=f"give {option} another folder"
        )
    return drawings


def _drawn_name(path: Path) -> Path:
    kept = path.suffix.lower() in {".jpg", ".jpeg", ".png"}
    return path if kept else path.with_name(f"{path.name}.png")


def _identity(path: Path) -> tuple[int, int]:
    """Identifies a file, through symbolic and hard links."""
    status = path.stat()
    return status.st_dev, status.st_ino


def _write(drawing: "Image.Image", path: Path, option: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as beside:
            drawing.save(beside)
    except OSError as error:
        raise unwritable(path, error, f"give {option} another folder") from None
