"""A profile taught by feedback to a server."""

import io
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from reliability.crash.inputs import draw_crop
from reliability.crash.studio import Studio

_PROFILE = "Ada"
_FIRST = 1000  # faces that no other scenario teaches, by seed
_MOST = 40  # corrections of a profile, so that learning stays short


@dataclass
class Teacher:
    """Teaches a profile one face after the other; each face is a seed of noise.

    What was sent and not acknowledged is sent again after the restart, as a user would.

    Attributes:
        taught: faces by the number of their acknowledged feedback.
        pending: a face that was sent and not acknowledged.
        undoing: feedback whose deletion was sent and not acknowledged.
    """

    scenario: str = "teaching"
    name: str = "teaching by feedback"
    taught: dict[int, int] = field(default_factory=dict)
    pending: int | None = None
    undoing: int | None = None
    _next: int = _FIRST

    def act(self, studio: Studio) -> None:
        """Teaches the next face; undoes feedback once there is much of it."""
        if len(self.taught) >= _MOST:
            self.undoing = max(self.taught)
            self._undo(studio)
            return
        if self.pending is None:
            self.pending, self._next = self._next, self._next + 1
        body = _encode(self.pending)
        found = studio.ask("POST", "/v1/analyze?crops=true&face_ids=true", body)
        new = {"label": "happy", "face_id": found["faces"][0]["face_id"], "profile": _PROFILE}
        answer = studio.ask("POST", "/v1/feedback", new)
        self.taught[answer["id"]], self.pending = self.pending, None

    def _undo(self, studio: Studio) -> None:
        studio.ask("DELETE", f"/v1/feedback/{self.undoing}", expect=(204, 404))
        del self.taught[self.undoing or 0]
        self.undoing = None

    def verify(self, studio: Studio) -> list[str]:
        """Compares the corrections of the profile and the feedback with what was acknowledged."""
        if not any(it["name"] == _PROFILE for it in studio.ask("GET", "/v1/profiles")["profiles"]):
            studio.ask("POST", "/v1/profiles", {"name": _PROFILE})
            return ["the profile is lost"] if self.taught else []
        if self.undoing is not None:
            self._undo(studio)
        profile = studio.ask("GET", f"/v1/profiles/{_PROFILE}")
        listed = [it["id"] for it in studio.ask("GET", "/v1/feedback?limit=200")["feedback"]]
        return self._compare(profile, listed)

    def _compare(self, profile: dict[str, Any], listed: list[int]) -> list[str]:
        wrong = [f"acknowledged feedback {it} is lost" for it in set(self.taught) - set(listed)]
        new, open_ones = set(listed) - set(self.taught), int(self.pending is not None)
        if len(new) > open_ones:
            wrong.append(f"{len(new)} feedback was never acknowledged; {open_ones} was pending")
        found, least = profile["corrections"], len(self.taught)
        if not least <= found <= least + open_ones:
            wrong.append(f"the profile has {found} corrections; {least} were acknowledged")
        if found != (profile["figures"] or {"samples": 0})["samples"]:
            wrong.append("the profile has corrections that it has not learned")
        for number in new:
            self.taught[number], self.pending = self.pending or 0, None
        return wrong


def _encode(seed: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(draw_crop(seed)).save(buffer, "PNG")
    return buffer.getvalue()
