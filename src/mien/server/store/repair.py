"""Repairs Studio's database: every intact session, face, marker, job and label is saved."""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from mien.emotions import EMOTIONS
from mien.server.store.database import APPLICATION, FILE_NAME, MIGRATIONS, Database
from mien.server.store.deletion import delete_leftovers
from mien.server.store.faces import from_columns
from mien.server.store.jobs import to_job
from mien.server.store.markers import COLUMNS, to_marker
from mien.server.store.people import People, to_person
from mien.server.store.preferences import read_preference
from mien.server.store.sessions import to_session
from mien.storage.errors import DamagedError
from mien.storage.repair import Repair, drop_damaged, repairing
from mien.storage.rows import reading, take

_BYTES = 8  # of one probability
_KEY = ("id",)
_COUNT_AGAIN = """
UPDATE sessions SET
    frames = (SELECT count(DISTINCT frame) FROM faces WHERE session = sessions.id),
    faces = (SELECT count(x) FROM faces WHERE session = sessions.id),
    last_frame = (SELECT coalesce(max(frame), -1) FROM faces WHERE session = sessions.id),
    seconds = (SELECT coalesce(max(time), 0) FROM faces WHERE session = sessions.id)
"""
_SAID = "SELECT total(faces) FROM sessions"
_UNMERGE = "UPDATE people SET merged_into = NULL WHERE session = ?"
_PEOPLE_AGAIN = """
INSERT OR IGNORE INTO people (session, number)
SELECT DISTINCT session, person FROM faces WHERE person IS NOT NULL
"""


def repair_studio(path: Path) -> Repair:
    """Repairs Studio's database; the damaged one stays beside it.

    A session whose row is lost, but not its faces, gets a new row, which says so. Series are left
    out, because the server makes them again.

    Raises:
        StoreError: there is no such file, a program has it open, or it cannot be written.
    """
    with (
        repairing(path, APPLICATION, MIGRATIONS, leave_out=("series",)) as repair,
        closing(Database(repair.database)) as database,
    ):
        if repair.sound:  # then faces without a session are of one that the user deleted
            delete_leftovers(database)
        drop_damaged(database, "sessions", _KEY, to_session, repair)
        _restore_sessions(database, repair)
        for row in database.rows("SELECT * FROM sessions"):
            _check_faces(database, row, repair)
        _restore_people(database, repair)
        drop_damaged(database, "jobs", _KEY, to_job, repair)
        drop_damaged(database, "marks", _KEY, _to_marker, repair)
        drop_damaged(database, "preferences", ("name",), read_preference, repair)
        _count_faces(database, repair)
    return repair


def _count_faces(database: Database, repair: Repair) -> None:
    """Corrects what sessions say of their faces; the difference was on pages that are lost."""
    (said,) = database.rows(_SAID)
    with database.transaction() as write:
        write.execute(_COUNT_AGAIN)
    (left,) = database.rows(_SAID)
    repair.lost["faces"] = max(repair.lost["faces"], int(said[0]) - int(left[0]))


def _to_marker(row: sqlite3.Row) -> object:
    return to_marker({name: row[name] for name in ("id", *COLUMNS)})


def _restore_sessions(database: Database, repair: Repair) -> None:
    """Adds a row for each session that lost its own, but has faces."""
    lost = database.rows(
        "SELECT session, max(length(probabilities)) AS bytes FROM faces "
        "WHERE session NOT IN (SELECT id FROM sessions) GROUP BY session"
    )
    known = Counter(to_session(row).labels for row in database.rows("SELECT * FROM sessions"))
    for row in lost:
        labels = _guess_labels(known, (row["bytes"] or 0) // _BYTES)
        with database.transaction() as write:
            write.execute(
                "INSERT INTO sessions (id, name, kind, status, started, model, model_version, "
                "labels, attributes, notes) "
                "VALUES (?, ?, 'live', 'interrupted', ?, '', '', ?, ?, ?)",
                (
                    *(row["session"], f"Recovered session {row['session']}", time.time()),
                    json.dumps(labels),
                    json.dumps(_attributes_of(database, row["session"])),
                    f"Its name, model and notes were lost. Assumed labels: {', '.join(labels)}.",
                ),
            )
    if lost:
        repair.notes.append(f"{len(lost)} sessions lost their names and are called 'Recovered'.")


def _guess_labels(known: Counter[tuple[str, ...]], count: int) -> Sequence[str]:
    """Returns the labels of the other sessions with as many; else FER2013's, or numbers."""
    alike = [labels for labels in known if len(labels) == count]
    if len(alike) == 1:
        return alike[0]
    if not alike and count == len(EMOTIONS):
        return EMOTIONS
    return [f"label {number}" for number in range(1, max(count, 2) + 1)]


def _attributes_of(database: Database, session: int) -> list[str]:
    rows = database.rows(
        "SELECT attributes FROM faces WHERE session = ? AND attributes IS NOT NULL LIMIT 1",
        (session,),
    )
    try:
        with reading(FILE_NAME, f"a face of session {session}"):
            return [name for row in rows for name in take(json.loads(row[0]), dict)]
    except DamagedError:
        return []


def _check_faces(database: Database, session: sqlite3.Row, repair: Repair) -> None:
    labels, damaged = to_session(session).labels, []
    rows = database.rows("SELECT * FROM faces WHERE session = ?", (session["id"],))
    for row in rows:
        try:
            with reading(FILE_NAME, f"face {row['id']}"):
                take(row["frame"], int), take(row["time"], float), take(row["source"], str | None)
            if row["x"] is not None or row["probabilities"] is not None:
                from_columns(row, labels, {row["person"]: 0})
        except DamagedError:
            damaged.append((row["id"],))
    with database.transaction() as write:
        write.executemany("DELETE FROM faces WHERE id = ?", damaged)
    repair.lost["faces"] += len(damaged)


def _restore_people(database: Database, repair: Repair) -> None:
    """Gives each face its person again, and undoes merges that cannot be followed."""
    drop_damaged(database, "people", ("session", "number"), to_person, repair)
    with database.transaction() as write:
        count = write.execute(_PEOPLE_AGAIN).rowcount
    if count:
        repair.notes.append(f"{count} people lost their names.")
    people = People(database)
    for row in database.rows("SELECT id FROM sessions"):
        try:
            people.list(row["id"])
        except DamagedError:
            with database.transaction() as write:
                write.execute(_UNMERGE, tuple(row))
            repair.notes.append(f"The merges of people in session {row['id']} were lost.")
