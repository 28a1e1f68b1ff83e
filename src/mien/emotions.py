"""The labels of FER2013, and the colors of any labels.

A model's card names its labels; the shipped models have FER2013's seven. This module imports
nothing of Mien, so that every module can import it.
"""

from functools import cache

EMOTIONS: tuple[str, ...] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Emotion names. A label is an index into this tuple, as in FER2013's `emotion` column."""

UNSURE = "unsure"
"""The label of a face whose most probable label is not probable enough."""

COLORS: dict[str, str] = {
    "angry": "#b83030",
    "disgust": "#79bfa0",
    "fear": "#d36cfd",
    "happy": "#fcc202",
    "sad": "#445fad",
    "surprise": "#ed6711",
    "neutral": "#7e8797",
    UNSURE: "#d4e0ea",
}
"""The colours of the labels known here, as hexadecimal RGB; `colors_of` has those of any label.

Any two differ by at least 0.13 in OKLab, for viewers without red, green or blue cones, too."""

_OTHER_COLORS = (
    *("#2a9d8f", "#c2509c", "#8c5a3c", "#5b6ee1"),
    *("#a3a33a", "#4fb3d9", "#2f7d4f", "#b86fd6"),
)


@cache
def colors_of(labels: tuple[str, ...]) -> dict[str, str]:
    """Returns a colour for each label and for `UNSURE`, used wherever one is drawn.

    Args:
        labels: of a model. Those in `COLORS` have their own colour; the others take those of a
            small palette in their order, and repeat it where it is used up.
    """
    others = [label for label in labels if label not in COLORS]
    palette = {label: _OTHER_COLORS[i % len(_OTHER_COLORS)] for i, label in enumerate(others)}
    return {label: COLORS.get(label) or palette[label] for label in (*labels, UNSURE)}


FERPLUS_CHOICES: tuple[str, ...] = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)
"""What a FER+ tagger could choose, in the column order of `fer2013new.csv`; NF is "not a face"."""
