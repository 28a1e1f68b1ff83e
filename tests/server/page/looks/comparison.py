"""Compares a screenshot with its reference, so that a moved or recoloured element is noticed.

Two machines draw the same page with slightly different edges of letters and curves. A pixel near an
edge is therefore only called changed where it lies outside all that its neighbourhood holds in the
other image: between the darkest and the brightest of 3x3 pixels, by channel, with `EDGE` to spare.
Where both images are flat, no edge excuses a difference: there, `FLAT` is the limit.

What smoothing changes is scattered thinly over the page; what a person changed lies together. So
the images differ where a square of `SIDE` pixels holds more than `CHANGED` changed ones.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

EDGE = 32  # of 255
FLAT = 6  # of 255
SIDE = 16
CHANGED = 24  # of the 256 pixels of such a square

Mask = NDArray[np.bool_]


def find_changes(actual: Image.Image, reference: Image.Image) -> Mask:
    """Returns which pixels changed, of shape (height, width).

    Raises:
        ValueError: the images have different sizes.
    """
    if actual.size != reference.size:
        raise ValueError(f"the size is {actual.size}, and that of the reference {reference.size}")
    changed = np.zeros((actual.height, actual.width), bool)
    actual, reference = actual.convert("RGB"), reference.convert("RGB")
    box = ImageChops.difference(actual, reference).getbbox()
    if box is not None:
        left, top, right, bottom = _widen(box, actual.size)
        region = (left, top, right, bottom)
        changed[top:bottom, left:right] = _compare(actual.crop(region), reference.crop(region))
    return changed


def _widen(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Adds the neighbourhood of its edges to a box."""
    left, top, right, bottom = box
    return max(left - 1, 0), max(top - 1, 0), min(right + 1, size[0]), min(bottom + 1, size[1])


def _compare(actual: Image.Image, reference: Image.Image) -> Mask:
    lowest, highest = _bounds(actual)
    low, high = _bounds(reference)
    outside = _exceeds(actual, high) | _exceeds(low, actual)
    outside |= _exceeds(reference, highest) | _exceeds(lowest, reference)
    flat = _is_flat(lowest, highest) & _is_flat(low, high)
    return outside | (flat & (_spread(ImageChops.difference(actual, reference)) > FLAT))


def differs(changed: Mask) -> bool:
    """Returns whether anywhere so many changed pixels lie together that a person changed them."""
    sums = np.pad(changed.astype(int).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    squares = sums[SIDE:, SIDE:] - sums[:-SIDE, SIDE:] - sums[SIDE:, :-SIDE] + sums[:-SIDE, :-SIDE]
    return bool(squares.max() > CHANGED)


def show_changes(actual: Image.Image, changed: Mask) -> Image.Image:
    """Returns the screenshot in pale gray, with what changed in red."""
    gray = actual.convert("L").convert("RGB")
    pale = Image.blend(gray, Image.new("RGB", actual.size, "white"), 0.6)
    pale.paste((220, 0, 0), mask=Image.fromarray(changed))
    return pale


def _bounds(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Returns the lowest and the highest of each pixel's neighbourhood."""
    return image.filter(ImageFilter.MinFilter(3)), image.filter(ImageFilter.MaxFilter(3))


def _exceeds(image: Image.Image, bound: Image.Image) -> Mask:
    return _spread(ImageChops.subtract(image, bound)) > EDGE


def _is_flat(lowest: Image.Image, highest: Image.Image) -> Mask:
    return _spread(ImageChops.subtract(highest, lowest)) < FLAT


def _spread(difference: Image.Image) -> NDArray[np.uint8]:
    """Returns the largest difference of a pixel's channels."""
    spread: NDArray[np.uint8] = np.asarray(difference).max(axis=2)
    return spread
