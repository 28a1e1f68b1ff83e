"""An analyzer with an adapter: what is named is adapted, what the model answered is still told."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mien import Analyzer
from mien.inference.media.images import Frame
from mien.inference.media.sources import open_stream

Floats = NDArray[np.float32]


class Turned:
    """Calls every emotion by the next one's name; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def adapt(self, probabilities: Floats, embeddings: Floats) -> Floats:
        assert len(probabilities) == len(embeddings) > 0
        self.asked += 1
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
    assert [one.box for one in after] == [one.box for one in before]
    for one, other in zip(before, after, strict=True):
        assert other.probabilities == pytest.approx(np.roll(one.probabilities, 1))


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
        (one,), (other,) = before.faces, after.faces
        assert other.smoothed == pytest.approx(np.roll(one.smoothed, 1), abs=1e-6)


def test_a_image_without_a_face_asks_for_nothing(turned: Analyzer) -> None:
    blank = np.zeros((80, 80, 3), np.uint8)
    assert turned.analyze(blank).faces == ()
    assert turned.adapter.asked == 0  # type: ignore[union-attr]


def test_images_of_several_users_share_a_batch(plain: Analyzer, shared: Path) -> None:
    photo = shared / "media" / "one_face.jpg"
    results, answer = plain.classify([plain.detect(photo), plain.detect(photo, Turned())])
    (mine,), (others,) = (result.faces for result in results)
    assert others.probabilities == pytest.approx(np.roll(mine.probabilities, 1))
    for row in answer.probabilities:  # the model's own, for both
        assert tuple(row.tolist()) == pytest.approx(mine.probabilities)


def test_what_the_model_answered_is_in_the_order_of_the_faces(
    plain: Analyzer, shared: Path
) -> None:
    pixels = plain.detect(shared / "media" / "five_faces.jpg")
    results, answer = plain.classify([pixels])
    for face, row in zip(results[0].faces, answer.probabilities, strict=True):
        assert face.probabilities == tuple(row.tolist())
    areas = [face.box.width * face.box.height for face in results[0].faces]
    assert areas == sorted(areas, reverse=True)


def test_another_adapter_holds_at_once_whatever_was_smoothed(plain: Analyzer, shared: Path) -> None:
    look, seen = plain.track(time_constant=10.0), []
    with open_stream(shared / "media" / "one_face.mp4") as frames:
        for number, frame in zip(range(4), frames, strict=False):
            still = Frame("still", frame.pixels, number, number / 30)
            adapter = Turned() if number == 2 else None
            (result,), answer = plain.classify([look(still, adapter)])
            seen.append((result.faces[0], answer.probabilities[0]))
    (second, _), (third, own), (fourth, back) = seen[1:]
    assert second.smoothed != second.probabilities
    assert third.smoothed == third.probabilities == pytest.approx(np.roll(own, 1))
    assert fourth.smoothed == fourth.probabilities == pytest.approx(back)
    assert second.person == third.person == fourth.person
