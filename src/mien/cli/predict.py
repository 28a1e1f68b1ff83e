"""`mien predict` on photos; videos, cameras and streams are in `predict_stream.py`."""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import (
    DetectorOption,
    ModelOption,
    PriorOption,
    UnsureOption,
    errors,
    print_error,
    print_note,
    unwritable,
)
from mien.cli.recorder import Recorder
from mien.cli.tables import print_explanations, print_json, print_limitations, print_result
from mien.errors import MediaError
from mien.files import replacing
from mien.results import FrameResult

if TYPE_CHECKING:
    from PIL import Image

    from mien.cli.sources import Sources
    from mien.inference.analyzer import Analyzer
    from mien.inference.crop import Pixels
    from mien.inference.explain import Explanation
    from mien.inference.media.images import Frame
    from mien.inference.pending import PendingResult

_MOST_PARTS = 3  # hours, minutes and seconds


def predict(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Photos, folders, patterns, videos, a camera's number, addresses, or - for "
            "standard input.",
        ),
    ],
    model: ModelOption = "default",
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
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file of records or a video that is there.")
    ] = False,
    explain: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write to DIR which parts of each face speak for its label."
        ),
    ] = None,
    embeddings: Annotated[
        bool, typer.Option("--embeddings", help="With --json: each face's embedding too.")
    ] = False,
    unsure_below: UnsureOption = 0.0,
    min_face: Annotated[
        float,
        typer.Option(
            min=0, metavar="PIXELS", help="Leave out faces whose box's longer side is shorter."
        ),
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
    every: Annotated[
        int, typer.Option(min=1, metavar="N", help="Of a video: analyze each N-th frame.")
    ] = 1,
    fps: Annotated[
        float | None, typer.Option(help="Of a video: analyze this many frames a second at most.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Of a video: from here, as 90 or 1:30.")
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="Of a video: up to here.")] = None,
    smoothing: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="Of a video: the time constant of the probabilities; 0 smooths nothing.",
            show_default="0.06",
        ),
    ] = None,
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
    from mien.cli.sources import find_sources
    from mien.inference.analyzer import Analyzer
    from mien.inference.media.sampling import Sampling

    found = find_sources(sources, video)
    stretch = _seconds(start, "--start", 0.0), _seconds(end, "--end", inf)
    sampling = Sampling(every, fps, *stretch)
    given = {
        "--start-time": start_time,
        "--lsl": lsl,
        "--smoothing": smoothing is not None,
        "--every, --fps, --start and --end": sampling != Sampling(),
    }
    _check_options(found, crops, explain, [name for name, value in given.items() if value])
    _check_pairs(
        ("--lsl-markers", lsl_markers is not None, "--lsl and --records", lsl and records),
        ("--embeddings", embeddings, "--json", as_json),
        ("--lsl", lsl, "one camera or stream alone", len(found.streams) == 1),
    )
    analyzer = Analyzer(model, detector, unsure_below, prior=prior, min_face=min_face)
    if profile is not None:
        _adapt(analyzer, profile)
    with Recorder(records, analyzer, force) as recorder:
        failed = False
        if found.images:
            recorder.open()
            outputs = _Outputs(as_json, embeddings, save, explain, crops, recorder)
            failed = not _predict_images(analyzer, found, outputs)
        if found.streams:
            from mien.cli import predict_stream

            wanted = predict_stream.Outputs(
                as_json, save, records, recorder, lsl, lsl_markers or "", force
            )
            reading = predict_stream.Reading(
                predict_stream.parse_start(start_time), sampling, smoothing, embeddings
            )
            failed |= not predict_stream.predict_streams(analyzer, found.streams, wanted, reading)
    if failed:
        raise typer.Exit(1)
    if not as_json:
        print_limitations()


def _seconds(text: str | None, option: str, default: float) -> float:
    """Returns the seconds of a time in a video: 90, 1:30 or 0:01:30.5.

    Raises:
        MediaError: it is no time.
    """
    if text is None:
        return default
    parts = text.split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= _MOST_PARTS or not all(0 <= number < inf for number in numbers):
        raise MediaError(f"{option}: '{text}' is no time", remedy="write seconds or [h:]mm:ss")
    return sum(number * 60.0**place for place, number in enumerate(reversed(numbers)))


def _check_options(found: "Sources", crops: bool, explain: Path | None, moving: list[str]) -> None:
    """Refuses options that do not fit any of the sources.

    Args:
        found: the sources.
        crops: whether `--crops` was given.
        explain: what `--explain` was given.
        moving: the options given that are for sources with frames.

    Raises:
        MediaError: it names the option.
    """
    if (crops or explain) and not found.images:
        option = "--crops" if crops else "--explain"
        raise MediaError(
            f"{option} is for images alone", subject=found.streams[0], remedy="leave it out"
        )
    if moving and not found.streams:
        remedy = "leave it out, or add --video for a folder's images"
        if moving[0] == "--lsl":
            remedy = "give a camera or a stream"
        raise MediaError(
            f"{moving[0]} is not for photos", subject=str(found.images[0]), remedy=remedy
        )


