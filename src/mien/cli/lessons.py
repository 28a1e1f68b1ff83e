"""What `mien profile` teaches from, and how it tells what was learned."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from mien.emotions import EMOTIONS
from mien.errors import ProfileError
from mien.inference.media.images import find_images
from mien.personalization.corrections import Correction
from mien.personalization.learning import Figures
from mien.personalization.profile import Profile
from mien.personalization.store import Profiles
from mien.personalization.teaching import Labelled, Teacher, look_again, read_wishes


def find_corrections(
    teacher: Teacher, sources: list[Path], emotion: str | None
) -> Iterator[Correction | str]:
    """Yields a correction a face; what is wrong, where one cannot be used.

    Args:
        teacher: what looks at the faces.
        sources: with an emotion, photos or folders of them; without, folders of class folders, or
            tables of corrections.
        emotion: what the user says is on all of them.

    Raises:
        MienError: a source as a whole cannot be read, or says no emotion.
    """
    if emotion is not None and emotion not in EMOTIONS:
        raise ProfileError(
            f"--emotion: '{emotion}' is no emotion", remedy=f"those are {', '.join(EMOTIONS)}"
        )
    for source in sources:
        if emotion is not None:
            yield from teacher.look(Labelled(path, emotion) for path in find_images(source))
        elif source.suffix.lower() == ".csv":
            rows = read_wishes(source)
            yield from (row for row in rows if isinstance(row, str))
            yield from look_again(teacher, [row for row in rows if not isinstance(row, str)])
        elif source.is_dir():
            yield from _class_folders(teacher, source)
        else:
            raise ProfileError("what is on it? Say it with --emotion.", subject=source)


def _class_folders(teacher: Teacher, folder: Path) -> Iterator[Correction | str]:
    from mien.data.folders import find_images as find_classes

    images, problems = find_classes(folder)
    yield from problems
    yield from teacher.look(Labelled(one.path, EMOTIONS[one.label]) for one in images)


def say_count(number: int) -> str:
    """Returns how many corrections there are, in words."""
    return f"{number} correction{'' if number == 1 else 's'}"


def describe(profile: Profile) -> Iterator[str]:
    """Yields lines that tell what a profile has learned, and what that is worth."""
    figures = None if profile.version is None else profile.version.figures
    yield f"{profile.name} holds {say_count(len(profile.members))}"
    if figures is not None:
        yield from _worth(figures)


def _worth(figures: Figures) -> Iterator[str]:
    gate = (
        "open: faces that the model answers like these change, too"
        if figures.gate_open
        else "closed: only faces that look like these change, until they show that more is better"
    )
    before, after = (
        f"{share:.0%} (log loss {loss:.2f})"
        for share, loss in (
            (figures.base_accuracy, figures.base_log_loss),
            (figures.adapted_accuracy, figures.adapted_log_loss),
        )
    )
    yield f"  the gate is {gate}"
    faces = f"{figures.samples} face{'' if figures.samples == 1 else 's'}"
    yield f"  right on your own {faces}: {before} before, {after} after, where each face is"
    yield "  judged by what was learned from the others"
    if figures.drift:
        yield f"  drift: {figures.drift}"


def describe_corrections(profiles: Profiles, name: str) -> Iterator[str]:
    """Yields a line a correction that holds."""
    for kept in profiles.corrections(name):
        one = kept.correction
        answer = EMOTIONS[int(one.probabilities.argmax())]
        image = ", image kept" if one.image else ""
        said = f"{answer}, really {one.label}" if answer != one.label else f"{one.label}, confirmed"
        yield f"  correction {kept.number}, {_when(kept.created)}: {said}{image}"


def describe_versions(profiles: Profiles, name: str) -> Iterator[str]:
    """Yields a line a version."""
    for one in profiles.versions(name):
        gate = "open" if one.figures is not None and one.figures.gate_open else "closed"
        held = f"{say_count(len(one.members))}, gate {gate}"
        yield f"  version {one.number}, {_when(one.created)}: {one.cause}, {held}"


def _when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}"
