"""`mien crop`: photos to a folder of cropped faces."""

from pathlib import Path
from typing import Annotated

import typer


def crop(
    source: Annotated[
        Path,
        typer.Argument(help="Class folders, a table of photos, a folder of photos, or a photo."),
    ],
    out: Annotated[Path, typer.Option(help="The folder for the crops and faces.csv.")],
    model: Annotated[
        str, typer.Option(help="The model whose size and colour the crops get.")
    ] = "default",
    side: Annotated[
        int | None, typer.Option(min=16, max=512, help="Pixels a side, instead of the model's.")
    ] = None,
    color: Annotated[
        str | None, typer.Option(metavar="gray|rgb", help="Instead of the model's.")
    ] = None,
) -> None:
    """Finds the face in each photo and crops it, exactly as predictions do.

    Folders stay as they are, and faces.csv says where each crop came from. Photos without a face,
    or with several of which none is by far the largest, are listed and left out.
    """
    from dataclasses import replace

    from mien.cli.console import photo_progress, warn_problems
    from mien.data.cropping import TABLE, crop_photos
    from mien.inference.classifier import Classifier

    face_format = Classifier(model).card.face
    if side is not None:
        face_format = replace(face_format, side=side)
    if color is not None:
        face_format = replace(face_format, color=color)
    with photo_progress() as on_photo:
        cropped = crop_photos(source, out, face_format, on_photo)
    warn_problems(cropped.problems)
    left = f", {len(cropped.problems):,} left out" if cropped.problems else ""
    typer.echo(f"{cropped.count:,} faces in {out}{left}; {out / TABLE} says where each came from")
