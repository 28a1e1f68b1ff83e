"""`mien export-bids`: records as a BIDS dataset."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.console import print_note


def export_bids(
    records: Annotated[
        list[Path], typer.Argument(help="Files of records, or folders of `mien batch`.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to make.")],
    task: Annotated[str, typer.Option(help="What participants did: one word.")] = "faces",
    dataset_name: Annotated[
        str, typer.Option(help="The name of the dataset.")
    ] = "Facial expressions",
    video: Annotated[
        bool, typer.Option("--video", help="Copy the videos, too; their faces identify people.")
    ] = False,
) -> None:
    """Writes records as a BIDS dataset: a time series and events for each participant."""
    from mien.study.bids import export_bids
    from mien.study.recording import load_recordings

    dataset = export_bids(load_recordings(records), out, task=task, name=dataset_name, videos=video)
    for note in dataset.notes:
        print_note(f"note: {note}")
    count = len(dataset.labels)
    typer.echo(f"{out}: {count} participant{'' if count == 1 else 's'}")
