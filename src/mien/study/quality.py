"""Which records are fit to be judged, and why the others are not, by limits that can be set."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from mien.errors import StudyError
from mien.inference.records import Records

NO_FACE, EXCLUDED = "no face", "excluded"
"""Reasons that no limit sets: nothing was detected; an event excludes the stretch."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a face must fulfil to be usable. A quantity that was not measured breaks no limit.

    The defaults are those of `mien.inference.attributes.usable`, which has what they were tried on.

    Attributes:
        side: pixels; a smaller face is `small`.
        sharpness: a less sharp face is `blurred`.
        dark: a brightness, 0 to 255; below it a face is `dark`.
        bright: the same; above it a face is `bright`.
        yaw: degrees to either side; beyond, a face is `turned`.
        pitch: degrees up or down; beyond, a face is `turned`.
        score: of the detector, 0 to 1; below it a face is `uncertain`: covered in part, at the
            image's edge, or hardly a face.
    """

    side: float = 30.0
    sharpness: float = 0.06
    dark: float = 30.0
    bright: float = 230.0
    yaw: float = 45.0
    pitch: float = 40.0
    score: float = 0.9

    @classmethod
    def parse(cls, pairs: list[str]) -> "Limits":
        """Reads limits as `yaw=30`, the others at their defaults.

        Raises:
            StudyError: there is no such limit, or its value is no number.
        """
        known = [field.name for field in fields(cls)]
        values = {}
        for pair in pairs:
            name, _, text = pair.partition("=")
            if name not in known:
                raise StudyError(
                    f"there is no limit '{name}'", remedy=f"choose from {', '.join(known)}"
                )
            try:
                values[name] = float(text)
            except ValueError:
                raise StudyError(
                    f"the limit '{name}' is no number: '{text}'", remedy=f"write {name}=30"
                ) from None
        return cls(**values)


def judge(
    records: Records, limits: Limits | None = None
) -> tuple[NDArray[np.bool_], NDArray[np.object_]]:
    """Judges records; the first limit that a face breaks is the reason.

    Args:
        records: of any source.
        limits: the defaults if None.

    Returns:
        Which records are usable, bool (N,), and why the others are not, object (N,) of strings:
        "" for usable ones, else "no face", "small", "blurred", "dark", "bright", "turned" or
        "uncertain".
    """
    limits = limits or Limits()
    rules = (
        (NO_FACE, records.label < 0),
        ("small", _measured(records, "side") < limits.side),
        ("blurred", _measured(records, "sharpness") < limits.sharpness),
        ("dark", _measured(records, "brightness") < limits.dark),
        ("bright", _measured(records, "brightness") > limits.bright),
        ("turned", np.abs(_measured(records, "yaw")) > limits.yaw),
        ("turned", np.abs(_measured(records, "pitch")) > limits.pitch),
        ("uncertain", records.score < limits.score),
    )
    reasons = np.full(len(records), "", np.object_)
    for reason, broken in rules:
        reasons[broken & (reasons == "")] = reason
    return reasons == "", reasons


def _measured(records: Records, name: str) -> NDArray[np.float32]:
    """Returns an attribute; NaN, which breaks no limit, where it was not measured."""
    unknown = np.full(len(records), np.nan, np.float32)
    return records.attributes.get(name, unknown)
