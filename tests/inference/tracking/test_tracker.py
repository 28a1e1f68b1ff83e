"""The same person keeps the same number, and nobody else gets it."""

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from mien.inference.crop import crop_face
from mien.inference.detection.detector import Detection
from mien.inference.detection.mtcnn import MTCNN
from mien.inference.media.images import Frame
from mien.inference.tracking.follower import Follower, face_square
from mien.inference.tracking.tracker import Tracked, Tracker
from tests.inference.canvas import HEIGHT, WIDTH, Actor, faces, hidden, line, video

pytestmark = pytest.mark.slow

CENTRE = (320.0, 180.0, 110.0)


class CountingDetector(MTCNN):
    """Remembers when it was asked, and may be blind."""

    def __init__(self) -> None:
        super().__init__(min_face_fraction=0.06)
        self.calls = 0
        self.blind = False

    def detect(self, frame: np.ndarray) -> list[Detection]:
        self.calls += 1
        return [] if self.blind else super().detect(frame)


@pytest.fixture(scope="module")
def people(shared: Path) -> list[Image.Image]:
    return faces(shared)


@pytest.fixture(scope="module")
def shared_detector() -> CountingDetector:
    return CountingDetector()


@pytest.fixture
def detector(shared_detector: CountingDetector) -> CountingDetector:
    shared_detector.calls, shared_detector.blind = 0, False
    return shared_detector


def still(place: tuple[float, float, float] = CENTRE):
    return line(place, place, 1.0)


def play(tracker: Tracker, frames: Iterable[Frame]) -> list[list[Tracked]]:
    """Tracks a video; checks what holds for every frame."""
    log = []
    for frame in frames:
        seen = tracker.update(frame)
        numbers = [one.person for one in seen]
        assert numbers == sorted(set(numbers))
        middles = [face_square(one.face.landmarks)[0] for one in seen]
        assert len(
            {round(middle.real / 20) + 1j * round(middle.imag / 20) for middle in middles}
        ) == len(seen)
        log.append(seen)
    return log


def numbers(log: list[list[Tracked]]) -> set[int]:
    return {one.person for seen in log for one in seen}


def owners(seen: list[Tracked], actors: list[Actor], time: float) -> dict[int, int]:
    """Tells which actor each number stands for."""
    named = {}
    for one in seen:
        middle = face_square(one.face.landmarks)[0]
        apart = [
            abs(complex(*place[:2]) - middle) if (place := actor.path(time)) else np.inf
            for actor in actors
        ]
        assert min(apart) < 40
        named[one.person] = int(np.argmin(apart))
    return named


@pytest.mark.parametrize("rate", [15, 30, 60])
@pytest.mark.parametrize("shift", [0, 70])
def test_two_crossing_persons_keep_their_ids(
    people: list[Image.Image], detector: MTCNN, rate: int, shift: float
) -> None:
    actors = [
        Actor(people[0], line((100, 150, 110), (540, 150, 110), 2)),
        Actor(people[1], line((540, 150 + shift, 120), (100, 150 + shift, 120), 2)),
    ]
    log = play(Tracker(detector), video(actors, 2.3, rate))
    assert numbers(log) == {1, 2}
    assert owners(log[-1], actors, 2.3) == owners(log[0], actors, 0.0)
    assert sorted(owners(log[0], actors, 0.0)) == [1, 2]


@pytest.mark.parametrize("pair", [(2, 3), (4, 5), (6, 7)])
def test_two_persons_who_meet_and_part_keep_their_ids(
    people: list[Image.Image], detector: MTCNN, pair: tuple[int, int]
) -> None:
    def there_and_back(x: float, step: float):
        return lambda time: (x + step * (1 - abs(1 - time)), 180.0, 110.0)

    actors = [
        Actor(people[pair[0]], there_and_back(200, 110)),
        Actor(people[pair[1]], there_and_back(440, -110)),
    ]
    log = play(Tracker(detector), video(actors, 2, 15))
    assert numbers(log) == {1, 2}
    assert owners(log[-1], actors, 29 / 15) == owners(log[0], actors, 0.0)


@pytest.mark.parametrize(("away", "expected"), [(0.3, {1}), (1.5, {1}), (2.6, {1, 2})])
def test_a_person_who_returns_within_the_gap_keeps_the_id(
    people: list[Image.Image], detector: MTCNN, away: float, expected: set[int]
) -> None:
    actor = Actor(people[0], hidden(line((200, 150, 100), (450, 200, 120), 4), 1, 1 + away))
    log = play(Tracker(detector, gap=2.0), video([actor], 1 + away + 0.6, 15))
    assert numbers(log) == expected
    assert log[0]
    assert log[-1]


def test_another_person_in_the_same_place_gets_a_new_id(
    people: list[Image.Image], detector: MTCNN
) -> None:
    first = Actor(people[0], hidden(still(), 0.5, 9))
    second = Actor(people[1], hidden(still((330.0, 185.0, 115.0)), 0, 1.2))
    log = play(Tracker(detector), video([first, second], 1.8, 15))
    assert numbers(log[:9]) == {1}
    assert numbers(log[15:]) == {2}


def test_a_face_replaced_by_another_at_once_gets_a_new_id(
    people: list[Image.Image], detector: MTCNN
) -> None:
    first, second = Actor(people[0], still()), Actor(people[1], still())
    tracker = Tracker(detector)
    log = play(tracker, video([first], 0.5, 15))
    log += play(tracker, video([second], 0.5, 15, start=0.5))
    assert numbers(log[:7]) == {1}
    assert numbers(log[-3:]) == {2}


