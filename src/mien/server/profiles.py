"""What the routes do with profiles: an adapter for an answer, a correction for a face."""

from mien.inference.classifier import Adapter, Classifier
from mien.personalization.corrections import Correction, ModelId, write_crop
from mien.personalization.profile import Profile
from mien.personalization.store import FILE_NAME, Profiles
from mien.server.errors import ConflictError
from mien.server.models import Models
from mien.server.settings import Settings
from mien.server.store.feedback import Feedback, RecentFace


def open_profiles(settings: Settings) -> Profiles:
    """Opens the profiles of the server's folder; raises as `Profiles.open` does."""
    profiles = Profiles.open(settings.folder)
    profiles.database.name = FILE_NAME  # clients read the errors: they learn of no folder
    return profiles


def find_adapter(profiles: Profiles, name: str | None, classifier: Classifier) -> Adapter | None:
    """Returns what a profile adapts a model's answers by; None for no profile, or an empty one.

    Raises:
        UnknownProfileError: there is no such profile.
        ProfileConflictError: it was taught with another model.
    """
    return None if name is None else profiles.adapter(name, ModelId.of(classifier))


def teach_face(
    profiles: Profiles, models: Models, name: str, label: str, seen: RecentFace, keep_image: bool
) -> tuple[int, int]:
    """Teaches a profile one face.

    Args:
        profiles: where it is.
        models: the server's, one of which has seen the face.
        name: of the profile.
        label: the user's.
        seen: the face.
        keep_image: whether its crop is to be kept, too, where it is still known.

    Returns:
        The profile's number, and the correction's in it.

    Raises:
        ConflictError: the face is labelled otherwise already, or of a model that is gone.
        ProfileError: as `Profiles.teach`.
    """
    image = write_crop(seen.crop) if keep_image and seen.crop is not None else None
    _demand_here(models, seen.model)
    correction = Correction(label, seen.embedding, seen.row, seen.model, image)
    taught = profiles.teach(name, [correction])
    (number,) = taught.numbers
    if number is None:
        raise ConflictError(taught.refused[0])
    return taught.profile.id, number


def take_back(profiles: Profiles, feedback: Feedback) -> None:
    """Undoes what a profile learned from feedback, if it still holds it."""
    profile = _by_id(profiles, feedback.profile)
    if profile is not None and feedback.correction in profile.members:
        profiles.undo(profile.name, feedback.correction)


def _by_id(profiles: Profiles, number: int | None) -> Profile | None:
    return next((one for one in profiles.list() if one.id == number), None)


def _demand_here(models: Models, model: ModelId) -> None:
    """Refuses a model that is not here any more, be it another file of one name and version."""
    if model.name in models.names() and ModelId.of(models.get(model.name).classifier) == model:
        return
    raise ConflictError(
        f"this face was recorded with a model {model.name} {model.version} "
        "which is not here any more",
        remedy="correct a face of a newer recording",
    )
