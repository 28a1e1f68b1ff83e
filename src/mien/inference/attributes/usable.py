"""Whether a face is fit to be judged, and if not, why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mien.inference.attributes.base import FaceView, Quantity

REASONS = ("usable", "small", "blurred", "dark", "bright", "turned", "uncertain")
"""What `usable_reason` says, by its number."""

_CODES = ", ".join(f"{code} {reason}" for code, reason in enumerate(REASONS))


@dataclass(frozen=True, slots=True)
class Usable:
    """Judges a face by the attributes measured before it; the first rule that fails is the reason.

    A quantity that was not measured fails no rule. Of 611 press photos of faces turned by less than
    30 degrees at a brightness of 60 to 200 the defaults call 98.9 % usable; of 683 faces none that
    was blurred with a Gaussian of sigma 2 pixels at 48x48, scaled up from 12x12, or darkened to a
    brightness of 29.

    Args:
        min_side: pixels; a smaller face is `small`.
        min_sharpness: a less sharp face is `blurred`.
        min_brightness: a darker face is `dark`.
        max_brightness: a brighter face is `bright`.
        max_yaw: degrees to either side; beyond, a face is `turned`.
        max_pitch: degrees up or down; beyond, a face is `turned`.
        min_score: the detector's; below it a face is `uncertain`.
    """

    min_side: float = 30.0
    min_sharpness: float = 0.06
    min_brightness: float = 30.0
    max_brightness: float = 230.0
    max_yaw: float = 45.0
    max_pitch: float = 40.0
    min_score: float = 0.9

    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("usable", "", "1 where the face is fit to be judged, else 0."),
        Quantity("usable_reason", "", f"Why not: {_CODES}."),
    )

    def measure(self, view: FaceView) -> Sequence[float | None]:
        """Returns 1 or 0, and the index of the reason in `REASONS`."""
        reason = REASONS.index(self._reason(view))
        return [float(reason == 0), float(reason)]

    def _reason(self, view: FaceView) -> str:
        def value(name: str, otherwise: float) -> float:
            return view.measured.get(name, otherwise)

        rules = (
            ("small", value("side", self.min_side) < self.min_side),
            ("blurred", value("sharpness", self.min_sharpness) < self.min_sharpness),
            ("dark", value("brightness", self.min_brightness) < self.min_brightness),
            ("bright", value("brightness", self.max_brightness) > self.max_brightness),
            ("turned", abs(value("yaw", 0.0)) > self.max_yaw),
            ("turned", abs(value("pitch", 0.0)) > self.max_pitch),
            ("uncertain", view.detection is not None and view.detection.score < self.min_score),
        )
        return next((reason for reason, failed in rules if failed), "usable")
