"""`mien profile`: teaches the model a user by corrections, shows what it learned, and undoes it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import ModelOption, print_note, warn_problems
from mien.errors import ProfileError

if TYPE_CHECKING:
    from mien.personalization.corrections import Correction
    from mien.personalization.profile import TeachResult
    from mien.personalization.store import Profiles
    from mien.personalization.teaching import LabelledImage, Teacher

profile = typer.Typer(
    help="Personal profiles: correct the model on a person or a place, and undo it at any time.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(help="The profile's name.")]


@profile.command()
def teach(
    name: Name,
    source: Annotated[
        list[Path],
        typer.Argument(help="Photos, a folder (of class folders), or a CSV of corrections."),
    ],
    emotion: Annotated[
        str | None,
        typer.Option(help="The label of the photos; class folders and a CSV name it themselves."),
    ] = None,
    keep_images: Annotated[
        bool,
        typer.Option("--keep-pictures", help="Also save face crops, for newer models to learn."),
    ] = False,
    crops: Annotated[
        bool, typer.Option("--crops", help="Each image already is a cropped face.")
    ] = False,
    model: ModelOption = "default",
) -> None:
    """Adds corrections to a profile; creates the profile if there is none."""
    from mien.inference.analyzer import Analyzer
    from mien.personalization.errors import ProfileConflictError
    from mien.personalization.profile import normalize_name
    from mien.personalization.teaching import Teacher

    teacher = Teacher(Analyzer(model), keep_images, crops)
    with _open() as profiles:
        found = list(_find_corrections(teacher, source, emotion))
        corrections = [item for item in found if not isinstance(item, str)]
        warn_problems([item for item in found if isinstance(item, str)])
        if not corrections:
            raise ProfileError(f"profile '{name}' learned nothing: no face could be used.")
        if normalize_name(name) not in [known.name for known in profiles.list()]:
            with suppress(ProfileConflictError):  # another command has just created it
                print_note(f"'{profiles.create(name).name}' is a new profile")
        result = profiles.teach(name, corrections)
        warn_problems(list(result.refused.values()))
        typer.echo(_format_result(result, corrections))
        _print_profile(profiles, name)
    if len(result.refused) == len(corrections):
        raise typer.Exit(1)


@profile.command("list")
def list_profiles() -> None:
    """Lists the profiles."""
    from mien.cli.profile_view import format_count

    with _open() as profiles:
        found = profiles.list()
        for known in found:
            model = f", {known.model}" if known.model else ""
            typer.echo(f"{known.name}: {format_count(len(known.members))}{model}")
    if not found:
        typer.echo("no profiles yet; create one: mien profile teach NAME PHOTO --emotion happy")


@profile.command()
def show(name: Name) -> None:
    """Shows a profile's corrections, its accuracy on them, and its versions."""
    from mien.cli.profile_view import format_corrections, format_versions

    with _open() as profiles:
        _print_profile(profiles, name)
        for line in (*format_corrections(profiles, name), *format_versions(profiles, name)):
            typer.echo(line)


@profile.command()
def undo(
    name: Name,
    correction: Annotated[
        int | None, typer.Option(help="The number of one correction.", show_default="the last step")
    ] = None,
) -> None:
    """Undoes the last corrections, or one of them."""
    with _open() as profiles:
        profiles.undo(name, correction)
        typer.echo("Undone")
        _print_profile(profiles, name)


@profile.command()
def rollback(
    name: Name, version: Annotated[int, typer.Argument(help="Its number, as `show` lists it.")]
) -> None:
    """Restores an earlier version; those after it are kept and can be restored as well."""
    with _open() as profiles:
        profiles.rollback(name, version)
        _print_profile(profiles, name)


@profile.command()
def upgrade(name: Name, model: ModelOption = "default") -> None:
    """Moves a profile to another model: it learns from the stored face crops again."""
    from mien.cli.profile_view import format_count
    from mien.inference.classifier import Classifier
    from mien.personalization.upgrade import upgrade_profile

    with _open() as profiles:
        result = upgrade_profile(profiles, name, Classifier(model))
        typer.echo(f"learned again: {format_count(result.carried)}")
        for reason, numbers in (
            ("no image is stored", result.without_image),
            ("the model does not have their label", result.without_label),
        ):
            if numbers:
                left = ", ".join(map(str, numbers))
                print_note(f"no longer used, as {reason}: corrections {left}")
        _print_profile(profiles, name)


