"""A live session recorded into a real server: frames, markers, ends, deletions, downloads."""

import csv
import io
import random
from dataclasses import dataclass, field
from typing import Any

from mien.emotions import EMOTIONS
from reliability.crash.studio import Acknowledged, ServerGoneError, Studio

_MOST_FRAMES = 300  # of a session, which is ended then
_FACE: dict[str, Any] = {
    "box": [10, 20, 30, 40],
    "score": 0.98,
    "probabilities": {label: 1 / len(EMOTIONS) for label in EMOTIONS},
    "smoothed": {label: 1 / len(EMOTIONS) for label in EMOTIONS},
    "person": 1,
}


@dataclass
class Session:
    """What is known of a session.

    Attributes:
        number: its id.
        frames: by number.
        markers: by time, in whole seconds.
        status: what it was acknowledged to be.
        open_status: what it may be besides.
    """

    number: int
    frames: Acknowledged = field(default_factory=Acknowledged)
    markers: Acknowledged = field(default_factory=Acknowledged)
    status: set[str] = field(default_factory=lambda: {"recording", "interrupted"})


class Recorder:
    """Records sessions, one after the other.

    Args:
        rng: draws what is done next.
    """

    scenario, name = "recording", "recording"

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._sessions: list[Session] = []
        self._deleted, self._deleting = set[int](), set[int]()
        self._creating = 0

    def act(self, studio: Studio) -> None:
        """Posts frames mostly; sets a marker, ends a session or deletes one now and then."""
        if not self._sessions or self._sessions[-1].status == {"done"}:
            self._create(studio)
        session, chance = self._sessions[-1], self._rng.random()
        if chance < 0.75:
            self._post_frames(studio, session)
        elif chance < 0.9:
            self._mark(studio, session)
        elif chance < 0.95 or len(session.frames.known) > _MOST_FRAMES:
            session.status.add("done")
            studio.ask("PATCH", f"/v1/sessions/{session.number}", {"status": "done"})
            session.status = {"done"}
        elif len(self._sessions) > 2:
            self._delete(studio)

    def _create(self, studio: Studio) -> None:
        self._creating += 1
        made = studio.ask("POST", "/v1/sessions", {"name": "crash", "kind": "live"})
        self._creating -= 1
        self._sessions.append(Session(made["id"]))

    def _post_frames(self, studio: Studio, session: Session) -> None:
        """Sends the last known frame again: it must not be there twice."""
        first = max(session.frames.known, default=0)
        numbers = range(first, first + self._rng.randint(2, 30))
        session.frames.open |= set(numbers)
        frames = [
            {"frame": it, "time": it / 30, "width": 640, "height": 480, "faces": [_FACE]}
            for it in numbers
        ]
        studio.ask("POST", f"/v1/sessions/{session.number}/frames", {"frames": frames})
        session.frames.known |= set(numbers)

    def _mark(self, studio: Studio, session: Session) -> None:
        time = max(session.markers.known | session.markers.open, default=-1) + 1
        session.markers.open.add(time)
        path = f"/v1/sessions/{session.number}/marks"
        studio.ask("POST", path, {"time": time, "note": f"marker {time}"})
        session.markers.known.add(time)

    def _delete(self, studio: Studio) -> None:
        number = self._sessions[0].number
        self._deleting.add(number)
        studio.ask("DELETE", f"/v1/sessions/{number}")
        del self._sessions[0]
        self._deleted.add(number)

    def verify(self, studio: Studio) -> list[str]:
        """Compares every session with what was acknowledged of it."""
        entries = studio.ask("GET", "/v1/sessions?limit=500")["sessions"]
        there = {entry["id"]: entry for entry in entries}
        wrong = self._adopt(set(there))
        for session in self._sessions:
            wrong += _verify_session(studio, session, there[session.number]["status"])
        return wrong

    def _adopt(self, there: set[int]) -> list[str]:
        """Finds sessions that are lost, come back, or were never started."""
        wrong = [f"session {it} was deleted and is back" for it in self._deleted & there]
        known = {session.number for session in self._sessions}
        wrong += [f"session {it} is lost" for it in known - there - self._deleting]
        self._sessions = [session for session in self._sessions if session.number in there]
        new = sorted(there - known - self._deleted)
        if len(new) > self._creating:
            wrong.append(f"{len(new)} sessions are new; {self._creating} was being started")
        self._sessions += [Session(number) for number in new]
        self._deleted |= self._deleting - there
        self._deleting, self._creating = set(), 0
        return wrong


def _verify_session(studio: Studio, session: Session, status: str) -> list[str]:
    path = f"/v1/sessions/{session.number}"
    frames = studio.ask("GET", f"{path}/frames?limit=5000")["frames"]
    detail = studio.ask("GET", path)
    wrong = session.frames.compare([frame["frame"] for frame in frames], "frames")
    wrong += session.markers.compare([round(it["time"]) for it in detail["marks"]], "markers")
    if any(len(frame["faces"]) != 1 for frame in frames):
        wrong.append("a frame has not the one face that was sent")
    if status not in session.status:
        wrong.append(f"a session is {status}, not {' or '.join(sorted(session.status))}")
    session.status = {"done"} if status == "done" else {"recording", "interrupted"}
    return [f"session {session.number}: {it}" for it in wrong]


class Downloader(Recorder):
    """Records one session, and downloads it in several formats again and again."""

    scenario, name = "export", "session downloads"
    _FORMATS = (
        "records?format=csv",
        "records?format=parquet",
        "report",
        "bids",
        "events?format=csv",
    )

    def act(self, studio: Studio) -> None:
        """Downloads; a whole answer has every frame."""
        if not self._sessions:
            self._create(studio)
            for _ in range(20):
                self._post_frames(studio, self._sessions[0])
                self._mark(studio, self._sessions[0])
        (session,) = self._sessions
        self._post_frames(studio, session)
        content = studio.ask("GET", f"/v1/sessions/{session.number}/{self._draw_format()}")
        if not content:
            raise ValueError("a download is empty")

    def _draw_format(self) -> str:
        return self._rng.choice(self._FORMATS)

    def verify(self, studio: Studio) -> list[str]:
        """Compares the session, and the rows of its download."""
        wrong = super().verify(studio)
        for session in self._sessions:
            path = f"/v1/sessions/{session.number}/records?format=csv"
            rows = list(csv.DictReader(io.StringIO(studio.ask("GET", path).decode())))
            if sorted(int(row["frame"]) for row in rows) != sorted(session.frames.known):
                wrong.append("the download has not each frame once")
        return wrong


__all__ = ["Downloader", "Recorder", "ServerGoneError"]
