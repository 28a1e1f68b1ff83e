"""How a head is turned, from five landmarks."""

from collections.abc import Sequence
from math import asin, atan2, degrees

import numpy as np
from numpy.typing import NDArray

from mien.inference.attributes.base import FaceView, Quantity
from mien.inference.crop import FER2013_LANDMARKS

_DEPTHS = (-0.17, -0.17, 0.0, -0.14, -0.14)  # behind the tip of the nose, in sides of the crop

Floats = NDArray[np.float64]


def _generic_face() -> Floats:
    """Returns the landmarks of a face that looks at the camera, (5, 3), about their mean.

    x to the right and y down as the viewer sees them, z towards the viewer. x and y are FER2013's
    mean, symmetric; depths are an adult's (30 and 25 mm where the pupils are 64 mm apart).
    """
    points = np.column_stack([np.array(FER2013_LANDMARKS), _DEPTHS])
    mirrored = points[[1, 0, 2, 4, 3]] * (-1, 1, 1)
    symmetric = (points + mirrored) / 2
    centred: Floats = symmetric - symmetric.mean(axis=0)
    return centred


_FACE = _generic_face()
_INVERSE = np.linalg.pinv(_FACE)  # (3, 5)


class HeadPose:
    """Measures yaw, pitch and roll by scaled orthographic projection.

    D. DeMenthon and L. Davis, "Model-based object pose in 25 lines of code", 1995: the matrix that
    best takes the generic face to the landmarks, then the nearest scaled rotation. Zero is how
    FER2013's mean face is turned.
    """

    quantities = (
        Quantity("yaw", "degrees", "Turn about the vertical; positive to the viewer's right."),
        Quantity("pitch", "degrees", "Nod; positive looks up."),
        Quantity("roll", "degrees", "Tilt in the image; positive is clockwise."),
    )

    def measure(self, view: FaceView) -> Sequence[float | None]:
        """Returns the three angles; None for each where the landmarks are not known."""
        if view.detection is None:
            return [None, None, None]
        return find_pose(np.array(view.detection.landmarks))


def find_pose(landmarks: Floats) -> list[float | None]:
    """Returns yaw, pitch and roll in degrees.

    Args:
        landmarks: float (5, 2), left eye, right eye, nose, left and right mouth corner, in pixels.

    Returns:
        The angles; None for each where the landmarks coincide.
    """
    projection = (_INVERSE @ (landmarks - landmarks.mean(axis=0))).T
    left, strengths, right = np.linalg.svd(projection, full_matrices=False)
    if strengths[1] < 1e-9:
        return [None, None, None]
    across, down = left @ right
    toward = np.cross(across, down)
    # The columns of the rotation are where the face's axes point; z is where it looks.
    x, y, z = across[2], down[2], toward[2]
    return [
        degrees(atan2(x, z)),
        degrees(asin(min(max(-y, -1.0), 1.0))),
        degrees(atan2(down[0], across[0])),
    ]
