"""The example for Gradio; Gradio itself is too large for every test run."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "gradio_app.py"


@pytest.mark.slow
def test_the_page_draws_and_labels_a_photo(shared: Path) -> None:
    pytest.importorskip("gradio")
    names = runpy.run_path(str(EXAMPLE))
    with Image.open(shared / "media" / "one_face.jpg") as image:
        drawn, shares = names["label"](np.asarray(image))
    assert drawn.size == (572, 562)
    assert max(shares, key=shares.get) == "happy"
    assert names["label"](None) == (None, {})
    assert names["page"].fn is names["label"]
