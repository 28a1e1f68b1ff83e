"""Assigns each person in a moving source a constant id.

Between two detections in the whole frame, each face is followed from frame to frame. Faces are
assigned to persons by three cues: expected position (constant velocity), size, and appearance (the
correlation of small crops). A person may be out of view for a while; a cut ends all tracks.
"""

from dataclasses import dataclass
from itertools import count

from mien.inference.detection.detector import Detection, FaceDetector
from mien.inference.media.images import Frame
from mien.inference.model_card import FER2013_FORMAT, FaceFormat
from mien.inference.tracking.follower import FaceFollower, follower_of
from mien.inference.tracking.scene import CutDetector
from mien.inference.tracking.track import Pixels, Sighting, Track

_SEARCH_EVERY = 0.25  # seconds between detections while a person is missing or there is none
_DOUBTS = 3  # detections in a row that miss a followed face, after which it is dropped
_SURE = 0.85  # O-Net's score below which the first miss is enough


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """One person's face in one frame.

    Attributes:
        person: the person id, from 1.
        face: its detection.
        crop: the face as the classifier takes it.
    """

    person: int
    face: Detection
    crop: Pixels


class Tracker:
    """Assigns ids to the persons of one moving source.

    Ids are never reused. A person gets a new id after a cut, after a change of the frame's size,
    when the time goes back, and when out of view for longer than `gap`.

    Args:
        detector: detects faces in a whole frame.
        follower: detects known faces again; by default `follower_of(detector)`.
        search_every: seconds between detections in the whole frame while all persons are in view:
            a new face is detected within this time. At most a quarter of a second while a person
            is missing or there is none.
        gap: seconds out of view for which a person keeps the id; longer than the time between two
            frames.
        face_format: of the crops.

    Raises:
        ModelError: O-Net is not installed, and the detector needs it.
        ValueError: `search_every` is negative, or `gap` is not positive.
    """

    def __init__(
        self,
        detector: FaceDetector,
        follower: FaceFollower | None = None,
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
        self.follower = follower or follower_of(detector)
        self.search_every = search_every
        self.gap = gap
        self.face_format = face_format
        self._ids = count(1)
        self._tracks: list[Track] = []
        self._scene = CutDetector()
        self._time = self._searched = float("-inf")

    def update(self, frame: Frame) -> list[Tracked]:
        """Detects the persons of the next frame.

        Args:
            frame: its time counts, not its number.

        Returns:
            The persons in view, in the order of their ids.
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
        """Ends all tracks at a cut, and those out of view for too long."""
        if self._scene.is_cut(frame.pixels) or frame.time < self._time:
            self._tracks = []
            self._searched = float("-inf")
        self._tracks = [track for track in self._tracks if frame.time - track.last_time <= self.gap]

    def _follow(self, frame: Frame) -> None:
        followed = self._visible()
        for track in followed:
            track.visible = False
        places = [track.expected(frame.time) for track in followed]
        found = self.follower.follow(frame.pixels, places)
        sightings = [self._sight(frame, face) for face in found if face]
        self._match(followed, _distinct(sightings))

    def _match(self, tracks: list[Track], sightings: list[Sighting]) -> list[Sighting]:
        """Assigns each sighting to at most one person, best first; returns the unassigned ones."""
        costs = [
            (cost, track, sighting)
            for track in tracks
            for sighting in sightings
            if (cost := track.cost(sighting, self._time, self.gap)) is not None
        ]
        unassigned = list(sightings)
        for _, track, sighting in sorted(costs, key=lambda match: match[0]):
            if sighting in unassigned and not track.visible:
                crowded = track.is_crowded(self._tracks, self._time)
                track.update(sighting, self._time, reliable=not crowded)
                unassigned.remove(sighting)
        return unassigned

    def _is_search_due(self) -> bool:
        settled = self._tracks and all(track.visible for track in self._tracks)
        every = self.search_every if settled else min(_SEARCH_EVERY, self.search_every)
        return self._time - self._searched >= every

    def _search(self, frame: Frame) -> None:
        """Detects missing and new persons in the whole frame, and verifies the others."""
        self._searched = self._time
        found = [self._sight(frame, face) for face in self.detector.detect(frame.pixels)]
        known = self._visible()
        _verify(known, found)
        new = [
            sighting
            for sighting in found
            if not any(sighting.is_same(track.last) for track in known)
        ]
        missing = [track for track in self._tracks if not track.visible]
        for sighting in self._match(missing, new):
            # An occluded face has another appearance: it may be a missing person.
            if not (missing and any(sighting.may_occlude(track.last) for track in known)):
                self._tracks.append(Track(next(self._ids), sighting, self._time))

    def _sight(self, frame: Frame, face: Detection) -> Sighting:
        return Sighting.of(frame.pixels, face, self.face_format)

    def _visible(self) -> list[Track]:
        return [track for track in self._tracks if track.visible]


def _distinct(sightings: list[Sighting]) -> list[Sighting]:
    """Drops each sighting of a face that another sighting with a better score covers."""
    kept: list[Sighting] = []
    for sighting in sorted(sightings, key=lambda sighting: -sighting.face.score):
        if not any(sighting.is_same(other) for other in kept):
            kept.append(sighting)
    return kept


def _verify(tracks: list[Track], found: list[Sighting]) -> None:
    """Drops followed faces that the detector, which is stricter, does not confirm."""
    for track in tracks:
        confirmed = any(sighting.is_same(track.last) for sighting in found)
        track.doubts = 0 if confirmed else track.doubts + 1
        unsure = not confirmed and track.last.face.score < _SURE
        track.visible = not unsure and track.doubts < _DOUBTS
