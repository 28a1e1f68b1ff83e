"""Splits a person of a session: a stretch of the faces becomes those of a new person."""

import json
from dataclasses import replace
from itertools import count

import numpy as np

from mien.server.store.database import Database
from mien.server.store.people import People
from mien.server.store.series import SeriesTable
from mien.server.store.sessions import Session
from mien.storage.errors import ItemConflictError


def split_person(
    database: Database,
    people: People,
    table: SeriesTable,
    session: Session,
    number: int,
    start: float,
    end: float,
) -> int:
    """Moves the faces of a person in a stretch of time to a new person.

    Merging the new person back undoes it.

    Args:
        database: that has the faces.
        people: the table of people.
        table: of series.
        session: one that has ended.
        number: the person id; those who were merged with it are the same person.
        start: of the stretch, in seconds.
        end: of the same; a face at this time moves, too.

    Returns:
        The new person id.

    Raises:
        UnknownItemError: the session has no such person.
        ItemConflictError: the session is recording, the stretch ends before it starts, or none or
            all of the faces are in it.
        DiskFullError: the disk is full.
    """
    if session.status == "recording":
        raise ItemConflictError(
            f"session {session.id} is still recording", remedy="split people when it has ended"
        )
    group = people.group(session.id, number)
    with table.changing(session) as series:
        of_person = np.isin(series.person, group)
        moved = of_person & (series.time >= start) & (series.time <= end)
        _check(number, start, end, int(moved.sum()), int(of_person.sum()))
        with database.transaction() as write:
            known = {person.number for person in people.list(session.id)}
            new = next(it for it in count(number + 1) if it not in known)
            write.execute(
                "INSERT INTO people (session, number, split_from) VALUES (?, ?, ?)",
                (session.id, new, number),
            )
            write.execute(
                "UPDATE faces SET person = ? WHERE session = ? AND time BETWEEN ? AND ? "
                "AND person IN (SELECT value FROM json_each(?))",
                (new, session.id, start, end, json.dumps(group)),
            )
            table.write(write, session, replace(series, person=np.where(moved, new, series.person)))
    return new


def _check(number: int, start: float, end: float, moved: int, faces: int) -> None:
    """Refuses a stretch that holds none or all of a person's faces, or that is none."""
    if end < start:
        raise ItemConflictError("the stretch ends before it starts", remedy="give a later end")
    stretch = f"from {start:g} to {end:g} seconds"
    if not moved:
        raise ItemConflictError(
            f"person {number} has no face {stretch}", remedy="choose a time in view"
        )
    if moved == faces:
        raise ItemConflictError(
            f"all faces of person {number} are {stretch}, so nothing would be split",
            remedy="choose a part of the time in view",
        )
