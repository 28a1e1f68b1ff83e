"""The comparison of screenshots: what it must catch, and what it must let pass."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.server.page.looks.comparison import differs, find_changes, show_changes

SIZE = (390, 844)


def draw(
    x: float = 40,
    label: str = "Record",
    dot: str = "#c8372d",
    page: str = "#f7f8f9",
    scale: int = 4,
) -> Image.Image:
    """A page of text with a small button; a higher scale smooths edges in another way."""
    image = Image.new("RGB", (SIZE[0] * scale, SIZE[1] * scale), page)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(13 * scale)
    for line in range(12):
        pen.text((40 * scale, (140 + 24 * line) * scale), "neutral 62 %", "#1c2024", font)
    button = [value * scale for value in (x, 40, x + 84, 68)]
    pen.rounded_rectangle(button, 6 * scale, "#ffffff", "#c3c8ce", scale)
    if dot:
        pen.ellipse([value * scale for value in (x + 8, 49, x + 18, 59)], dot)
    pen.text(((x + 24) * scale, 46 * scale), label, "#1c2024", font)
    return image.resize(SIZE, Image.Resampling.BOX)


def is_caught(actual: Image.Image, reference: Image.Image) -> bool:
    return differs(find_changes(actual, reference))


CHANGES: dict[str, Callable[[], Image.Image]] = {
    "a button moved by 2 pixels": lambda: draw(x=42),
    "another label": lambda: draw(label="Recover"),
    "a lost icon": lambda: draw(dot=""),
    "another colour of an icon": lambda: draw(dot="#8a8a8a"),
    "a slightly darker page": lambda: draw(page="#eeeff0"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_caught(name: str) -> None:
    assert is_caught(CHANGES[name](), draw())


@pytest.mark.parametrize("scale", [3, 5, 6])
def test_other_smoothing_of_edges_passes(scale: int) -> None:
    actual, reference = draw(scale=scale), draw()
    assert np.any(np.asarray(actual) != np.asarray(reference))
    assert not is_caught(actual, reference)


def test_a_shift_by_half_a_pixel_passes() -> None:
    assert not is_caught(draw(x=40.5), draw())


def test_noise_of_an_encoder_passes() -> None:
    noise = np.random.default_rng(0).integers(-4, 5, (SIZE[1], SIZE[0], 3))
    noisy = np.clip(np.asarray(draw(), int) + noise, 0, 255).astype(np.uint8)
    assert not is_caught(Image.fromarray(noisy), draw())


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        find_changes(draw(), draw().crop((0, 0, 390, 843)))


def test_changes_are_shown_in_red() -> None:
    actual = draw(dot="")
    shown = np.asarray(show_changes(actual, find_changes(actual, draw())))
    assert tuple(shown[54, 53]) == (220, 0, 0)
    assert len({*shown[10, 10]}) == 1  # gray elsewhere
