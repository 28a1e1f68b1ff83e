"""Signs that an image is not what it should be: a result tells them as warnings."""

from collections.abc import Sequence

import numpy as np

from mien.inference.crop import face_square
from mien.inference.detection.detector import Detection, Pixels
from mien.results import Box

_BLUER = 8.0  # by how much the blue of swapped skin exceeds its red, of 255
_OUTSIDE = 0.25  # of the square that a model sees
_SMALL = 256  # pixels: an image without a face that may be a cropped one

SWAPPED = "the colours look swapped: pass order='bgr' if the array is OpenCV's"
ON_ITS_SIDE = "every face lies on its side: turn the image, if its camera was held upright"
UPSIDE_DOWN = "every face is upside down: turn the image"
CUT = "a face is cut too tight: {share:.0%} of what the model looks at lies outside the image"
CROPPED = "no face was found in this small image: if it is a cropped face, use analyze_crop"


def find_warnings(
    pixels: Pixels, detections: Sequence[Detection], is_array: bool
) -> tuple[str, ...]:
    """Returns a sentence for each sign.

    Args:
        pixels: the image, uint8 (H, W, 3), RGB.
        detections: its faces, from the largest to the smallest, in `pixels`.
        is_array: whether the caller passed an array, whose channels have no stated order.
    """
    height, width = pixels.shape[:2]
    if not detections:
        return (CROPPED,) if max(height, width) <= _SMALL else ()
    found = []
    if is_array and all(_is_blue(pixels, face.box) for face in detections):
        found.append(SWAPPED)
    turns = {face.turned for face in detections}
    if turns <= {90, 270}:
        found.append(ON_ITS_SIDE)
    elif turns == {180}:
        found.append(UPSIDE_DOWN)
    if (share := _outside(detections[0], width, height)) > _OUTSIDE:
        found.append(CUT.format(share=share))
    return tuple(found)


def _is_blue(pixels: Pixels, box: Box) -> bool:
    """Tells whether the middle of a face, skin for the most part, is bluer than red."""
    x, y, across, down = box.x, box.y, box.width / 4, box.height / 4
    middle = pixels[
        int(y + down) : int(y + 3 * down) + 1, int(x + across) : int(x + 3 * across) + 1
    ]
    if not middle.size:
        return False
    red, _, blue = np.median(middle.reshape(-1, 3), axis=0)
    return bool(blue - red >= _BLUER)


def _outside(face: Detection, width: int, height: int) -> float:
    """Returns the share of the square that a model sees which lies outside the image."""
    center, side = face_square(face.landmarks)
    left, top = center.real - side / 2, center.imag - side / 2
    across = max(min(left + side, width) - max(left, 0), 0)
    down = max(min(top + side, height) - max(top, 0), 0)
    return float(1 - across * down / side**2)
