"""How sharp a face is."""

from collections.abc import Sequence

import numpy as np

from mien.inference.attributes.base import FaceView, Quantity

_FLAT = 1.0  # variance of gray values below which a crop shows nothing that could be sharp


class Sharpness:
    """Measures the variance of the Laplacian over the variance of the crop.

    J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative
    study", 2000. Dividing by the crop's own variance takes light and contrast
    out of it. A face that has fewer pixels in the image than the 48x48 of the crop is less sharp,
    because enlarging adds no detail.
    """

    quantities = (
        Quantity(
            "sharpness",
            "",
            "Fine detail of the crop, 0 for none; 0.3 to 1.0 is usual, under 0.06 is blurred.",
        ),
    )

    def measure(self, view: FaceView) -> Sequence[float | None]:
        """Returns the ratio; 0 for a crop of one gray."""
        gray = view.gray.astype(np.float32)
        middle = gray[1:-1, 1:-1]
        around = gray[:-2, 1:-1] + gray[2:, 1:-1] + gray[1:-1, :-2] + gray[1:-1, 2:]
        variance = float(gray.var())
        return [float((around - 4 * middle).var()) / variance if variance > _FLAT else 0.0]
