"""A page to try Mien on, by Gradio: python gradio_app.py, then open the address that it prints."""

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from mien import Analyzer

analyzer = Analyzer()


def label(image: NDArray[np.uint8] | None) -> tuple[object, dict[str, float]]:
    """Returns the image with its faces drawn, and the largest face's probabilities."""
    if image is None:
        return None, {}
    result = analyzer.analyze(image)
    shares = dict(result.faces[0].probabilities) if result.faces else {}
    return result.plot(), shares


page = gr.Interface(
    label,
    gr.Image(label="Photo or camera", sources=["upload", "webcam", "clipboard"]),
    [gr.Image(label="Faces"), gr.Label(label="Largest face", num_top_classes=7)],
    title="Mien",
    description="Labels visible expressions, not feelings. Images stay on this machine.",
    flagging_mode="never",
)

if __name__ == "__main__":
    page.launch()
