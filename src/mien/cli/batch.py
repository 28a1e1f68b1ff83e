"""`mien batch`: analyzes many photos and videos, in a job that can be stopped and resumed."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mien.cli.console import ModelOption, PriorOption, UnsureOption, errors, needs_extra, stoppable

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
    out: Annotated[
        Path, typer.Option(help="The job's folder. The same command resumes the job there.")
    ],
    model: ModelOption = "default",
    prior: PriorOption = None,
    detector: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What finds the faces: yunet, mtcnn, centerface.",
            show_default="yunet, or that of the job that resumes",
        ),
    ] = None,
    unsure_below: UnsureOption = 0.0,
    crops: Annotated[
        bool, typer.Option("--crops", help="Each photo already is a cropped face.")
    ] = False,
    longest_video: Annotated[
        float,
        typer.Option(
            "--longest-video",
            "--longest-film",
            min=20,
            help="Split a video of more seconds into parts of about this length. "
            "--longest-film is the deprecated name.",
        ),
    ] = 600.0,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="Processes of this machine, or a Ray cluster.")
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(help="Address of the Ray cluster.", show_default="one on this machine"),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Number of worker processes.", show_default="one per core"),
    ] = None,
    as_started: Annotated[
        bool,
        typer.Option(
            "--as-started",
            "--as-begun",
            help="Resume with the saved list of inputs, even if the inputs have changed since. "
            "--as-begun is the deprecated name.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what would be done and how long it takes.")
    ] = False,
) -> None:
    """Classifies expressions in many photos and videos; OUT gets records, errors and a manifest."""
    with needs_extra("batch"):
        from mien.batch.job import Request, resolve_model, run
        from mien.batch.plan import Options
    from mien.cli.batch_view import BatchBar, print_report

    options = Options(
        model=resolve_model(model),
        unsure_below=unsure_below,
        crops=crops,
        longest_video=longest_video,
        folder=str(Path.cwd()),
        prior=prior,
        detector=detector,
    )
    if dry_run:
        _print_estimate(inputs, options, workers or _cores())
        return
    runner = _open_engine(engine, address, workers)
    what_now = "all results so far are saved; give the same command again to resume"
    with stoppable(what_now), BatchBar(errors) as bar:
        report = run(Request(tuple(inputs), out, options, as_started), runner, bar)
    print_report(report, out)
    if not report.totals.counts["photos"] + report.totals.counts["films"]:
        raise typer.Exit(1)


def _print_estimate(inputs: list[str], options: "Options", workers: int) -> None:
    from mien.batch.estimate import estimate_job
    from mien.batch.inputs import open_inputs
    from mien.cli.batch_view import print_estimate

    with open_inputs(inputs) as listed:
        print_estimate(estimate_job(listed, options), workers)


def _open_engine(name: str, address: str | None, workers: int | None) -> "Engine":
    if name == "ray":
        with needs_extra("ray"):
            from mien.batch.ray_pool import RayEngine

            return RayEngine(address, workers)
    if address:
        raise typer.BadParameter("needs a Ray cluster; add --engine ray", param_hint="'--address'")
    from mien.batch.pool import LocalEngine

    return LocalEngine(workers or _cores())


def _cores() -> int:
    """Returns how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
