"""The same person keeps the same number.

Between two searches of the whole frame, O-Net follows each face from frame to frame. What it finds
is given to people by three cues: the place where each is expected (constant velocity), the size,
and the look (the correlation of small crops). A person out of sight is waited for; a cut ends all.
"""

from dataclasses import dataclass
from itertools import count

from mien.inference.detection.detector import Detection, FaceDetector
from mien.inference.media.images import Frame
from mien.inference.model_card import FER2013_FORMAT, FaceFormat
from mien.inference.tracking.follower import Follower
from mien.inference.tracking.scene import CutDetector
from mien.inference.tracking.track import Pixels, Sighting, Track

_LOOKOUT = 0.25  # seconds between searches while somebody is missed, or nobody is there
_DOUBTS = 3  # searches in a row that do not find a followed face, after which it is none
_SURE = 0.85  # O-Net's score below which the first such search is enough


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """One person's face in one frame.

    Attributes:
        person: the number that the same person keeps, from 1.
        face: where it is.
        crop: the face as the classifier takes it.
    """

    person: int
    face: Detection
    crop: Pixels


class Tracker:
    """Numbers the people of one moving source.

    Numbers are never used again. A person gets a new one after a cut, after a change of the
    frame's size, when the time goes back, and when out of sight for longer than `gap`.

    Args:
        detector: what finds faces in a whole frame.
        follower: what finds them again; `Follower()` with its defaults where none is given.
        search_every: seconds between searches of the whole frame, while all are in sight: a new
            face is noticed within this time. It is a quarter of a second at most while somebody
            is missed or nobody is there.
        gap: seconds out of sight for which a person keeps their number. It must exceed the time
            between two frames.
        face_format: of the crops.

    Raises:
        ModelError: O-Net is not installed.
        ValueError: `search_every` is negative, or `gap` is not positive.
    """

    def __init__(
        self,
        detector: FaceDetector,
        follower: Follower | None = None,
        search_every: float = 1.0,
        gap: float = 2.0,
        face_format: FaceFormat = FER2013_FORMAT,
    ) -> None:
        if search_every < 0 or gap <= 0:
            raise ValueError(
                f"search_every must be 0 seconds or more and gap above 0, "
                f"got {search_every} and {gap}"
            )
        self.detector = detector
        self.follower = follower or Follower()
        self.search_every = search_every
        self.gap = gap
        self.face_format = face_format
        self._numbers = count(1)
        self._tracks: list[Track] = []
        self._scene = CutDetector()
        self._time = self._searched = float("-inf")

    def update(self, frame: Frame) -> list[Tracked]:
        """Finds the people of the next frame.

        Args:
            frame: its time decides, its number does not matter.

        Returns:
            Those in sight, in the order of their numbers.
        """
        self._forget(frame)
        self._time = frame.time
        self._follow(frame)
        if self._is_search_due():
            self._search(frame)
        return [
            Tracked(track.person, track.last.face, track.last.crop)
            for track in sorted(self._visible(), key=lambda track: track.person)
        ]

    def _forget(self, frame: Frame) -> None:
        """Ends the tracks that cannot go on in this frame: all of them, or those out of date."""
        if self._scene.is_cut(frame.pixels) or frame.time < self._time:
            self._tracks = []
            self._searched = float("-inf")
        self._tracks = [track for track in self._tracks if frame.time - track.seen <= self.gap]

    def _follow(self, frame: Frame) -> None:
        followed = self._visible()
        for track in followed:
            track.visible = False
        places = [track.expected(frame.time) for track in followed]
        found = self.follower.follow(frame.pixels, places)
        sightings = [self._sight(frame, face) for face in found if face]
        self._match(followed, _distinct(sightings))

    def _match(self, tracks: list[Track], sightings: list[Sighting]) -> list[Sighting]:
        """Gives each sighting to at most one person, the best fit first; returns the others."""
        costs = [
            (cost, track, sighting)
            for track in tracks
            for sighting in sightings
            if (cost := track.cost(sighting, self._time, self.gap)) is not None
        ]
        left = list(sightings)
        for _, track, sighting in sorted(costs, key=lambda one: one[0]):
            if sighting in left and not track.visible:
                crowded = track.is_crowded(self._tracks, self._time)
                track.see(sighting, self._time, reliable=not crowded)
                left.remove(sighting)
        return left

    def _is_search_due(self) -> bool:
        settled = self._tracks and all(track.visible for track in self._tracks)
        every = self.search_every if settled else min(_LOOKOUT, self.search_every)
        return self._time - self._searched >= every

    def _search(self, frame: Frame) -> None:
        """Looks over the whole frame: for people missed, for new ones, and to check on the rest."""
        self._searched = self._time
        found = [self._sight(frame, face) for face in self.detector.detect(frame.pixels)]
        known = self._visible()
        _check(known, found)
        fresh = [one for one in found if not any(one.is_same(track.last) for track in known)]
        missed = [track for track in self._tracks if not track.visible]
        for sighting in self._match(missed, fresh):
            # A face half hidden does not look like itself: whoever is missed may be behind.
            if not (missed and any(sighting.may_hide(track.last) for track in known)):
                self._tracks.append(Track(next(self._numbers), sighting, self._time))

    def _sight(self, frame: Frame, face: Detection) -> Sighting:
        return Sighting.of(frame.pixels, face, self.face_format)

    def _visible(self) -> list[Track]:
        return [track for track in self._tracks if track.visible]


def _distinct(sightings: list[Sighting]) -> list[Sighting]:
    """Drops each sighting of a face that another sighting, with a better score, shows too."""
    kept: list[Sighting] = []
    for sighting in sorted(sightings, key=lambda one: -one.face.score):
        if not any(sighting.is_same(other) for other in kept):
            kept.append(sighting)
    return kept


def _check(tracks: list[Track], found: list[Sighting]) -> None:
    """Loses sight of followed faces that the detector, which looks harder, does not confirm."""
    for track in tracks:
        confirmed = any(sighting.is_same(track.last) for sighting in found)
        track.doubts = 0 if confirmed else track.doubts + 1
        unsure = not confirmed and track.last.face.score < _SURE
        track.visible = not unsure and track.doubts < _DOUBTS
