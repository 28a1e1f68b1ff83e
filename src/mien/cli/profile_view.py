"""What `mien profile` prints about a profile."""

from collections.abc import Iterator
from datetime import datetime

from mien.personalization.learning import Figures
from mien.personalization.profile import Profile
from mien.personalization.store import Profiles

_GENERALIZES = "Your corrections apply to all faces."
_SIMILAR_ONLY = (
    "So far this affects only very similar faces. After more corrections it applies to all faces."
)


def format_count(number: int, noun: str = "correction") -> str:
    """Returns a number and a noun: "1 correction", "2 corrections"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def format_profile(profile: Profile) -> Iterator[str]:
    """Yields lines that say what a profile has learned, and how well it predicts that."""
    figures = None if profile.version is None else profile.version.figures
    yield f"{profile.name}: {format_count(len(profile.members))}"
    if figures is not None:
        yield from _format_figures(figures)


def format_corrections(profiles: Profiles, name: str) -> Iterator[str]:
    """Yields a line for each correction of a profile."""
    for stored in profiles.corrections(name):
        label, predicted = stored.correction.label, stored.correction.predicted
        text = f"{label}, confirmed" if label == predicted else f"{label}, predicted {predicted}"
        image = ", image stored" if stored.correction.image else ""
        yield f"  correction {stored.number}, {_format_time(stored.created)}: {text}{image}"


def format_versions(profiles: Profiles, name: str) -> Iterator[str]:
    """Yields a line for each version of a profile."""
    for version in profiles.versions(name):
        generalizes = version.figures is not None and version.figures.generalizes
        scope = "applies to all faces" if generalizes else "applies to similar faces only"
        count, created = format_count(len(version.members)), _format_time(version.created)
        yield f"  version {version.number}, {created}: {version.cause}, {count}, {scope}"


def _format_figures(figures: Figures) -> Iterator[str]:
    yield f"  {_GENERALIZES if figures.generalizes else _SIMILAR_ONLY}"
    yield f"  Accuracy on your {format_count(figures.samples)} (cross-validated):"
    yield (
        f"  {figures.base_accuracy:.0%} without the profile (log loss {figures.base_log_loss:.2f}),"
        f" {figures.adapted_accuracy:.0%} with it (log loss {figures.adapted_log_loss:.2f})"
    )
    if figures.drift:
        yield f"  Drift: {figures.drift}."


def _format_time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}"
