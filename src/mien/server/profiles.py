"""Profiles in Studio: the adapter of a prediction, and corrections."""

from mien.inference.classifier import Adapter, Classifier
from mien.personalization.corrections import Correction, ModelId, write_crop
from mien.personalization.errors import UnknownProfileError
from mien.personalization.store import Profiles
from mien.server.errors import ConflictError
from mien.server.models import ModelChoice, Models
from mien.server.store.feedback import Feedback
from mien.server.store.recent import RecentFace


def find_adapter(profiles: Profiles, name: str | None, classifier: Classifier) -> Adapter | None:
    """Returns the adapter of a profile; None for no profile, or an empty one.

    Raises:
        UnknownProfileError: there is no such profile.
        ProfileConflictError: it was taught with another model.
    """
    return None if name is None else profiles.adapter(name, ModelId.of(classifier))


def teach_face(
    profiles: Profiles, models: Models, name: str, label: str, face: RecentFace, keep_image: bool
) -> tuple[int, int]:
    """Adds a correction of one face to a profile.

    Args:
        profiles: that have it.
        models: the server's, one of which predicted the face.
        name: of the profile.
        label: the user's.
        face: to correct.
        keep_image: whether to store its crop, too, if it is still in memory.

    Returns:
        The profile's id, and the correction's number in it.

    Raises:
        ConflictError: the face has another label already, or its model is gone.
        ProfileError: as `Profiles.teach`.
    """
    image = write_crop(face.crop) if keep_image and face.crop is not None else None
    _check_model(models, face.model)
    correction = Correction(
        label, face.embedding, face.row, face.model, image=image, labels=face.labels
    )
    result = profiles.teach(name, [correction])
    (number,) = result.numbers
    if number is None:
        raise ConflictError(result.refused[0])
    return result.profile.id, number


def undo_feedback(profiles: Profiles, feedback: Feedback) -> None:
    """Removes the correction of feedback from its profile, if it is in use there."""
    if feedback.profile is None:
        return
    try:
        profile = profiles.get_by_id(feedback.profile)
    except UnknownProfileError:
        return
    if feedback.correction in profile.members:
        profiles.undo(profile.name, feedback.correction)


def _check_model(models: Models, model: ModelId) -> None:
    """Refuses a model that is not served now, such as another file of the same name."""
    if (
        model.name in models.names()
        and ModelId.of(models.get(ModelChoice(model.name)).classifier) == model
    ):
        return
    raise ConflictError(
        f"this face was recorded with the model {model.name} {model.version}, "
        "which is not available now",
        remedy="correct a face of a newer recording",
    )
