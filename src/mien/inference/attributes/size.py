"""How large a face is."""

from collections.abc import Sequence

from mien.inference.attributes.base import FaceView, Quantity
from mien.inference.crop import face_square


class FaceSide:
    """Measures the side of the square that a face fills as in FER2013."""

    quantities = (
        Quantity("side", "pixels", "Side of the square that the face fills; a crop is 48."),
    )

    def measure(self, view: FaceView) -> Sequence[float | None]:
        """Returns the side; of an image passed as a cropped face, its shorter side."""
        if view.detection is None:
            return [float(min(view.frame.shape[:2]))]
        _, side = face_square(view.detection.landmarks)
        return [side * view.scale]
