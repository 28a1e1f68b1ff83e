"""What the server has acknowledged to its clients."""

import random
import re
from dataclasses import dataclass, field
from typing import Any

from reliability.soak.register import Register


def make_secret(rng: random.Random) -> str:
    """Returns a text that is nowhere else."""
    return f"secret{rng.getrandbits(64):016x}"


def find_secrets(data: bytes) -> set[str]:
    """Returns the texts of `make_secret` that are in a file."""
    return {found.decode() for found in re.findall(rb"secret[0-9a-f]{16}", data)}


def stored(value: Any) -> Register:
    """Returns a register of an acknowledged value."""
    return Register.of(value)


@dataclass(eq=False)
class PersonRecord:
    """A person of a session."""

    name: Register = field(default_factory=lambda: stored(""))
    merged_into: Register = field(default_factory=lambda: stored(None))


@dataclass(eq=False)
class MarkerRecord:
    """A marker; `content` is its time and its name."""

    content: Register
    exists: Register = field(default_factory=lambda: stored(True))


@dataclass(eq=False)
class SessionRecord:
    """A session.

    Attributes:
        id: its number.
        owner: the number of the client that records it.
        kind: live, photo or film.
        name: as the server stores it.
        notes: the same.
        exists: whether it does.
        frames: the time of each acknowledged frame, by its number.
        attempted: the numbers of all frames that were ever sent.
        people: those who must be there, by person id.
        markers: those that were acknowledged, by their number.
        marker_names: all that were ever sent; no two markers have one name.
        secrets: texts that only this session has.
        may_have_ended: whether some client may have ended the recording.
    """

    id: int
    owner: int
    kind: str
    name: Register
    notes: Register = field(default_factory=lambda: stored(""))
    exists: Register = field(default_factory=lambda: stored(True))
    frames: dict[int, float] = field(default_factory=dict)
    attempted: set[int] = field(default_factory=set)
    people: dict[int, PersonRecord] = field(default_factory=dict)
    markers: dict[int, MarkerRecord] = field(default_factory=dict)
    marker_names: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    may_have_ended: bool = False

    @property
    def path(self) -> str:
        """Of its requests."""
        return f"/v1/sessions/{self.id}"


@dataclass(eq=False)
class ProfileRecord:
    """A profile; `corrections` is what the server said last, None if a write had no answer."""

    name: str
    exists: Register = field(default_factory=lambda: stored(True))
    corrections: int | None = 0

    @property
    def path(self) -> str:
        """Of its requests."""
        return f"/v1/profiles/{self.name}"


@dataclass(eq=False)
class FeedbackRecord:
    """A label that a client gave."""

    id: int
    label: str
    profile: ProfileRecord | None
    exists: Register = field(default_factory=lambda: stored(True))


@dataclass(eq=False)
class JobRecord:
    """A video that was taken; `frames` is how many it has."""

    id: int
    session: SessionRecord
    frames: int
    may_be_cancelled: bool = False
    exists: Register = field(default_factory=lambda: stored(True))


@dataclass(eq=False)
class Ledger:
    """All that was acknowledged to all clients."""

    sessions: dict[int, SessionRecord] = field(default_factory=dict)
    profiles: dict[str, ProfileRecord] = field(default_factory=dict)
    feedback: dict[int, FeedbackRecord] = field(default_factory=dict)
    jobs: dict[int, JobRecord] = field(default_factory=dict)

    def alive(self) -> list[SessionRecord]:
        """Returns the sessions that surely exist."""
        return [it for it in self.sessions.values() if it.exists.is_surely(True)]

    def deleted_secrets(self) -> set[str]:
        """Returns the texts that must be nowhere any more.

        A job that was cancelled before its first frame has no session, and keeps its video's name.
        """
        in_jobs = {id(job.session) for job in self.jobs.values() if job.may_be_cancelled}
        gone = (it for it in self.sessions.values() if it.exists.is_surely(False))
        return {text for it in gone if id(it) not in in_jobs for text in it.secrets}
