"""`mien profile`: what the model has learned of a user, and taking it back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import tell_note, warn_problems
from mien.errors import ProfileError

if TYPE_CHECKING:
    from mien.personalization.store import Profiles

profile = typer.Typer(
    help="Teaches the model a person or a place: correct it a few times, and take it back at will.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(help="The profile's name.")]
Model = Annotated[str, typer.Option(help="The name of a shipped model, or a model file.")]


@profile.command()
def teach(
    name: Name,
    source: Annotated[
        list[Path],
        typer.Argument(help="Photos, a folder (of class folders), or a CSV of corrections."),
    ],
    emotion: Annotated[
        str | None, typer.Option(help="What is on the photos; class folders and a CSV say it.")
    ] = None,
    keep_images: Annotated[
        bool, typer.Option("--keep-pictures", help="Keep the faces, for newer models to learn.")
    ] = False,
    crops: Annotated[
        bool, typer.Option("--crops", help="Each image already is a cropped face.")
    ] = False,
    model: Model = "default",
) -> None:
    """Teaches what is really on faces; a profile that is not there yet is begun."""
    from mien.cli.lessons import find_corrections
    from mien.inference.analyzer import Analyzer
    from mien.personalization.teaching import Teacher

    teacher = Teacher(Analyzer(model), keep_images, crops)
    with _open() as profiles:
        found = list(find_corrections(teacher, source, emotion))
        corrections = [one for one in found if not isinstance(one, str)]
        warn_problems([one for one in found if isinstance(one, str)])
        if not corrections:
            raise ProfileError(f"nothing was taught to '{name}': no face could be used.")
        if name not in [one.name for one in profiles.list()]:
            tell_note(f"'{profiles.create(name).name}' is a new profile")
        taught = profiles.teach(name, corrections)
        warn_problems(list(taught.refused.values()))
        typer.echo(f"faces taught: {taught.added} new of {len(corrections)}")
        _show(profiles, name)
    if len(taught.refused) == len(corrections):
        raise typer.Exit(1)


@profile.command("list")
def list_profiles() -> None:
    """Lists the profiles."""
    from mien.cli.lessons import say_count

    with _open() as profiles:
        found = profiles.list()
        for one in found:
            model = f", {one.model}" if one.model else ""
            typer.echo(f"{one.name}: {say_count(len(one.members))}{model}")
    if not found:
        typer.echo("no profiles yet; begin one: mien profile teach NAME PHOTO --emotion happy")


@profile.command()
def show(name: Name) -> None:
    """Shows what a profile has learned, what that is worth, and its versions."""
    from mien.cli.lessons import describe_corrections, describe_versions

    with _open() as profiles:
        _show(profiles, name)
        for line in (*describe_corrections(profiles, name), *describe_versions(profiles, name)):
            typer.echo(line)


@profile.command()
def undo(
    name: Name,
    correction: Annotated[
        int | None, typer.Option(help="The number of one correction.", show_default="the last step")
    ] = None,
) -> None:
    """Takes back what was taught last, or one correction."""
    with _open() as profiles:
        profiles.undo(name, correction)
        _show(profiles, name)


@profile.command()
def rollback(
    name: Name, version: Annotated[int, typer.Argument(help="Its number, as `show` lists it.")]
) -> None:
    """Makes an older version hold again; nothing is lost by it."""
    with _open() as profiles:
        profiles.rollback(name, version)
        _show(profiles, name)


@profile.command()
def upgrade(name: Name, model: Model = "default") -> None:
    """Carries a profile over to another model, as far as images were kept."""
    from mien.cli.lessons import say_count
    from mien.inference.classifier import Classifier
    from mien.personalization.upgrade import upgrade_profile

    with _open() as profiles:
        done = upgrade_profile(profiles, name, Classifier(model))
        typer.echo(f"carried over: {say_count(done.carried)}")
        if done.left:
            numbers = ", ".join(map(str, done.left))
            tell_note(f"no images were kept of corrections {numbers}; they do not hold any more")
        _show(profiles, name)


@profile.command("export")
def export_file(
    name: Name, file: Annotated[Path, typer.Argument(help="The file to write.")]
) -> None:
    """Writes a profile, all of it, to a single file."""
    from mien.personalization.transfer import save_profile

    with _open() as profiles:
        save_profile(profiles, name, file)
    typer.echo(f"{file}")


@profile.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="What `mien profile export` wrote.")],
    name: Annotated[
        str | None, typer.Option(help="What to call it.", show_default="as it was")
    ] = None,
) -> None:
    """Adds a profile that was exported: all of it, or nothing."""
    from mien.personalization.transfer import load_profile

    with _open() as profiles:
        _show(profiles, load_profile(profiles, file, name).name)


@profile.command()
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Deletes a profile, its corrections, images and versions, for good."""
    from mien.cli.lessons import say_count

    with _open() as profiles:
        held = say_count(len(profiles.get(name).members))
        if not yes:
            typer.confirm(f"Delete {name}, which holds {held}, for good?", abort=True)
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


def _show(profiles: "Profiles", name: str) -> None:
    from mien.cli.lessons import describe

    for line in describe(profiles.get(name)):
        typer.echo(line)
