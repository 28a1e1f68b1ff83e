"""The colours of the page: those of the labels, and enough contrast for text and controls."""

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
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_in_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("ground", ["page", "card", "empty"])
@pytest.mark.parametrize("text", ["text", "muted", "accent", "alert"])
def test_text_has_enough_contrast(dark: bool, ground: str, text: str) -> None:
    found = colors(dark)
    assert contrast(found[text], found[ground]) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_controls_have_enough_contrast(dark: bool) -> None:
    found = colors(dark)
    assert contrast(found["on-accent"], found["accent"]) >= 4.5
    assert contrast(found["control"], found["card"]) >= 3
    assert contrast(found["control"], found["page"]) >= 3


@pytest.mark.parametrize("dark", [False, True])
def test_labels_have_the_colours_of_reports_and_annotated_images(dark: bool) -> None:
    assert {name: colors(dark)[name] for name in COLORS} == COLORS


def test_default_labels_are_those_of_the_package() -> None:
    script = PAGE.joinpath("js/labels.js").read_text("utf-8")
    listed = re.search(r"DEFAULT_LABELS = (\[.*\]);", script)
    assert listed
    assert tuple(json.loads(listed[1])) == EMOTIONS


@pytest.mark.parametrize("dark", [False, True])
def test_labels_without_a_colour_of_their_own_get_distinct_ones(dark: bool) -> None:
    found = colors(dark)
    script = PAGE.joinpath("js/labels.js").read_text("utf-8")
    number = re.search(r"OTHER_COLORS = (\d+);", script)
    assert number
    others = [found[f"label-{position}"] for position in range(1, int(number[1]) + 1)]
    assert len({*others, *COLORS.values()}) == len(others) + len(COLORS)
