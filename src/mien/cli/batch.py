"""`mien batch`: many photos and videos, in a job that can be stopped and goes on."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mien.cli.console import errors, needs_extra, stoppable

if TYPE_CHECKING:
    from mien.batch.plan import Options
    from mien.batch.pool import Engine


def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="Folders, patterns in quotes, photos, videos, or lists of paths: text, or CSV or "
            "Parquet with a column 'path'. Local, or addresses such as s3://bucket/photos.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="The job's folder; the same command goes on there.")],
    model: Annotated[
        str, typer.Option(help="The name of a shipped model, or a model file.")
    ] = "default",
    unsure_below: Annotated[
        float, typer.Option(min=0, max=1, help="The confidence below which a face is 'unsure'.")
    ] = 0.0,
    crops: Annotated[
        bool, typer.Option("--crops", help="Each photo already is a cropped face.")
    ] = False,
    longest_video: Annotated[
        float,
        typer.Option(
            "--longest-video",
            "--longest-film",
            min=20,
            help="Cut a video of more seconds into pieces of about so many.",
        ),
    ] = 600.0,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="Processes of this machine, or a Ray cluster.")
    ] = "local",
    address: Annotated[
        str | None, typer.Option(help="Of the Ray cluster.", show_default="one on this machine")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes.", show_default="as many as cores")
    ] = None,
    as_begun: Annotated[
        bool, typer.Option("--as-begun", help="Go on with the inputs as they were listed first.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done, and how long it takes.")
    ] = False,
) -> None:
    """Names the expressions in many photos and videos: OUT gets records, errors and a manifest."""
    with needs_extra("batch"):
        import pyarrow as pa

        from mien.batch.job import Request, run
        from mien.batch.job_folder import whole_name
        from mien.batch.plan import Options
    from mien.cli.batch_view import BatchBar, print_report

    options = Options(
        model=whole_name(model),
        unsure_below=unsure_below,
        crops=crops,
        longest=longest_video,
        folder=str(Path.cwd()),
        columns=pa.schema([]),
    )
    if dry_run:
        _print_plan(inputs, options, workers or _cores())
        return
    runner = _open_engine(engine, address, workers)
    kept = "what was done so far is kept, and the same command goes on"
    with stoppable(kept), BatchBar(errors) as bar:
        report = run(Request(tuple(inputs), out, options, as_begun), runner, bar)
    print_report(report, out)
    if not report.totals.counts["photos"] + report.totals.counts["films"]:
        raise typer.Exit(1)


def _print_plan(inputs: list[str], options: "Options", workers: int) -> None:
    from mien.batch.estimate import try_out
    from mien.batch.inputs import open_inputs
    from mien.cli.batch_view import print_plan

    with open_inputs(inputs) as found:
        print_plan(try_out(found, options), workers)


def _open_engine(name: str, address: str | None, workers: int | None) -> "Engine":
    if name == "ray":
        with needs_extra("ray"):
            from mien.batch.ray_pool import RayEngine

            return RayEngine(address, workers)
    if address:
        raise typer.BadParameter(
            "it is of a Ray cluster; add --engine ray", param_hint="'--address'"
        )
    from mien.batch.pool import LocalEngine

    return LocalEngine(workers or _cores())


def _cores() -> int:
    """Returns how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
