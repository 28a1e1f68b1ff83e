"""How bright a face is."""

from collections.abc import Sequence

from mien.inference.attributes.base import FaceView, Quantity


class Brightness:
    """Measures the mean gray value of the crop."""

    quantities = (Quantity("brightness", "", "Mean gray value of the crop: 0 black, 255 white."),)

    def measure(self, view: FaceView) -> Sequence[float | None]:
        """Returns the mean luma (Rec. 601)."""
        return [float(view.gray.mean())]
