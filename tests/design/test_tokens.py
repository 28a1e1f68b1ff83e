"""The colours of all pages: those of the labels, and enough contrast for text and controls."""

import json
import re
from importlib.resources import files

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.design import design_files
from mien.emotions import COLORS, EMOTIONS, UNSURE, colors_of

TOKENS = design_files()["tokens.css"].read_text("utf-8")
PAGE = files("mien.server").joinpath("page")
LABELS_SCRIPT = PAGE.joinpath("js/labels.js").read_text("utf-8")

# Machado, Oliveira, Fernandes 2009: a viewer without cones of one kind, in linear RGB.
CONES = {
    "all": np.eye(3),
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
LEAST_DIFFERENCE = 0.13  # in OKLab; the colours of version 0.1 had 0.03 without green cones


def tokens(dark: bool) -> dict[str, str]:
    """The colours of a scheme, by name."""
    pairs = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", TOKENS)
    plain = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", TOKENS))
    return plain | {name: second if dark else first for name, first, second in pairs}


def linear(color: str) -> NDArray[np.float64]:
    channels = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    return float(linear(color) @ [0.2126, 0.7152, 0.0722])


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def oklab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ottosson 2020: distances in it are about those that people see."""
    cones = np.cbrt(
        np.clip(rgb, 0, 1)
        @ np.array(
            [
                [0.4122214708, 0.2119034982, 0.0883024619],
                [0.5363325363, 0.6806995451, 0.2817188376],
                [0.0514459929, 0.1073969566, 0.6299787005],
            ]
        )
    )
    return np.asarray(
        cones
        @ np.array(
            [
                [0.2104542553, 1.9779984951, 0.0259040371],
                [0.7936177850, -2.4285922050, 0.7827717662],
                [-0.0040720468, 0.4505937099, -0.8086757660],
            ]
        )
    )


def least_difference(colors: list[str], cones: NDArray[np.float64]) -> float:
    places = oklab(np.array([linear(color) for color in colors]) @ np.asarray(cones).T)
    differences = np.linalg.norm(places[:, None] - places[None], axis=-1)
    return float(differences[np.triu_indices(len(colors), 1)].min())


def test_contrast_is_computed_as_in_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_oklab_is_that_of_its_author() -> None:
    assert oklab(linear("#ffffff")) == pytest.approx([1, 0, 0], abs=1e-3)
    assert oklab(np.array([1.0, 0, 0])) == pytest.approx([0.628, 0.225, 0.126], abs=1e-3)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("ground", ["page", "card", "raised", "empty"])
@pytest.mark.parametrize("text", ["text", "muted", "accent", "alert", "good"])
def test_text_has_enough_contrast(dark: bool, ground: str, text: str) -> None:
    found = tokens(dark)
    assert contrast(found[text], found[ground]) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_controls_have_enough_contrast(dark: bool) -> None:
    found = tokens(dark)
    assert contrast(found["on-accent"], found["accent"]) >= 4.5
    assert contrast(found["on-alert"], found["alert"]) >= 4.5
    assert contrast(found["accent"], found["selected"]) >= 4.5
    for ground in ("card", "page", "raised"):
        assert contrast(found["control"], found[ground]) >= 3
        assert contrast(found["record"], found[ground]) >= 3


@pytest.mark.parametrize("dark", [False, True])
def test_labels_have_the_colours_of_annotated_images(dark: bool) -> None:
    assert {name: tokens(dark)[name] for name in COLORS} == COLORS


@pytest.mark.parametrize("cones", CONES)
def test_labels_differ_for_everybody(cones: str) -> None:
    assert least_difference(list(COLORS.values()), np.array(CONES[cones])) >= LEAST_DIFFERENCE


@pytest.mark.parametrize("label", EMOTIONS)
def test_labels_stand_out_on_a_dark_ground(label: str) -> None:
    assert contrast(COLORS[label], tokens(dark=True)["card"]) >= 2.5


def test_default_labels_are_those_of_the_package() -> None:
    listed = re.search(r"DEFAULT_LABELS = (\[.*\]);", LABELS_SCRIPT)
    assert listed
    assert tuple(json.loads(listed[1])) == EMOTIONS


def test_other_labels_have_the_same_colours_in_reports_and_in_studio() -> None:
    number = re.search(r"OTHER_COLORS = (\d+);", LABELS_SCRIPT)
    assert number
    labels = tuple(f"label {place}" for place in range(int(number[1])))
    of_report = colors_of(labels)
    assert [of_report[label] for label in labels] == [
        tokens(dark=False)[f"label-{place + 1}"] for place in range(len(labels))
    ]
    assert len({*of_report.values(), *COLORS.values()}) == len(labels) + len(COLORS)
    assert of_report[UNSURE] == COLORS[UNSURE]


def test_a_stylesheet_has_no_colour_of_its_own() -> None:
    sheets = {entry.name: entry.read_text("utf-8") for entry in PAGE.joinpath("style").iterdir()}
    assert sheets
    literal = re.compile(r":[^;{]*#[0-9a-f]{3,8}\b")
    allowed = {"background: light-dark(#14161a52, #000000a3)"}  # behind a dialog
    for name, sheet in sheets.items():
        declarations = re.findall(r"[\w-]+:[^;{}]*", sheet)
        found = [text.strip() for text in declarations if literal.search(text)]
        assert [text for text in found if text not in allowed] == [], name
