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
    "angry": "#d1495b",
    "disgust": "#6a994e",
    "fear": "#7b5ea7",
    "happy": "#f2b134",
    "sad": "#3d7ea6",
    "surprise": "#e8871e",
    "neutral": "#8d99ae",
    UNSURE: "#c9ced6",
}
"""The colours of the labels known here, as hexadecimal RGB; `colors_of` has those of any label."""

_OTHER_COLORS = ("#2a9d8f", "#b56576", "#577590", "#bc6c25", "#4d908e", "#a26769", "#6d597a")


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
