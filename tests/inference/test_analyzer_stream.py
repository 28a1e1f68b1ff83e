"""A moving source becomes one result a frame: people numbered, probabilities smoothed."""

import gc
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from mien import Analyzer, FrameResult
from mien.emotions import UNSURE
from mien.errors import MediaError
from mien.inference.detection.mtcnn import MTCNN
from mien.inference.media import sources as sources_module
from mien.inference.media.images import Frame
from mien.inference.tracking.smoothing import smoothing_weight
from tests.conftest import build_tiny_model
from tests.inference.canvas import Actor, faces, line, video

pytestmark = pytest.mark.slow


class FakeStream:
    """An open stream of the frames it was given; tells whether it is closed."""

    def __init__(self, frames: list[Frame]) -> None:
        self.frames = iter(frames)
        self.closed = False

    def __enter__(self) -> "FakeStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def __iter__(self) -> Iterator[Frame]:
        return self.frames


@pytest.fixture(scope="module")
def soft_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that is sure of nothing, so that a curve has a slope to be smoothed."""
    model = build_tiny_model()
    weights = onnx.numpy_helper.to_array(model.graph.initializer[0]) / 20
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(weights, "weights"))
    path = tmp_path_factory.mktemp("model") / "soft.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture
def analyzer(soft_model: Path) -> Analyzer:
    return Analyzer(soft_model, MTCNN(min_face_fraction=0.06))


@pytest.fixture(scope="module")
def scene(shared: Path) -> list[Frame]:
    """Two people on their way, the second larger, twelve frames."""
    first, second, *_ = faces(shared)
    actors = [
        Actor(first, line((150, 180, 90), (180, 180, 90), 1)),
        Actor(second, line((450, 170, 130), (420, 170, 130), 1)),
    ]
    return list(video(actors, 0.8, 15))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, scene: list[Frame]) -> list[FakeStream]:
    """The streams that were opened so far."""
    streams: list[FakeStream] = []

    def open_fake(_: object) -> FakeStream:
        streams.append(FakeStream(scene))
        return streams[-1]

    monkeypatch.setattr(sources_module, "open_stream", open_fake)
    return streams


def test_one_result_a_frame(analyzer: Analyzer, scene: list[Frame]) -> None:
    results = list(analyzer.stream(scene))
    assert [(one.frame, one.time, one.source) for one in results] == [
        (frame.number, frame.time, frame.source) for frame in scene
    ]
    for result in results:
        assert (result.width, result.height) == (640, 360)
        assert sorted(face.person for face in result.faces) == [1, 2]
        areas = [face.box.width * face.box.height for face in result.faces]
        assert areas == sorted(areas, reverse=True)
        for face in result.faces:
            assert sum(face.probabilities) == pytest.approx(1)
            assert sum(face.smoothed) == pytest.approx(1)
    assert len({result.faces[0].person for result in results}) == 1


def test_raw_and_smoothed_are_both_kept(analyzer: Analyzer, scene: list[Frame]) -> None:
    smoothed: dict[int, np.ndarray] = {}
    before = 0.0
    for result in analyzer.stream(scene, time_constant=0.5):
        weight = smoothing_weight(result.time - before, 0.5)
        for face in result.faces:
            raw = np.array(face.probabilities)
            mean = smoothed.get(face.person, raw)
            smoothed[face.person] = mean + weight * (raw - mean)
            np.testing.assert_allclose(face.smoothed, smoothed[face.person], atol=1e-9)
        before = result.time


def test_frames_without_a_face_have_results_too(analyzer: Analyzer, scene: list[Frame]) -> None:
    black = [replace(frame, pixels=np.zeros_like(frame.pixels)) for frame in scene]
    assert [result.faces for result in analyzer.stream(black)] == [()] * len(scene)
    assert list(analyzer.stream([])) == []


def test_two_streams_do_not_mix(analyzer: Analyzer, scene: list[Frame]) -> None:
    alone = list(analyzer.stream(scene))
    other = [replace(frame, pixels=frame.pixels[:, ::-1].copy()) for frame in scene]
    pairs = list(zip(analyzer.stream(scene), analyzer.stream(other), strict=True))
    assert [one for one, _ in pairs] == alone
    assert [other for _, other in pairs] != alone


def test_frames_are_taken_one_at_a_time(analyzer: Analyzer, scene: list[Frame]) -> None:
    taken = []
    frames = (taken.append(frame) or frame for frame in scene)
    for number, result in enumerate(analyzer.stream(frames), 1):
        assert len(taken) == number
        assert taken[-1].number == result.frame


def test_the_source_is_closed_at_the_end(analyzer: Analyzer, opened: list[FakeStream]) -> None:
    assert len(list(analyzer.stream("video.mp4"))) == 12
    assert [one.closed for one in opened] == [True]


def test_the_source_is_opened_with_the_first_frame(
    analyzer: Analyzer, opened: list[FakeStream]
) -> None:
    stream = analyzer.stream(0)
    assert not opened
    next(stream)
    assert [one.closed for one in opened] == [False]


def test_the_source_is_closed_on_a_break(analyzer: Analyzer, opened: list[FakeStream]) -> None:
    for _ in analyzer.stream(Path("video.mp4")):
        break
    gc.collect()
    assert opened[0].closed


def test_the_source_is_closed_on_an_error(
    analyzer: Analyzer, opened: list[FakeStream], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = analyzer.stream("video.mp4")
    next(stream)
    monkeypatch.setattr(analyzer.classifier, "predict", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        next(stream)
    assert opened[0].closed
    with pytest.raises(StopIteration):
        next(stream)


def test_a_stream_opened_by_the_caller_stays_open(analyzer: Analyzer, scene: list[Frame]) -> None:
    source = FakeStream(scene)
    next(analyzer.stream(source))
    gc.collect()
    assert not source.closed


def test_a_missing_video_is_named(analyzer: Analyzer, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"none\.mp4"):
        next(analyzer.stream(tmp_path / "none.mp4"))


def test_unsure_is_a_label_and_the_probabilities_stay(
    soft_model: Path, analyzer: Analyzer, scene: list[Frame]
) -> None:
    unsure = Analyzer(soft_model, analyzer.detector, unsure_below=1.0)
    plain, careful = list(analyzer.stream(scene[:2])), list(unsure.stream(scene[:2]))
    photo, crop = unsure.analyze(scene[0]), unsure.analyze_crop(scene[0])
    for result in (*careful, photo, crop):
        assert {face.emotion for face in result.faces} == {UNSURE}
    assert UNSURE not in {face.emotion for result in plain for face in result.faces}
    for one, other in zip(plain, careful, strict=True):
        assert [face.smoothed for face in one.faces] == [face.smoothed for face in other.faces]


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_an_invalid_threshold_is_refused(tiny_model: Path, threshold: float) -> None:
    with pytest.raises(ValueError, match="unsure_below must be between 0 and 1"):
        Analyzer(tiny_model, unsure_below=threshold)


def curve(results: Iterator[FrameResult], times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns raw and smoothed probabilities of the one person, at given times."""
    rows = list(results)
    assert {face.person for row in rows for face in row.faces} == {1}
    at = {round(row.time, 6): row.faces[0] for row in rows}
    chosen = [at[round(time, 6)] for time in times.tolist()]
    return tuple(
        np.array([getattr(face, name) for face in chosen]) for name in ("probabilities", "smoothed")
    )