def _check_pairs(*pairs: tuple[str, bool, str, object]) -> None:
    """Refuses options that need others: each pair's option, if given, what it needs, if there.

    Raises:
        MediaError: it names both.
    """
    for option, is_given, needed, is_there in pairs:
        if is_given and not is_there:
            raise MediaError(f"{option} needs {needed}", remedy="add it, or leave this out")


def _adapt(analyzer: "Analyzer", profile: str) -> None:
    from mien.folders import data_folder
    from mien.personalization.corrections import ModelId
    from mien.personalization.store import Profiles

    profiles = Profiles.open(data_folder())
    try:
        analyzer.adapter = profiles.adapter(profile, ModelId.of(analyzer.classifier))
    finally:
        profiles.close()


@dataclass(frozen=True, slots=True)
class _Outputs:
    """What is to be written of images."""

    as_json: bool
    embeddings: bool
    save: Path | None
    explain: Path | None
    crops: bool
    recorder: Recorder


def _predict_images(analyzer: "Analyzer", found: "Sources", wanted: _Outputs) -> bool:
    """Analyzes images; one that cannot be read is told, and the rest goes on.

    Returns:
        Whether every image that was named itself could be read, and any at all.
    """
    drawings = _plan_outputs(wanted.save, found, "--save")
    maps = _plan_outputs(wanted.explain, found, "--explain")
    done, named_failed = 0, False
    for image in _with_progress(found.images):
        try:
            frame, pending, result = _analyze(analyzer, image, wanted, image in drawings)
        except MediaError as error:
            if len(found.images) == 1 and not found.streams:
                raise
            _print_failure(image, error, wanted.as_json)
            named_failed |= image in found.named
            continue
        explanations = _explain(analyzer, pending.crops, result) if maps else []
        _print(result, explanations, wanted.as_json)
        wanted.recorder.write(result)
        if explanations:
            from mien.inference.explain import tile

            _write(tile(explanations), maps[image], "--explain")
        if image in drawings:
            from mien.inference.draw import draw

            _write(draw(frame.pixels, result), drawings[image], "--save")
        done += 1
    return done > 0 and not named_failed


def _analyze(
    analyzer: "Analyzer", image: "Path | str", wanted: _Outputs, is_drawn: bool
) -> "tuple[Frame, PendingResult, FrameResult]":
    from mien.cli.sources import STANDARD_INPUT, read_source
    from mien.inference.cropping import ENOUGH_PIXELS
    from mien.inference.media.images import read_frame
    from mien.inference.pending import with_embeddings

    whole = wanted.crops or is_drawn
    frame = read_frame(read_source(image), None if whole else ENOUGH_PIXELS)
    if image == STANDARD_INPUT:
        frame = replace(frame, source="<stdin>")
    detect = analyzer.detect_crop if wanted.crops else analyzer.detect
    pending = detect(frame, analyzer.adapter)
    (result,), prediction = analyzer.classify([pending])
    if wanted.embeddings:
        result = with_embeddings(result, prediction.embeddings)
    return frame, pending, result


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
        for warning in result.warnings:
            print_note(f"{result.source}: {warning}")
        print_explanations(explanations)
        return
    content = result.to_dict()
    for face, explanation in zip(content["faces"], explanations, strict=False):
        face["explanation"] = explanation.to_dict()
    print_json(content)


def _with_progress(images: "list[Path | str]") -> "Iterator[Path | str]":
    """Yields the images; shows a progress bar where it disturbs no other output."""
    if len(images) == 1 or not errors.is_terminal or sys.stdout.isatty():
        yield from images
        return
    from rich.progress import Progress

    with Progress(console=errors, transient=True, redirect_stdout=False) as progress:
        yield from progress.track(images, description="images")


def _print_failure(image: "Path | str", error: MediaError, as_json: bool) -> None:
    print_error(str(error))
    if as_json:
        print_json({"source": str(image), "error": str(error)})


def _plan_outputs(folder: Path | None, found: "Sources", option: str) -> "dict[Path | str, Path]":
    """Names the file that each image's goes to; subfolders keep equal names apart.

    Raises:
        MediaError: the folder cannot be written to, or an image itself would be overwritten.
    """
    if folder is None:
        return {}
    drawings = {image: folder / _output_name(image, found.root) for image in found.images}
    originals = {_identity(Path(path)) for path in found.images if Path(path).exists()}
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


def _output_name(image: "Path | str", root: Path | None) -> Path:
    """Names an image's copy: by its place in the one folder that was named, or by itself."""
    if isinstance(image, str):
        name = re.sub(r"[^\w.-]+", "-", image.partition("://")[2]).strip("-.")
        return _drawn_name(Path(name or "stdin.png"))
    return _drawn_name(image.relative_to(root) if root else Path(image.name))


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
