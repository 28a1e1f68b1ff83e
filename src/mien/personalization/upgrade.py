"""A profile moved to another model, to which the embeddings of the first mean nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mien.inference.classifier import Classifier
from mien.inference.crop import resize_crop
from mien.personalization.corrections import Correction, ModelId, StoredCorrection, read_crop
from mien.personalization.errors import ProfileConflictError
from mien.personalization.profile import Profile
from mien.personalization.store import Profiles, learn_version
from mien.personalization.tables import insert_corrections, next_correction_number, read_members


@dataclass(frozen=True, slots=True)
class UpgradeResult:
    """What became of a profile's corrections.

    Attributes:
        profile: in its new state.
        carried: how many were learned again.
        without_image: the numbers of those that were not, for no crop of them is stored.
        without_label: the numbers of those that were not, for the model lacks their label.
    """

    profile: Profile
    carried: int
    without_image: tuple[int, ...]
    without_label: tuple[int, ...]

    @property
    def left(self) -> tuple[int, ...]:
        """The numbers of all that were not learned again, ascending."""
        return tuple(sorted((*self.without_image, *self.without_label)))


def upgrade_profile(profiles: Profiles, name: str, classifier: Classifier) -> UpgradeResult:
    """Classifies a profile's stored crops with another model, and learns from that.

    A stored crop is a face in the format of the model that took it. Where the new model's
    `FaceFormat` is the same, it takes the crop as it is. Otherwise the crop is resized and turned
    gray or RGB (`resize_crop`): the new model then takes no more detail, and no more color, than
    the first one did.

    Corrections without a crop are left out, as are those whose label the new model lacks. Export
    the profile first to keep them.

    Raises:
        UnknownProfileError: there is no such profile.
        ProfileConflictError: it is of this model already, or no correction can be learned again.
        ProfileError: a stored crop is damaged.
    """
    model, labels = ModelId.of(classifier), classifier.card.labels
    with profiles.database.transaction() as write:
        profile = profiles.get(name)
        if profile.model in (None, model):
            raise ProfileConflictError(f"profile '{name}' needs no change to work with {model}.")
        members = read_members(profiles.database, profile)
        with_image = [member for member in members if member.correction.image is not None]
        usable = [member for member in with_image if member.correction.label in labels]
        if not usable:
            raise _nothing_to_learn(profile, model, members, with_image)
        first = next_correction_number(write, profile.id)
        added = [
            replace(member, number=number, correction=correction)
            for number, (member, correction) in enumerate(
                zip(usable, _reclassify(usable, classifier), strict=True), first
            )
        ]
        insert_corrections(write, profile.id, added)
        learn_version(write, profile.id, "upgrade", added)
    return UpgradeResult(
        profiles.get(name),
        len(added),
        tuple(member.number for member in members if member.correction.image is None),
        tuple(member.number for member in with_image if member.correction.label not in labels),
    )


def _nothing_to_learn(
    profile: Profile,
    model: ModelId,
    members: Sequence[StoredCorrection],
    with_image: Sequence[StoredCorrection],
) -> ProfileConflictError:
    count = f"{len(members)} correction{'' if len(members) == 1 else 's'}"
    reason = (
        f"{model} has none of their labels" if with_image else "no images of the faces are stored"
    )
    return ProfileConflictError(
        f"the {count} of profile '{profile.name}' cannot be learned again: {reason}",
        remedy=f"create a new profile, or use {profile.model}",
    )


def _reclassify(members: Sequence[StoredCorrection], classifier: Classifier) -> list[Correction]:
    card = classifier.card
    crops = [
        resize_crop(read_crop(member.correction.image or b""), card.face) for member in members
    ]
    prediction = classifier.predict(np.stack(crops))
    rows = zip(prediction.probabilities, prediction.embeddings, strict=True)
    return [
        replace(
            member.correction,
            probabilities=probabilities,
            embedding=embedding,
            model=ModelId.of(classifier),
            labels=card.labels,
        )
        for member, (probabilities, embedding) in zip(members, rows, strict=True)
    ]