def test_a_cut_ends_all_ids(people: list[Image.Image], detector: MTCNN) -> None:
    actors = [Actor(people[0], still((200, 180, 110))), Actor(people[1], still((450, 180, 110)))]
    tracker = Tracker(detector)
    before = play(tracker, video(actors, 0.5, 15, seed=1))
    after = play(tracker, video(actors, 0.5, 15, seed=2, start=0.5))
    assert [numbers([seen]) for seen in before] == [{1, 2}] * 8
    assert [numbers([seen]) for seen in after] == [{3, 4}] * 8


def test_another_frame_size_and_falling_time_start_new_ids(
    people: list[Image.Image], detector: MTCNN
) -> None:
    (frame,) = video([Actor(people[0], still())], 1, 1)
    half = np.asarray(Image.fromarray(frame.pixels).resize((WIDTH // 2, HEIGHT // 2)))
    tracker = Tracker(detector)
    scenes = [(frame.pixels, 5.0), (half, 5.1), (half, 5.1), (half, 5.2), (half, 1.0), (half, 9.0)]
    log = [
        [one.person for one in tracker.update(Frame("", pixels, n, time))]
        for n, (pixels, time) in enumerate(scenes)
    ]
    assert log == [[1], [2], [2], [2], [3], [4]]


def test_growing_shrinking_and_light(people: list[Image.Image], detector: MTCNN) -> None:
    def path(time: float) -> tuple[float, float, float]:
        return 320, 180, 60 + 100 * (1 - np.cos(2 * time))

    actor = Actor(people[4], path, lambda time: 0.7 + 0.3 * np.cos(5 * time))
    log = play(Tracker(detector), video([actor], 3, 30))
    assert [[one.person for one in seen] for seen in log] == [[1]] * 90
    sides = [face_square(seen[0].face.landmarks)[1] for seen in log]
    assert max(sides) > 3 * min(sides)


def test_searches_are_rare_and_more_frequent_while_a_person_is_missing(
    people: list[Image.Image], detector: CountingDetector
) -> None:
    for rate in (15, 60):
        detector.calls = 0
        play(Tracker(detector), video([Actor(people[0], still())], 3, rate))
        assert detector.calls == 3
    detector.calls = 0
    play(Tracker(detector), video([], 2, 30))
    assert detector.calls == 8
    detector.calls = 0
    play(Tracker(detector), video([Actor(people[0], hidden(still(), 0.5, 9))], 2, 30))
    assert 6 <= detector.calls <= 8


def test_a_face_that_the_detector_never_confirms_is_dropped(
    people: list[Image.Image], detector: CountingDetector
) -> None:
    tracker = Tracker(detector)
    frames = list(video([Actor(people[0], still())], 4, 5))
    assert play(tracker, frames[:1])[0]
    detector.blind = True
    log = play(tracker, frames[1:])
    assert log[5]
    assert not any(log[15:])


def test_a_new_person_is_detected_within_the_search_interval(
    people: list[Image.Image], detector: CountingDetector
) -> None:
    actors = [
        Actor(people[0], still((200, 180, 110))),
        Actor(people[1], hidden(still((450, 180, 110)), 0, 0.5)),
    ]
    log = play(Tracker(detector, search_every=0.4), video(actors, 1.2, 10))
    assert numbers(log[:5]) == {1}
    assert numbers(log[-3:]) == {1, 2}


def test_the_crop_is_the_one_that_the_classifier_takes(
    people: list[Image.Image], detector: MTCNN
) -> None:
    for frame in video([Actor(people[0], still())], 0.2, 15):
        (one,) = Tracker(detector).update(frame)
        np.testing.assert_array_equal(one.crop, crop_face(frame.pixels, one.face.landmarks))


def test_memory_is_bounded_over_a_long_video(people: list[Image.Image]) -> None:
    """A hundred people come and go; a fake detector and a small frame make it quick."""
    (large,) = video([Actor(people[0], still())], 1, 1)
    frame = np.asarray(Image.fromarray(large.pixels).reduce(2))
    (face,) = MTCNN().detect(frame)
    empty = np.zeros_like(frame)

    class Sometimes(MTCNN):
        def __init__(self) -> None:
            pass

        def detect(self, pixels: np.ndarray) -> list[Detection]:
            return [face] if pixels is frame else []

    tracker = Tracker(Sometimes(), gap=0.3)
    most = 0
    for number in range(3000):
        pixels = frame if number // 15 % 2 else empty
        tracker.update(Frame("", pixels, number, number / 30))
        most = max(most, len(tracker._tracks))
    assert most == 1
    assert next(tracker._ids) == 101


def test_the_real_clip_has_one_person(shared: Path, detector: MTCNN) -> None:
    tracker = Tracker(detector)
    with av.open(str(shared / "media" / "one_face.mp4")) as container:
        for number, image in enumerate(container.decode(video=0)):
            pixels = image.to_ndarray(format="rgb24")
            seen = tracker.update(Frame("", pixels, number, float(image.time)))
            assert [one.person for one in seen] == [1]
    assert number == 71


@pytest.mark.parametrize("options", [{"gap": 0.0}, {"gap": -1.0}, {"search_every": -1.0}])
def test_invalid_times_are_refused(detector: MTCNN, options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="seconds"):
        Tracker(detector, Follower(), **options)