@pytest.mark.parametrize("actor", [1, 2, 5, 6])
def test_a_video_gives_the_same_curve_at_every_rate(
    analyzer: Analyzer, shared: Path, actor: int
) -> None:
    """One person moves, grows and is lit otherwise within a third of a second.

    In each probability, which changes by .25 and more, the curves agree within .04: landmarks
    tremble, and at 15 frames a second a change is noticed up to a fifteenth of a second late.
    """

    def light(time: float) -> float:
        return float(1 - 0.5 * np.clip((time - 0.6) / 0.3, 0, 1))

    path = line((200, 150, 100), (420, 200, 130), 1.6)
    moving = Actor(faces(shared)[actor], path, light)
    times = np.arange(24) / 15
    curves = [curve(analyzer.stream(video([moving], 1.6, rate)), times) for rate in (15, 30, 60)]
    raw, smoothed = (np.array(one) for one in zip(*curves, strict=True))
    assert np.ptp(smoothed, axis=1).max() > 0.25  # something happens
    assert np.ptp(raw, axis=0).max() < 0.04
    assert np.ptp(smoothed, axis=0).max() < 0.04


def test_one_clip_from_its_file(analyzer: Analyzer, shared: Path) -> None:
    results = list(analyzer.stream(shared / "media" / "one_face.mp4"))
    assert len(results) == 72
    assert [[face.person for face in result.faces] for result in results] == [[1]] * 72
    assert results[-1].time == pytest.approx(71 / 30, abs=0.01)


def test_neutral_then_a_smile_then_neutral(shared: Path) -> None:
    """The clip's last frame alone is neutral again: probabilities show it, a label is held."""
    results = Analyzer().stream(shared / "media" / "one_face.mp4")
    faces = [face for result in results for face in result.faces]
    likeliest = [face.labels[int(np.argmax(face.displayed))] for face in faces]
    assert [label for label, _ in groupby(likeliest)] == ["neutral", "happy", "neutral"]
    assert [label for label, _ in groupby(face.emotion for face in faces)] == ["neutral", "happy"]
    assert faces[-1].held == faces[-1].emotion == "happy"


def test_results_and_frames_of_a_stream_stay_paired(analyzer: Analyzer, scene: list[Frame]) -> None:
    """What the command line does: it keeps each frame as it passes, to draw on it."""
    kept: list[Image.Image] = []

    def keeping() -> Iterator[Frame]:
        for frame in scene:
            kept.append(Image.fromarray(frame.pixels))
            yield frame

    for count, _ in enumerate(analyzer.stream(keeping()), 1):
        assert len(kept) == count