@profile.command("export")
def export_file(
    name: Name, file: Annotated[Path, typer.Argument(help="The file to write.")]
) -> None:
    """Writes a whole profile to a single file."""
    from mien.personalization.transfer import save_profile

    with _open() as profiles:
        save_profile(profiles, name, file)
    typer.echo(f"{file}")


@profile.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A file from `mien profile export`.")],
    name: Annotated[
        str | None, typer.Option(help="The new profile's name.", show_default="as exported")
    ] = None,
) -> None:
    """Adds an exported profile: all of it, or nothing."""
    from mien.personalization.transfer import load_profile

    with _open() as profiles:
        _print_profile(profiles, load_profile(profiles, file, name).name)


@profile.command()
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Permanently deletes a profile, its corrections, images and versions."""
    from mien.cli.profile_view import format_count

    with _open() as profiles:
        count = format_count(len(profiles.get(name).members))
        if not yes:
            typer.confirm(f"Permanently delete {name} and its {count}?", abort=True)
        profiles.delete(name)
    typer.echo(f"{name} is deleted")


@contextmanager
def _open() -> Iterator["Profiles"]:
    from mien.folders import data_folder
    from mien.personalization.store import Profiles

    profiles = Profiles.open(data_folder())
    try:
        yield profiles
    finally:
        profiles.close()


def _print_profile(profiles: "Profiles", name: str) -> None:
    from mien.cli.profile_view import format_profile

    for line in format_profile(profiles.get(name)):
        typer.echo(line)


def _format_result(result: "TeachResult", corrections: Sequence["Correction"]) -> str:
    images = "image stored" if corrections[0].image else "no image stored"
    if (result.added, len(corrections)) == (1, 1):
        return f"Saved as {corrections[0].label} ({images})"
    return f"Saved {result.added} new of {len(corrections)} corrections ({images})"


def _find_corrections(
    teacher: "Teacher", sources: Sequence[Path], emotion: str | None
) -> Iterator["Correction | str"]:
    """Yields a correction for each face; a sentence that says why where one cannot be used.

    Args:
        teacher: makes the corrections.
        sources: with an emotion, photos or folders of them; without, folders of class folders, or
            tables of corrections.
        emotion: the user's label for all of them.

    Raises:
        MienError: a source as a whole cannot be read, or has no label.
    """
    from mien.inference.media.images import find_images
    from mien.personalization.corrections import match_label
    from mien.personalization.teaching import LabelledImage, read_requests

    labels = teacher.analyzer.labels
    label = None if emotion is None else match_label(emotion, labels, "--emotion")
    for source in sources:
        if label is not None:
            images = (LabelledImage(path, label) for path in find_images(source))
            yield from teacher.correct_images(images)
        elif source.suffix.lower() == ".csv":
            rows = read_requests(source, labels)
            yield from (row for row in rows if isinstance(row, str))
            yield from teacher.correct_requests([row for row in rows if not isinstance(row, str)])
        elif source.is_dir():
            labelled, problems = _read_class_folders(source, labels)
            yield from problems
            yield from teacher.correct_images(labelled)
        else:
            raise ProfileError("its label is missing", subject=source, remedy="add --emotion LABEL")


def _read_class_folders(
    folder: Path, labels: Sequence[str]
) -> tuple[list["LabelledImage"], list[str]]:
    """Lists the images of class folders, each named as one of the labels, in any case.

    Folders of FER2013's labels may have split folders and other names, as data sets do.
    """
    from mien.data.folders import find_images as find_dataset_images
    from mien.emotions import EMOTIONS
    from mien.inference.media.images import find_images
    from mien.personalization.corrections import match_label
    from mien.personalization.teaching import LabelledImage

    if labels == EMOTIONS:
        images, problems = find_dataset_images(folder)
        return [LabelledImage(image.path, EMOTIONS[image.label]) for image in images], problems
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")
    named = [(path, match_label(path.name, labels, path)) for path in folders]
    return [
        LabelledImage(path, label) for inside, label in named for path in find_images(inside)
    ], []
