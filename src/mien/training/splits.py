"""Which faces a run learns from, and which it is measured on."""

from mien.data import FaceDataset
from mien.errors import DataError

TRAINING_SPLIT = "Training"
_VALIDATION_SPLITS = ("PublicTest", "Validation", "Test")


def validation_split(data: FaceDataset) -> str:
    """Returns the split to validate on: PublicTest, else Validation, else Test.

    Raises:
        DataError: there is none of them.
    """
    for split in _VALIDATION_SPLITS:
        if split in data.split_counts:
            return split
    raise DataError(
        f"no faces to validate on: the data has only {', '.join(data.split_counts)}; add a "
        f"split named {', '.join(_VALIDATION_SPLITS)}, in class folders for instance val/happy/"
    )
