"""The colours: those of the emotions, and enough contrast for all that is read."""

import json
import re
from importlib.resources import files

import pytest

from mien.emotions import COLORS, EMOTIONS

PAGE = files("mien.server").joinpath("page")
TOKENS = PAGE.joinpath("style/tokens.css").read_text("utf-8")
LIGHT, _, DARK = TOKENS.partition("@media (prefers-color-scheme: dark)")


def colors(dark: bool) -> dict[str, str]:
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", LIGHT))
    return found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", DARK)) if dark else found


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("ground", ["page", "card", "empty"])
@pytest.mark.parametrize("text", ["text", "quiet", "accent", "alert"])
def test_what_is_read_stands_out(dark: bool, ground: str, text: str) -> None:
    found = colors(dark)
    assert contrast(found[text], found[ground]) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_controls_stand_out(dark: bool) -> None:
    found = colors(dark)
    assert contrast(found["on-accent"], found["accent"]) >= 4.5
    assert contrast(found["control"], found["card"]) >= 3
    assert contrast(found["control"], found["page"]) >= 3


@pytest.mark.parametrize("dark", [False, True])
def test_emotions_have_the_colours_of_all_other_drawings(dark: bool) -> None:
    assert {name: colors(dark)[name] for name in COLORS} == COLORS


def test_emotions_have_their_names_and_order() -> None:
    script = PAGE.joinpath("js/emotions.js").read_text("utf-8")
    listed = re.search(r"EMOTIONS = (\[.*\]);", script)
    assert listed
    assert tuple(json.loads(listed[1])) == EMOTIONS
