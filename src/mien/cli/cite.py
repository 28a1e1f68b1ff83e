"""`mien cite`: a methods paragraph and references for records."""

from pathlib import Path
from typing import Annotated

import typer


def cite(
    records: Annotated[
        list[Path], typer.Argument(help="Files of records, or folders of `mien batch`.")
    ],
    model: Annotated[
        str | None,
        typer.Option(
            help="The model that labeled them, by name or file; files of records do not say so."
        ),
    ] = None,
) -> None:
    """Prints a methods paragraph with versions, model and figures, and what to cite."""
    from mien.study.cite import cite_recordings
    from mien.study.provenance import read_provenance
    from mien.study.recording import load_recordings

    citation = cite_recordings(load_recordings(records), read_provenance(records, model))
    typer.echo(f"Methods\n\n{citation.paragraph}\n")
    if citation.unknown:
        typer.echo("Unknown: find out, and add\n")
        typer.echo("".join(f"- {sentence}\n" for sentence in citation.unknown))
    typer.echo("References (APA)\n")
    typer.echo("\n".join(reference.apa for reference in citation.references))
    typer.echo("\nBibTeX\n")
    typer.echo("\n".join(reference.bibtex for reference in citation.references))
