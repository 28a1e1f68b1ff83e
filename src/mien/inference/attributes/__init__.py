"""Further measures of a face: each in one small file, each a `FaceAttribute`.

To add one, write its file here and name it in `shipped_attributes`; its values then appear in
JSON, records, the REST API, sessions and reports. One of your own goes to
`Analyzer(attributes=[*shipped_attributes(), Mine()])` instead.
"""

from mien.inference.attributes.base import FaceAttribute, FaceView, Quantity, measure_face
from mien.inference.attributes.brightness import Brightness
from mien.inference.attributes.pose import HeadPose
from mien.inference.attributes.sharpness import Sharpness
from mien.inference.attributes.size import FaceSide
from mien.inference.attributes.usable import Usable

__all__ = ["FaceAttribute", "FaceView", "Quantity", "measure_face", "shipped_attributes"]


def shipped_attributes() -> tuple[FaceAttribute, ...]:
    """Returns what is measured of each face unless the caller says otherwise.

    `Usable` judges by the others, so it comes last.
    """
    return HeadPose(), FaceSide(), Sharpness(), Brightness(), Usable()
