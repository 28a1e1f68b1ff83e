"""Any predictions with their labels."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Predictions = tuple[NDArray[np.float32], NDArray[np.int64]]


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)


@st.composite
def predictions(draw: st.DrawFn) -> Predictions:
    """Few faces and often few emotions, so that some are absent, from vague to certain."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(1, 40))
    emotions = draw(st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True))
    scale = draw(st.sampled_from([0.0, 1.0, 5.0, 100.0]))
    probabilities = softmax(rng.normal(0, 1, (count, 7)) * scale).astype(np.float32)
    return probabilities, rng.choice(emotions, count)
