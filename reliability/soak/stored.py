"""Compares what the server stores with what it has acknowledged."""

from collections.abc import Iterator
from typing import Any

import httpx2

from reliability.soak.ledger import FeedbackRecord, Ledger, ProfileRecord, SessionRecord

_FRAMES = 5000  # of one answer


def compare(ledger: Ledger, http: httpx2.Client) -> Iterator[str]:
    """Yields each difference between the ledger and the server, which is quiet now."""
    for job in ledger.jobs.values():
        if job.exists.is_surely(True) and job.session.exists.is_surely(True):
            yield from _compare_job(http, job.id, job.session, job.frames, job.may_be_cancelled)
    for session in ledger.sessions.values():
        yield from _compare_session(http, session)
    for profile in ledger.profiles.values():
        yield from _compare_profile(http, profile)
    yield from _compare_feedback(http, ledger)


def _compare_job(
    http: httpx2.Client, number: int, session: SessionRecord, frames: int, cancelled: bool
) -> Iterator[str]:
    answer = http.get(f"/v1/jobs/{number}")
    if answer.status_code != 200:
        yield f"job {number}: lost ({answer.status_code})"
        return
    job = answer.json()
    if job["status"] == "done":
        session.frames |= dict.fromkeys(range(frames), -1.0)
    elif not cancelled:
        yield f"job {number}: {job['status']} ({job['message']})"


def _compare_session(http: httpx2.Client, session: SessionRecord) -> Iterator[str]:
    answer = http.get(session.path)
    exists = answer.status_code == 200
    if not session.exists.allows(exists):
        yield f"session {session.id}: {'is there again' if exists else 'lost'}"
    if not exists:
        return
    found = answer.json()
    for field in ("name", "notes"):
        stored, allowed = found["session"][field], getattr(session, field)
        if not allowed.allows(stored):
            yield f"session {session.id}: {field} is {stored!r}, not {sorted(allowed.possible)}"
    yield from _compare_people(session, found["people"])
    yield from _compare_markers(session, found["marks"])
    yield from _compare_frames(http, session)


def _compare_people(session: SessionRecord, people: list[dict[str, Any]]) -> Iterator[str]:
    stored = {person["number"]: person for person in people}
    for number, person in session.people.items():
        where = f"session {session.id}, person {number}"
        if number not in stored:
            yield f"{where}: lost"
            continue
        for field in ("name", "merged_into"):
            value, allowed = stored[number][field], getattr(person, field)
            if not allowed.allows(value):
                yield f"{where}: {field} is {value!r}, not {allowed.possible}"


def _compare_markers(session: SessionRecord, markers: list[dict[str, Any]]) -> Iterator[str]:
    stored = {marker["id"]: (marker["time"], marker["name"]) for marker in markers}
    for number, marker in session.markers.items():
        where = f"session {session.id}, marker {number}"
        if not marker.exists.allows(number in stored):
            yield f"{where}: {'is there again' if number in stored else 'lost'}"
        elif number in stored and not marker.content.allows(stored[number]):
            yield f"{where}: is {stored[number]}, not {marker.content.possible}"
    names = [name for _, name in stored.values()]
    yield from (f"session {session.id}: marker {name} twice" for name in _twice(names))
    unknown = set(names) - session.marker_names
    yield from (f"session {session.id}: nobody sent the marker {name}" for name in unknown)


def _compare_frames(http: httpx2.Client, session: SessionRecord) -> Iterator[str]:
    answer = http.get(f"{session.path}/frames?limit={_FRAMES}")
    if answer.status_code != 200:
        yield f"session {session.id}: its frames cannot be read ({answer.status_code})"
        return
    frames = answer.json()["frames"]
    numbers = [frame["frame"] for frame in frames]
    times = {frame["frame"]: frame["time"] for frame in frames}
    yield from (f"session {session.id}: frame {number} twice" for number in _twice(numbers))
    if lost := sorted(session.frames.keys() - times.keys()):
        yield f"session {session.id}: frames {lost} lost"
    if unknown := sorted(times.keys() - session.attempted):
        yield f"session {session.id}: nobody sent the frames {unknown}"
    for number, time in session.frames.items():
        if time >= 0 and abs(times.get(number, time) - time) > 1e-9:
            yield f"session {session.id}: frame {number} is at {times[number]} s, not {time} s"


def _compare_profile(http: httpx2.Client, profile: ProfileRecord) -> Iterator[str]:
    answer = http.get(profile.path)
    exists = answer.status_code == 200
    if not profile.exists.allows(exists):
        yield f"profile {profile.name}: {'is there again' if exists else 'lost'}"
    elif exists and profile.corrections is not None:
        count = answer.json()["corrections"]
        if count != profile.corrections:
            yield f"profile {profile.name}: {count} corrections, not {profile.corrections}"


def _compare_feedback(http: httpx2.Client, ledger: Ledger) -> Iterator[str]:
    stored = {feedback["id"]: feedback["label"] for feedback in _list_feedback(http)}
    for number, feedback in ledger.feedback.items():
        if number in stored and stored[number] != feedback.label:
            yield f"feedback {number}: is {stored[number]}, not {feedback.label}"
        if not _allows(feedback, number in stored):
            yield f"feedback {number}: {'is there again' if number in stored else 'lost'}"


def _allows(feedback: FeedbackRecord, exists: bool) -> bool:
    """Feedback goes with the profile that learned it."""
    gone = feedback.profile is not None and feedback.profile.exists.allows(False)
    return feedback.exists.allows(exists) or (not exists and gone)


def _list_feedback(http: httpx2.Client) -> Iterator[dict[str, Any]]:
    before = ""
    while page := http.get(f"/v1/feedback?limit=500{before}").json()["feedback"]:
        yield from page
        before = f"&before={page[-1]['id']}"


def _twice(values: list[Any]) -> list[Any]:
    return sorted({value for value in values if values.count(value) > 1})
