"""How a job begins: its inputs are listed, or found to be those of an earlier run."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mien.batch.cut import find_cuts
from mien.batch.folder import JobFolder
from mien.batch.inputs import Inputs, open_inputs
from mien.batch.items import Item, Options, is_address
from mien.batch.journal import Totals
from mien.batch.manifest import Manifest, versions
from mien.batch.progress import Listener
from mien.batch.saved import check_unchanged, save_inputs, saved_columns
from mien.errors import MediaError

_SLIGHT = 10_000  # bytes a second; a film of fewer is hardly long, and is not opened to see


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks for.

    Attributes:
        inputs: folders, patterns, lists, photos and films.
        out: the job's folder.
        options: of the job, as yet without columns.
        as_begun: whether a job that was begun goes on with the inputs of then.
    """

    inputs: tuple[str, ...]
    out: Path
    options: Options
    as_begun: bool = False


def begin(
    request: Request,
    folder: JobFolder,
    manifest: Manifest,
    about: dict[str, Any],
    listener: Listener,
) -> Options:
    """Lists the inputs, or makes sure that they and the options are those of an earlier run.

    Args:
        request: what to do.
        folder: of the job; `inputs` and the manifest are written there.
        manifest: of the job.
        about: what the manifest is to say of the model and the options.
        listener: hears how it goes.

    Returns:
        The options, with the columns of the inputs' lists.

    Raises:
        BatchError: the job is another, or there is a fault in the inputs.
        OSError: the folder cannot be written to.
    """
    begun = manifest.content
    if not begun:
        return _list(request, folder, manifest, about, listener)
    manifest.check(about)
    if begun["versions"] != versions():
        listener.note(f"{request.out}: this job began with other versions; see its manifest.json")
    columns = saved_columns(folder.inputs)
    options = replace(request.options, folder=begun["folder"], columns=columns)
    if not request.as_begun:
        with open_inputs(request.inputs) as inputs:
            check_unchanged(folder.inputs, inputs)
    return options


def _list(
    request: Request,
    folder: JobFolder,
    manifest: Manifest,
    about: dict[str, Any],
    listener: Listener,
) -> Options:
    with open_inputs(request.inputs) as inputs:
        options = replace(request.options, columns=inputs.columns)
        save_inputs(folder.inputs, _listing(inputs, options, listener), inputs.columns)
        if inputs.repeated:
            listener.note(f"{inputs.repeated} inputs were given more than once; each is done once")
        found = {"passed_over": inputs.passed_over, "repeated": inputs.repeated}
    manifest.write(
        Totals(),
        0.0,
        **about,
        versions=versions(),
        folder=options.folder,
        inputs={"given": request.inputs, **found},
        columns={field.name: str(field.type) for field in options.columns},
    )
    return options


def _listing(inputs: Inputs, options: Options, listener: Listener) -> Iterator[Item]:
    for item in inputs:
        listener.listed(item.index + 1)
        yield replace(item, cuts=_cuts(item, options))


def _cuts(item: Item, options: Options) -> tuple[int, ...]:
    """Looks where to cut a film on this machine that may be long."""
    slight = item.size <= options.longest * _SLIGHT
    if item.kind == "photo" or slight or item.problem or is_address(item.path):
        return ()
    try:
        return find_cuts(options.locate(item), options.longest)
    except MediaError:  # which is told when the film is analyzed
        return ()
