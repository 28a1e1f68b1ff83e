"""What a face looks like, so cheaply that every face of every frame can be compared."""

import numpy as np
from numpy.typing import NDArray

_SIDE = 16  # of the picture that is compared; a third of the crop's, which blurs small errors

Pixels = NDArray[np.uint8]
Cue = NDArray[np.float32]


def cue_of(crop: Pixels) -> Cue:
    """Returns a face's look: its crop at 16 x 16, less its mean, at unit length.

    The product of two cues is the correlation of the two pictures. Between frames of one person
    it measured .88 and more over a smile (`one_face.mp4`); between 220 different faces of FER2013
    the median is .18, one pair in twenty reaches .55 and one in a hundred .68.

    Args:
        crop: uint8 (48, 48), from `crop_face`: the landmarks of all faces lie alike.

    Returns:
        float32 (256,); zeros where the crop is of one gray.
    """
    cell = len(crop) // _SIDE
    small = crop.reshape(_SIDE, cell, _SIDE, cell).mean(axis=(1, 3), dtype=np.float32).ravel()
    return unit(small - small.mean())


def unit(values: Cue) -> Cue:
    """Scales a vector to unit length; one that is next to nothing stays as it is."""
    length = float(np.linalg.norm(values))
    return values / np.float32(length) if length > 1e-3 else values
