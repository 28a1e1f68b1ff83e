"""Frames in, and the same frames out."""

import csv
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.inference.records import Records, open_records, read_records
from mien.results import Face, FrameResult
from mien.server.records import records_of
from mien.server.store import Store
from mien.server.store.columns import read_session
from mien.server.store.faces import NewFrame
from mien.storage.errors import ItemConflictError, UnknownItemError
from tests.server.store.new_frames import seen, videos

quick = settings(max_examples=20)


def record(store: Store, frames: Sequence[NewFrame]) -> int:
    session = store.sessions.create("film", "film", "tiny", "0").id
    store.faces.add(session, frames)
    return session


def listed(frames: Sequence[NewFrame]) -> list[tuple[int, float, tuple[Face, ...]]]:
    return [(one.result.frame, one.result.time, one.result.faces) for one in frames]


@quick
@given(videos, st.integers(1, 5))
def test_pages_of_any_size_give_every_frame_once(video: list[NewFrame], limit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        session = record(store, video)
        found, after = [], -1
        while page := store.faces.frames(session, after, limit):
            assert len(page) <= limit
            after = page[-1].frame
            found += page
        assert [
            (one.frame, one.time, tuple(face for _, face in one.faces)) for one in found
        ] == listed(video)
        kept = store.sessions.get(session)
        assert kept.frames == len(video)
        assert kept.faces == sum(len(one.result.faces) for one in video)
        store.close()


@quick
@given(videos)
def test_records_are_those_that_predict_writes(video: list[NewFrame]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        session = record(store, video)
        Path(folder, "a.csv").write_bytes(b"".join(records_of(store, session).encode("csv")))
        with open_records(Path(folder, "b.csv")) as records:
            for one in video:
                records.write(one.result)
        found, wanted = (
            list(csv.reader(StringIO(Path(folder, name).read_bytes().decode(), newline="")))
            for name in ("a.csv", "b.csv")
        )
        # A session's records have further columns at the end.
        assert [row[: len(wanted[0])] for row in found] == wanted
        assert found[0][len(wanted[0]) :] == ["name", "event", "condition", "excluded"]
        columns = read_session(store.database, store.people, store.sessions.get(session))
        assert_alike(columns, read_records(Path(folder, "b.csv")))
        store.close()


def assert_alike(found: Records, wanted: Records) -> None:
    """Equal but for the digits that a file rounds off."""
    assert found.source.tolist() == wanted.source.tolist()
    for name in ("frame", "person"):
        assert np.array_equal(getattr(found, name), getattr(wanted, name))
    for name in ("time", "boxes", "score", "confidence", "raw", "smoothed"):
        tolerance = 0.06 if name == "boxes" else 1e-4
        np.testing.assert_allclose(
            getattr(found, name), getattr(wanted, name), rtol=1e-6, atol=tolerance
        )
    assert np.array_equal(found.label, wanted.label)


def test_frames_that_are_sent_again_are_passed_over(store: Store) -> None:
    session = record(store, [seen(0), seen(1)])
    assert store.faces.add(session, [seen(1), seen(2)]) == 1
    assert [one.frame for one in store.faces.all(session)] == [0, 1, 2]


def test_a_frame_with_nobody_is_kept(store: Store) -> None:
    session = record(store, [seen(0, ())])
    (frame,) = store.faces.frames(session)
    assert (frame.frame, frame.faces) == (0, ())


def test_unsure_faces_stay_unsure(store: Store) -> None:
    one = seen(0)
    unsure = replace(one.result.faces[0], unsure_below=0.9)
    session = record(store, [replace(one, result=replace(one.result, faces=(unsure,)))])
    (frame,) = store.faces.frames(session)
    assert frame.faces[0][1].emotion == "unsure"


def test_photos_keep_their_names(store: Store, tmp_path: Path) -> None:
    session = store.sessions.create("photos", "photo", "tiny", "0").id
    photos = [replace(seen(at, (None,)), source=f"{at}.jpg") for at in range(2)]
    store.faces.add(session, photos)
    (tmp_path / "a.jsonl").write_bytes(b"".join(records_of(store, session).encode("jsonl")))
    assert read_records(tmp_path / "a.jsonl").source.tolist() == ["0.jpg", "1.jpg"]


def test_nothing_is_added_to_what_is_over_or_not_there(store: Store) -> None:
    session = record(store, [seen(0)])
    store.sessions.end(session)
    with pytest.raises(ItemConflictError, match="has ended; start a new one"):
        store.faces.add(session, [seen(1)])
    with pytest.raises(UnknownItemError, match="session 99"):
        store.faces.add(99, [seen(1)])


def test_a_batch_is_stored_whole_or_not_at_all(store: Store) -> None:
    session = record(store, [seen(0)])
    broken = NewFrame(FrameResult("", 1, 1, seen(2).result.faces, 2, 0.0), [])
    with pytest.raises(ValueError, match="zip"):
        store.faces.add(session, [seen(1), broken])
    assert [one.frame for one in store.faces.all(session)] == [0]
    assert store.sessions.get(session).frames == 1


def test_embeddings_come_back_to_the_precision_of_halves(store: Store) -> None:
    session = record(store, [seen(0, (1, 2)), seen(1)])
    rows = [row for frame in store.faces.all(session) for row, _ in frame.faces]
    found = [store.feedback.recorded_face(row)[1].embedding.tolist() for row in rows]
    assert found == [[0, 0, 0.5], [0, 1, 0.5], [1, 0, 0.5]]
