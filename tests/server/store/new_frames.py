"""Frames to store, as an analyzer would give them."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from mien.results import Box, Face, FrameResult
from mien.server.store.faces import NewFrame

NEUTRAL = (0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.7)


def face(person: int | None = 1, top: int = 6, unsure: bool = False) -> Face:
    values = tuple(np.roll(NEUTRAL, top - 6).tolist())
    smoothed = None if person is None else values
    threshold = 0.9 if unsure else 0.0
    return Face(
        box=Box(10, 20, 30, 40.5),
        probabilities=values,
        score=0.98,
        person=person,
        smoothed=smoothed,
        unsure_below=threshold,
    )


def seen(number: int, people: Sequence[int | None] = (1,), embedded: bool = True) -> NewFrame:
    """A frame of a video of 30 frames a second; embeddings tell frame and place."""
    faces = tuple(face(person, top=number % 7) for person in people)
    vectors = [np.array([number, at, 0.5], np.float32) for at in range(len(faces))]
    result = FrameResult("film", 640, 360, faces, number, number / 30)
    return NewFrame(result, vectors if embedded else [None] * len(faces))


seven = st.lists(st.floats(0, 1), min_size=7, max_size=7).map(tuple)
sides = st.floats(-1e5, 1e5).map(lambda side: side + 0.0)  # SQLite keeps no sign of a zero
faces = st.builds(
    Face,
    box=st.builds(Box, sides, sides, sides, sides),
    probabilities=seven,
    score=st.none() | st.floats(0, 1),
    person=st.none() | st.integers(0, 2**53),
    smoothed=st.none() | seven,
    attributes=st.dictionaries(
        st.sampled_from(["yaw", "side", "usable"]), st.floats(-1e6, 1e6), max_size=3
    ),
)
videos = st.lists(st.lists(faces, max_size=3), max_size=12).map(
    lambda video: [
        NewFrame(
            FrameResult(
                "film", 64, 48, tuple(found), 2 * at, at / 7, attributes=("yaw", "side", "usable")
            ),
            [np.full(3, at, np.float32)] * len(found),
        )
        for at, found in enumerate(video)
    ]
)
"""Some frames, every other number missing, as where live frames were dropped."""
