"""Faces with a few words under each, on one image to look through."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mien.inference.model_card import FACE_SIZE

FACE = 2 * FACE_SIZE
"""Pixels a side of a drawn face."""

ACROSS = 12
"""Faces in a row."""

GAP, LINE, HEADING = 14, 15, 34
"""Pixels between faces, of a line of words, and of a heading."""

WIDTH = GAP + ACROSS * (FACE + GAP)

_SMALL, _LARGE = 12, 17
_PAPER, _INK, _FAINT = "white", "#141414", "#646464"


def new_part(is_gray: bool, height: int, title: str = "") -> Image.Image:
    """Returns an empty part of a sheet, with a heading if there is a title."""
    part = Image.new("L" if is_gray else "RGB", (WIDTH, height), _PAPER)
    if title:
        font = ImageFont.load_default(_LARGE)
        ImageDraw.Draw(part).text((GAP, 9), title, fill=_INK, font=font)
    return part


def draw_faces(
    part: Image.Image,
    corner: tuple[int, int],
    images: Sequence[NDArray[np.uint8]],
    lines: Sequence[str],
) -> None:
    """Draws faces side by side and words below them, the first line fainter.

    Args:
        part: to draw on.
        corner: the left and top of the first face, in pixels.
        images: uint8, gray or RGB, square.
        lines: short ones; what is wider than the faces is cut.
    """
    left, top = corner
    for place, image in enumerate(images):
        face = Image.fromarray(image).resize((FACE, FACE), Image.Resampling.NEAREST)
        part.paste(face, (left + place * FACE, top))
    pen, font = ImageDraw.Draw(part), ImageFont.load_default(_SMALL)
    for number, line in enumerate(lines):
        fill = _FAINT if number == 0 else _INK
        below = (left, top + FACE + 2 + number * LINE)
        pen.text(below, _cut(line, len(images) * FACE, pen, font), fill=fill, font=font)


def _cut(
    line: str,
    width: int,
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> str:
    """Cuts a line in its middle, for file names differ at both ends."""
    shown = line
    while pen.textlength(shown, font=font) > width and len(line) > 2:
        half = len(line) // 2
        line = line[: half - 1] + line[half + len(line) % 2 :]
        half = len(line) // 2
        shown = f"{line[:half]}…{line[half:]}"
    return shown
