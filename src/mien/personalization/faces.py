"""From pictures of a user's face to corrections."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.inference.analyzer import Analyzer
from mien.personalization.corrections import Correction
from mien.personalization.crops import write_crop
from mien.personalization.models import ModelId


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture of one face, and what the user says is on it.

    Attributes:
        path: of the picture.
        label: one of `EMOTIONS`.
    """

    path: Path
    label: str


@dataclass(frozen=True, slots=True)
class Teacher:
    """Looks at faces for a profile, as the model itself sees them.

    Attributes:
        analyzer: of the profile's model; its adapter, if it has one, is passed over.
        keep_pictures: whether the crops are kept, which only the user may wish.
        crops: whether each picture already is a cropped face.
    """

    analyzer: Analyzer
    keep_pictures: bool = False
    crops: bool = False

    def look(self, pictures: Iterable[Labelled]) -> Iterator[Correction | str]:
        """Yields a correction a picture; where one shows not one face, what is wrong with it."""
        find = self.analyzer.find_crop if self.crops else self.analyzer.find
        for picture in pictures:
            try:
                found = find(picture.path)
            except MediaError as error:
                yield str(error)
                continue
            if len(found.crops) == 1:
                yield self.correct(found.crops[0], picture.label, str(picture.path))
            else:
                yield _told(picture.path, len(found.crops))

    def correct(self, crop: NDArray[np.uint8], label: str, source: str) -> Correction:
        """Returns the correction of one face.

        Args:
            crop: uint8 (48, 48), of the analyzer.
            label: the user's.
            source: what messages call the face.

        Raises:
            ProfileError: the label is no emotion.
        """
        classifier = self.analyzer.classifier
        (probabilities,), (embedding,) = classifier.predict(crop[None])
        picture = write_crop(crop) if self.keep_pictures else None
        model = ModelId.of(classifier)
        return Correction(label, embedding, probabilities, model, picture, source)


def _told(path: Path, count: int) -> str:
    if count:
        return f"{path}: shows {count} faces; teach with a picture of one, cut out of this one."
    return f"{path}: no face was found; if it is one, cut out already, say so with --crops."
