"""Draws results on an image: a box, a label, and a bar chart of probabilities for each face."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from mien.emotions import colors_of
from mien.results import Box, Face, FrameResult

_LEGIBLE = 480  # the longer side, in pixels, up to which a small image is enlarged
_SHADE = (20, 24, 32, 190)
_LIGHT = 380  # sum of a colour's three channels above which black text reads better on it


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws on one image; its sizes, in pixels, fit the image."""

    canvas: ImageDraw.ImageDraw
    size: tuple[int, int]
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont
    row: int
    line: int


def draw(pixels: NDArray[np.uint8], result: FrameResult) -> Image.Image:
    """Draws an image's faces on a copy of it.

    Args:
        pixels: the analyzed image, upright, uint8 (H, W, 3), RGB.
        result: of its analysis.

    Returns:
        An RGB image; a small one is enlarged by an integer factor, so that text is legible.
    """
    image = Image.fromarray(pixels)
    zoom = max(_LEGIBLE // max(image.size), 1)
    image = image.resize((image.width * zoom, image.height * zoom)).convert("RGBA")
    layer = Image.new("RGBA", image.size)
    pen = _pen(layer)
    boxes = [_scaled(face.box, zoom) for face in result.faces]
    taken = list(boxes)
    for face, box in zip(result.faces, boxes, strict=True):
        _draw_box(pen, face, box)
        panel = _place_panel(pen, box, len(face.labels), taken)
        taken.append(panel)
        _draw_panel(pen, face, panel)
    return Image.alpha_composite(image, layer).convert("RGB")


def _pen(layer: Image.Image) -> _Pen:
    row = max(round((layer.width * layer.height) ** 0.5 / 60), 9)
    font = ImageFont.load_default(row * 0.85)
    return _Pen(ImageDraw.Draw(layer), layer.size, font, row, max(row // 6, 1))


def _draw_box(pen: _Pen, face: Face, box: Box) -> None:
    color = colors_of(face.labels)[face.emotion]
    pen.canvas.rectangle((box.x, box.y, box.right, box.bottom), outline=color, width=pen.line)
    text = f"{face.emotion} {face.confidence:.0%}"
    width = pen.canvas.textlength(text, font=pen.font) + 0.6 * pen.row
    label = _inside(pen, Box(box.x, box.y - 1.3 * pen.row, width, 1.3 * pen.row))
    pen.canvas.rectangle((label.x, label.y, label.right, label.bottom), fill=color)
    ink = "black" if sum(ImageColor.getrgb(color)) > _LIGHT else "white"
    middle = (label.x + 0.3 * pen.row, label.y + label.height / 2)
    pen.canvas.text(middle, text, fill=ink, font=pen.font, anchor="lm")


def _place_panel(pen: _Pen, box: Box, count: int, taken: list[Box]) -> Box:
    """Places the bars beside a face, where they cover the least of the other faces and bars."""
    width, height = 7.6 * pen.row, (count + 0.4) * pen.row
    corners = (
        (box.right + pen.line, box.y),
        (box.x - width - pen.line, box.y),
        (box.x, box.bottom + pen.line),
        (box.x, box.y - height - 1.4 * pen.row),
    )
    places = [_inside(pen, Box(x, y, width, height)) for x, y in corners]
    return min(places, key=lambda place: sum(_overlap(place, other) for other in taken))


def _draw_panel(pen: _Pen, face: Face, panel: Box) -> None:
    corners = (panel.x, panel.y, panel.right, panel.bottom)
    pen.canvas.rectangle(corners, fill=_SHADE)
    top = panel.y + 0.2 * pen.row
    for name, value in zip(face.labels, face.probabilities, strict=True):
        middle = (panel.x + 0.3 * pen.row, top + pen.row / 2)
        pen.canvas.text(middle, name, fill="white", font=pen.font, anchor="lm")
        start, length = panel.x + 4.3 * pen.row, 3.0 * pen.row * value
        if length >= 1:
            bar = (start, top + 0.2 * pen.row, start + length, top + 0.8 * pen.row)
            pen.canvas.rectangle(bar, fill=colors_of(face.labels)[name])
        top += pen.row


def _scaled(box: Box, zoom: int) -> Box:
    return Box(box.x * zoom, box.y * zoom, box.width * zoom, box.height * zoom)


def _inside(pen: _Pen, box: Box) -> Box:
    """Moves a box into the image; a box that is too large keeps its top left corner inside."""
    x = max(min(box.x, pen.size[0] - box.width), 0)
    y = max(min(box.y, pen.size[1] - box.height), 0)
    return Box(x, y, box.width, box.height)


def _overlap(first: Box, second: Box) -> float:
    """Returns the area that two boxes share."""
    width = min(first.right, second.right) - max(first.x, second.x)
    height = min(first.bottom, second.bottom) - max(first.y, second.y)
    return max(width, 0) * max(height, 0)
