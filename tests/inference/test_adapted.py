"""An analyzer with an adapter adapts its results and still returns the model's predictions."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mien import Analyzer
from mien.inference.media.images import Frame
from mien.inference.media.sources import open_stream

Floats = NDArray[np.float32]


class Turned:
    """Shifts the probabilities by one label and counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def adapt(self, probabilities: Floats, embeddings: Floats) -> Floats:
        assert len(probabilities) == len(embeddings) > 0
        self.calls += 1
        return np.roll(probabilities, 1, axis=1)


@pytest.fixture(scope="module")
def plain(tiny_model: Path) -> Analyzer:
    return Analyzer(tiny_model)


@pytest.fixture
def turned(tiny_model: Path, plain: Analyzer) -> Analyzer:
    return Analyzer(tiny_model, plain.detector, adapter=Turned())


@pytest.mark.parametrize("name", ["one_face.jpg", "five_faces.jpg"])
def test_every_face_of_a_photo_is_adapted(
    plain: Analyzer, turned: Analyzer, shared: Path, name: str
) -> None:
    photo = shared / "media" / name
    before, after = plain.analyze(photo).faces, turned.analyze(photo).faces
    assert [face.box for face in after] == [face.box for face in before]
    for plain_face, adapted in zip(before, after, strict=True):
        assert adapted.probabilities == pytest.approx(np.roll(plain_face.probabilities, 1))


def test_a_crop_is_adapted(plain: Analyzer, turned: Analyzer) -> None:
    crop = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
    (before,), (after,) = plain.analyze_crop(crop).faces, turned.analyze_crop(crop).faces
    assert after.probabilities == pytest.approx(np.roll(before.probabilities, 1))


def test_a_video_is_adapted_before_it_is_smoothed(
    plain: Analyzer, turned: Analyzer, shared: Path
) -> None:
    clip = shared / "media" / "one_face.mp4"
    both = zip(plain.stream(clip), turned.stream(clip), range(10), strict=False)
    for before, after, _ in both:
        (plain_face,), (adapted,) = before.faces, after.faces
        assert adapted.smoothed == pytest.approx(np.roll(plain_face.smoothed, 1), abs=1e-6)


def test_an_image_without_a_face_does_not_call_the_adapter(turned: Analyzer) -> None:
    blank = np.zeros((80, 80, 3), np.uint8)
    assert turned.analyze(blank).faces == ()
    assert turned.adapter.calls == 0  # type: ignore[union-attr]


def test_images_with_different_adapters_share_a_batch(plain: Analyzer, shared: Path) -> None:
    photo = shared / "media" / "one_face.jpg"
    results, answer = plain.classify([plain.detect(photo), plain.detect(photo, Turned())])
    (mine,), (others,) = (result.faces for result in results)
    assert others.probabilities == pytest.approx(np.roll(mine.probabilities, 1))
    for row in answer.probabilities:  # the model's own, for both
        assert tuple(row.tolist()) == pytest.approx(mine.probabilities)


def test_predictions_are_in_the_order_of_the_faces(plain: Analyzer, shared: Path) -> None:
    pixels = plain.detect(shared / "media" / "five_faces.jpg")
    results, answer = plain.classify([pixels])
    for face, row in zip(results[0].faces, answer.probabilities, strict=True):
        assert face.probabilities == tuple(row.tolist())
    areas = [face.box.width * face.box.height for face in results[0].faces]
    assert areas == sorted(areas, reverse=True)


def test_another_adapter_restarts_the_smoothing(plain: Analyzer, shared: Path) -> None:
    track_frame, found = plain.track(time_constant=10.0), []
    with open_stream(shared / "media" / "one_face.mp4") as frames:
        for number, frame in zip(range(4), frames, strict=False):
            still = Frame("still", frame.pixels, number, number / 30)
            adapter = Turned() if number == 2 else None
            (result,), answer = plain.classify([track_frame(still, adapter)])
            found.append((result.faces[0], answer.probabilities[0]))
    (second, _), (third, own), (fourth, back) = found[1:]
    assert second.smoothed != second.probabilities
    assert third.smoothed == third.probabilities == pytest.approx(np.roll(own, 1))
    assert fourth.smoothed == fourth.probabilities == pytest.approx(back)
    assert second.person == third.person == fourth.person
