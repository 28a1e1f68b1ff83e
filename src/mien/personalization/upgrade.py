"""A profile carried over to another model, to which the embeddings of the first mean nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mien.inference.classifier import Classifier
from mien.personalization.corrections import Correction, Kept, ModelId, read_crop
from mien.personalization.errors import ProfileConflictError
from mien.personalization.profile import Profile, learn_version
from mien.personalization.store import Profiles, add_again, read_members


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What became of a profile's corrections.

    Attributes:
        profile: as it is now.
        carried: how many are learned again.
        left: the numbers of those without an image, which are not.
    """

    profile: Profile
    carried: int
    left: tuple[int, ...]


def upgrade_profile(profiles: Profiles, name: str, classifier: Classifier) -> Upgraded:
    """Has another model look again at the images that were kept, and learns from that.

    Corrections without an image do not hold any more; export the profile first to keep them.

    Raises:
        UnknownProfileError: there is no such profile.
        ProfileConflictError: it is of this model already, or not one image was kept.
        ProfileError: an image is damaged.
    """
    model = ModelId.of(classifier)
    with profiles.database.transaction() as write:
        profile = profiles.get(name)
        if profile.model in (None, model):
            raise ProfileConflictError(f"profile '{name}' needs no change to work with {model}.")
        kept = read_members(profiles.database, profile)
        seen = [one for one in kept if one.correction.image is not None]
        if not seen:
            raise ProfileConflictError(
                f"profile '{name}': no images were kept, so none of its {len(kept)} "
                f"corrections can be carried over to {model}",
                remedy=f"teach a new profile, or use {profile.model}",
            )
        added = add_again(write, profile.id, _look_again(seen, classifier, model))
        learn_version(write, profile.id, "upgrade", added)
    left = tuple(one.number for one in kept if one.correction.image is None)
    return Upgraded(profiles.get(name), len(added), left)


def _look_again(
    kept: Sequence[Kept], classifier: Classifier, model: ModelId
) -> list[tuple[Kept, Correction]]:
    crops = np.stack([read_crop(one.correction.image or b"") for one in kept])
    answer = classifier.predict(crops)
    return [
        (
            one,
            replace(one.correction, embedding=embedding, probabilities=probabilities, model=model),
        )
        for one, probabilities, embedding in zip(kept, *answer, strict=True)
    ]
