"""Augmentation: first the parameters are drawn, then they are applied.

Drawing apart from applying lets a test fix the draw, and lets the same draw be applied twice.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

from mien.training.networks.base import channels_first, channels_last
from mien.training.settings import Augmentation

ERASED_AREA = (0.02, 0.2)
_ERASED_ASPECT = 3.0


@dataclass(frozen=True)
class Draw:
    """How each of N faces is to be varied. What is None is left as it is.

    Attributes:
        right: int64 (N,), pixels to shift right.
        down: int64 (N,), pixels to shift down.
        flip: bool (N,), whether to mirror, before the shift.
        turn: float32 (N,), radians to turn clockwise.
        grow: float32 (N,), factor to grow by.
        light: float32 (N, 2), gray values to add, and factor on the distance from the mean.
        gamma: float32 (N,), the exponent of values from 0 to 1.
        shade: float32 (N, 2), by what share light grows from left to right, and downwards.
        blur: float32 (N,), the side of what is averaged, in pixels; 1 for a sharp face.
        noise: float32 (N, H, W), gray values to add.
        erase: float32 (N, 5), a rectangle's left, top, width and height as shares of the side,
            and its gray value; a face that keeps all has width 0.
    """

    right: Tensor
    down: Tensor
    flip: Tensor
    turn: Tensor | None = None
    grow: Tensor | None = None
    light: Tensor | None = None
    gamma: Tensor | None = None
    shade: Tensor | None = None
    blur: Tensor | None = None
    noise: Tensor | None = None
    erase: Tensor | None = None


def draw(count: int, size: int, settings: Augmentation, generator: torch.Generator) -> Draw:
    """Draws parameters for a batch.

    Args:
        count: how many faces.
        size: the side of a face in pixels.
        settings: the ranges to draw from, uniformly.
        generator: where the random numbers come from.
    """

    def shifts(share: float) -> Tensor:
        most = round(share * size)
        return torch.randint(-most, most + 1, (count,), generator=generator)

    def within(most: float) -> Tensor:
        return (2 * torch.rand(count, generator=generator) - 1) * most

    flips = torch.rand(count, generator=generator) < 0.5
    right, down = shifts(settings.width_shift), shifts(settings.height_shift)
    # What is off draws nothing, so that a recipe without it stays the same run.
    turn = within(math.radians(settings.rotation)) if settings.rotation else None
    grow = 1 + within(settings.scale) if settings.scale else None
    light = None
    if settings.brightness or settings.contrast:
        light = torch.stack([255 * within(settings.brightness), 1 + within(settings.contrast)], 1)
    gamma = within(settings.gamma).exp() if settings.gamma else None
    shade = None
    if settings.shading:
        shade = torch.stack([within(settings.shading), within(settings.shading)], 1)
    blur = None
    if settings.blurring:
        blurs = torch.rand(count, generator=generator) < settings.blurring
        blur = 1 + blurs * (1 + 2 * torch.rand(count, generator=generator))
    noise = None
    if settings.noise:
        side = settings.crop or size
        deviation = 255 * settings.noise * torch.rand(count, 1, 1, generator=generator)
        noise = deviation * torch.randn(count, side, side, generator=generator)
    erase = _rectangles(count, settings.erasing, generator) if settings.erasing else None
    flips = flips & settings.horizontal_flip
    return Draw(right, down, flips, turn, grow, light, gamma, shade, blur, noise, erase)


def apply(faces: Tensor, drawn: Draw, crop: int | None = None) -> Tensor:
    """Varies a batch of faces; what a shift or a turn uncovers repeats the edge.

    Args:
        faces: (N, H, W) or (N, H, W, 3) of any type.
        drawn: parameters for N faces, on the same device.
        crop: side of the middle to return, in pixels; None for the whole face.

    Returns:
        The varied faces: of the same shape and type where they were only mirrored and shifted,
        else float32 with values from 0 to 255.
    """
    faces = _shift(faces, drawn)
    size = faces.shape[1]
    if drawn.turn is not None or drawn.grow is not None or (crop or size) != size:
        faces = _warp(faces, drawn.turn, drawn.grow, crop or size)
    if drawn.blur is not None:
        faces = _blur(faces, drawn.blur)
    if drawn.light is not None:
        faces = _relight(faces, drawn.light)
    if drawn.gamma is not None:
        faces = 255 * (faces / 255) ** _per_face(drawn.gamma, faces)
    if drawn.shade is not None:
        faces = _shade(faces, drawn.shade)
    if drawn.noise is not None:
        noise = drawn.noise if faces.dim() == 3 else drawn.noise[..., None]
        faces = (faces + noise).clamp(0, 255)
    if drawn.erase is not None:
        faces = _erase(faces, drawn.erase)
    return faces


def _rectangles(count: int, share: float, generator: torch.Generator) -> Tensor:
    """Draws rectangles to erase, after Zhong et al. 2020, in that share of the faces."""
    chance, area, aspect, left, top, gray = torch.rand(6, count, generator=generator)
    low, high = ERASED_AREA
    area = low + (high - low) * area
    stretch = _ERASED_ASPECT ** (aspect - 0.5)
    width, height = area.sqrt() * stretch, area.sqrt() / stretch
    width = width * (chance < share)
    return torch.stack([left * (1 - width), top * (1 - height), width, height, 255 * gray], 1)


def _shift(faces: Tensor, drawn: Draw) -> Tensor:
    count, height, width = faces.shape[:3]
    device = faces.device
    rows = torch.arange(height, device=device) - drawn.down[:, None]
    columns = (torch.arange(width, device=device) - drawn.right[:, None]).clamp(0, width - 1)
    columns = torch.where(drawn.flip[:, None], width - 1 - columns, columns)
    rows = rows.clamp(0, height - 1)
    index = torch.arange(count, device=device)[:, None, None]
    return faces[index, rows[:, :, None], columns[:, None, :]]


def _warp(faces: Tensor, turn: Tensor | None, grow: Tensor | None, crop: int) -> Tensor:
    """Turns and scales about the middle, and cuts the middle out, in one interpolation."""
    count, size = faces.shape[:2]
    still = torch.zeros(count, device=faces.device)
    turn = still if turn is None else turn
    reach = crop / size / (still + 1 if grow is None else grow)
    sine, cosine = turn.sin() * reach, turn.cos() * reach
    rows = (torch.stack([cosine, sine, still], 1), torch.stack([-sine, cosine, still], 1))
    grid = affine_grid(torch.stack(rows, 1), [count, 1, crop, crop], align_corners=False)
    images = channels_first(faces.to(torch.float32))
    return channels_last(grid_sample(images, grid, padding_mode="border", align_corners=False))


def _relight(faces: Tensor, light: Tensor) -> Tensor:
    faces = faces.to(torch.float32)
    mean = faces.mean(dim=tuple(range(1, faces.dim())), keepdim=True)
    brighter, contrast = (_per_face(values, faces) for values in light.T)
    relit: Tensor = (faces - mean) * contrast + mean + brighter
    return relit.clamp(0, 255)


def _per_face(values: Tensor, faces: Tensor) -> Tensor:
    """Returns a value of each face (N,), to be combined with all of its pixels."""
    return values.view(-1, *[1] * (faces.dim() - 1))


def _shade(faces: Tensor, shade: Tensor) -> Tensor:
    side = faces.shape[1]
    across = torch.linspace(-1, 1, side, device=faces.device)
    right, down = (values[:, None, None] for values in shade.T)
    light = 1 + right * across + down * across[:, None]
    shaded: Tensor = faces.to(torch.float32) * (light if faces.dim() == 3 else light[..., None])
    return shaded.clamp(0, 255)


def _blur(faces: Tensor, sides: Tensor) -> Tensor:
    """Takes each face to fewer pixels and back: what is a pixel there was that side here."""
    blurred = faces.to(torch.float32).clone()
    for index in (sides > 1).nonzero().flatten().tolist():
        image = channels_first(blurred[index : index + 1])
        small = max(1, round(faces.shape[1] / float(sides[index])))
        shrunk = interpolate(image, small, mode="bilinear", antialias=True)
        grown = interpolate(shrunk, faces.shape[1], mode="bilinear")
        blurred[index] = channels_last(grown)[0]
    return blurred


def _erase(faces: Tensor, rectangles: Tensor) -> Tensor:
    left, top, width, height, gray = rectangles.T[:, :, None]
    middles = (torch.arange(faces.shape[1], device=faces.device) + 0.5) / faces.shape[1]
    columns = (middles >= left) & (middles < left + width)
    rows = (middles >= top) & (middles < top + height)
    erased, color = rows[:, :, None] & columns[:, None, :], gray[:, :, None]
    if faces.dim() == 4:
        erased, color = erased[..., None], color[..., None]
    return torch.where(erased, color, faces.to(torch.float32))
