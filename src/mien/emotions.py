"""The seven emotions every part of Mien speaks of, in FER2013's order.

This module imports nothing, so that anything may import it.
"""

EMOTIONS: tuple[str, ...] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Emotion names. A label is an index into this tuple, as in FER2013's `emotion` column."""

UNSURE = "unsure"
"""What a face is labelled where no emotion is probable enough."""

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
"""One colour a label, as hexadecimal RGB, used wherever one is drawn."""

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
