"""The sample that Studio plays: small, drawn by the script beside it, labelled as drawn."""

from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from scripts.sample.clip import HEIGHT, RATE, ROLES, SECONDS, WIDTH, Role, clip_frame, expression_at
from scripts.sample.portraits import PORTRAITS, SIDE, Portrait

from mien import Analyzer, Face

SAMPLE = Path(str(files("mien.server").joinpath("page", "sample")))
CLIPS = {"sample.mp4": "h264", "sample.webm": "vp9"}
STEADY = 0.4  # seconds after a change until the smoothed label follows
RIGHT = 0.9  # of the steady time


def test_the_files_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in SAMPLE.iterdir()}
    assert sum(sizes.values()) <= 500_000
    assert sizes["poster.webp"] <= 40_000
    assert all(sizes[f"{portrait.name}.webp"] <= 25_000 for portrait in PORTRAITS)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "codec"), CLIPS.items())
def test_browsers_can_play_the_clip(name: str, codec: str) -> None:
    with av.open(str(SAMPLE / name)) as container:
        (stream,) = container.streams
        assert stream.codec_context.name == codec
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == (WIDTH, HEIGHT)
        assert sum(1 for _ in container.decode(stream)) == RATE * SECONDS


def test_the_clip_starts_before_it_is_loaded_whole() -> None:
    content = (SAMPLE / "sample.mp4").read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize("role", ROLES)
def test_the_clip_ends_as_it_starts(role: Role) -> None:
    start, end = expression_at(role, 0), expression_at(role, SECONDS)
    assert start.yaw == pytest.approx(end.yaw)
    assert start.smile == pytest.approx(end.smile)
    assert start.lids == pytest.approx(end.lids)


@pytest.mark.slow
def test_the_script_draws_the_clip_that_ships() -> None:
    number = round(4.4 * RATE)
    drawn = clip_frame(number)
    np.testing.assert_array_equal(clip_frame(number), drawn)
    with av.open(str(SAMPLE / "sample.mp4")) as container:
        shipped = next(
            frame.to_ndarray(format="rgb24")
            for index, frame in enumerate(container.decode(video=0))
            if index == number
        )
    error = np.square(shipped.astype(float) - drawn).mean()
    assert 10 * np.log10(255**2 / error) > 30  # dB: what compression leaves


@pytest.mark.slow
def test_both_people_are_detected_and_labelled_as_drawn() -> None:
    frames = list(Analyzer().stream(SAMPLE / "sample.mp4"))
    people = {face.person for frame in frames for face in frame.faces}
    assert len(people) == len(ROLES)
    whole = sum(len(frame.faces) == len(ROLES) for frame in frames)
    assert whole / len(frames) >= 0.99
    for role in ROLES:
        right = defaultdict[str, list[bool]](list)
        for number, frame in enumerate(frames):
            label = steady_label(role, number / RATE)
            for face in faces_of(role, frame.faces) if label else ():
                right[label].append(face.emotion == label)
        assert {"neutral", "happy", "surprise"} < set(right)
        missed = {label: hits for label, hits in right.items() if np.mean(hits) < RIGHT}
        assert not missed


@pytest.mark.slow
@pytest.mark.parametrize("portrait", PORTRAITS, ids=lambda portrait: portrait.name)
def test_portraits_are_labelled_as_drawn(portrait: Portrait) -> None:
    path = SAMPLE / f"{portrait.name}.webp"
    with Image.open(path) as image:
        assert image.size == (SIDE, SIDE)
    (face,) = Analyzer().analyze(path).faces
    assert face.emotion == portrait.label


def steady_label(role: Role, time: float) -> str | None:
    """The label of the expression that a person holds at a time; None around a change."""
    label = "neutral"
    for change in role.changes:
        if change.time <= time < change.done + STEADY:
            return None
        if time >= change.done:
            label = change.label
    return label


def faces_of(role: Role, faces: tuple[Face, ...]) -> Iterator[Face]:
    """The faces on a person's side of the clip."""
    for face in faces:
        if (face.box.x + face.box.width / 2 < WIDTH / 2) == (role.place.x < WIDTH / 2):
            yield face
