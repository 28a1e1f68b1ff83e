"""A result as a table and as a page."""

import numpy as np
import pytest

from mien.errors import MediaError
from mien.results import Box, Face, FrameResult

LABELS = ("<b>pain", "no pain")


def result(*faces: Face) -> FrameResult:
    return FrameResult("a&b.jpg", 60, 40, faces, labels=LABELS, warnings=("x < y",))


def face() -> Face:
    return Face(box=Box(1, 2, 3, 4), probabilities=(0.7, 0.3), labels=LABELS)


def test_a_table_has_the_columns_of_the_records() -> None:
    pytest.importorskip("pandas")
    table = result(face(), face()).to_pandas()
    assert table["raw_no pain"].tolist() == [0.3, 0.3]
    assert table["source"].tolist() == ["a&b.jpg"] * 2
    assert result().to_pandas()["emotion"].isna().tolist() == [True]


def test_a_page_is_escaped_and_needs_no_image() -> None:
    page = result(face())._repr_html_()
    assert "&lt;b&gt;pain 70%" in page
    assert "<b>" not in page
    assert "x &lt; y" in page
    assert "<img" not in page
    assert "No face was detected" in result()._repr_html_()


def test_a_plot_wants_the_image_that_was_analyzed() -> None:
    assert result(face()).plot(np.zeros((40, 60, 3), np.uint8)).size == (480, 320)
    with pytest.raises(MediaError, match="pass the one that was analyzed"):
        result(face()).plot(np.zeros((40, 61, 3), np.uint8))
