"""What an attribute of a face is, and how all of them are measured on one face."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.errors import AttributeFailedError
from mien.inference.crop import to_gray
from mien.inference.detection.detector import Detection
from mien.inference.model_card import FACE_SIZE

_NAME = re.compile(r"[a-z][a-z0-9_]*")

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number that an attribute measures.

    Attributes:
        name: lower case letters, digits and underscores, such as `yaw`.
        unit: such as `degrees`; empty for a plain number.
        description: one line that says what it is.
    """

    name: str
    unit: str
    description: str


@dataclass(frozen=True, eq=False)
class FaceView:
    """One face as an attribute gets it.

    Attributes:
        frame: uint8 (H, W, 3), RGB: the whole upright image.
        detection: where the face is; None where the image was passed as a cropped face.
        crop: the face as the model takes it, uint8 (S, S) gray or (S, S, 3) RGB.
        measured: the values of the attributes measured before this one.
        scale: how many pixels of the image one pixel of `frame` spans: more than 1 where a large
            photo was decoded smaller.
    """

    frame: Pixels
    detection: Detection | None
    crop: Pixels
    measured: Mapping[str, float] = field(default_factory=dict)
    scale: float = 1.0

    @cached_property
    def gray(self) -> Pixels:
        """The crop as uint8 (48, 48), gray, so that measures do not depend on the model."""
        gray = to_gray(self.crop)
        if len(gray) == FACE_SIZE:
            return gray
        return np.asarray(
            Image.fromarray(gray).resize((FACE_SIZE, FACE_SIZE), Image.Resampling.BOX)
        )


class FaceAttribute(Protocol):
    """Measures one or several numbers of a face.

    Example:
        >>> class Redness:
        ...     quantities = (Quantity("redness", "", "Mean of the red channel, 0 to 255."),)
        ...
        ...     def measure(self, view: FaceView) -> Sequence[float | None]:
        ...         return [float(view.frame[..., 0].mean())]
    """

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What `measure` returns, in its order."""

    def measure(self, view: FaceView) -> Sequence[float | None]:
        """Returns a finite number for each quantity; None where this face does not show it."""


def names_of(quantities: Sequence[Quantity]) -> tuple[str, ...]:
    """Returns the names of all that is measured.

    Raises:
        ValueError: two have the same name, or one is not lower case letters, digits and
            underscores.
    """
    names = [quantity.name for quantity in quantities]
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"'{name}' cannot name an attribute; use lower case letters, digits and underscores"
            )
        if names.count(name) > 1:
            raise ValueError(f"two attributes are named '{name}'; rename one")
    return tuple(names)


def measure_face(attributes: Sequence[FaceAttribute], view: FaceView) -> dict[str, float]:
    """Measures all attributes of one face, in their order.

    Returns:
        The values by name; what a face does not show is absent.

    Raises:
        AttributeFailedError: one raises, or returns NaN or another number of values.
    """
    values: dict[str, float] = {}
    view = replace(view, measured=values)  # grows as attributes are measured
    for attribute in attributes:
        names = [quantity.name for quantity in attribute.quantities]
        measured = zip(names, _measure(attribute, names, view), strict=True)
        values.update((name, float(value)) for name, value in measured if value is not None)
    return values


def _measure(
    attribute: FaceAttribute, names: Sequence[str], view: FaceView
) -> Sequence[float | None]:
    try:
        found = attribute.measure(view)
        count = len(found)
        finite = all(value is None or isfinite(value) for value in found)
    except Exception as error:  # whatever a user's own code raises
        raise _failure(names, f"raised {type(error).__name__}: {error}") from error
    if count != len(names):
        raise _failure(names, f"returned {count} values, not {len(names)}")
    if not finite:
        raise _failure(names, f"returned {list(found)}; each must be a finite number or None")
    return found


def _failure(names: Sequence[str], problem: str) -> AttributeFailedError:
    return AttributeFailedError(
        problem,
        subject=f"attribute '{', '.join(names)}'",
        remedy="correct it, or leave it out of the analyzer's attributes",
    )
