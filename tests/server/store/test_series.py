"""The series of a session is what its records say, however it came about."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.server.store import Store, series
from mien.server.store.columns import read_session
from mien.server.store.faces import NewFrame
from mien.storage.errors import DiskFullError
from tests.server.store.new_frames import seen, videos


def record(store: Store, frames: list[NewFrame]) -> int:
    session = store.sessions.create("film", "live", "tiny", "0").id
    store.faces.add(session, frames)
    return session


def assert_is_that_of_the_records(store: Store, number: int) -> None:
    session = store.sessions.get(number)
    found, records = store.series.read(session), read_session(store.database, store.people, session)
    shown = np.where(np.isnan(records.smoothed), records.raw, records.smoothed)
    assert np.array_equal(found.frame, records.frame)
    assert np.array_equal(found.time, records.time)
    assert np.array_equal(found.person, records.person)
    assert np.array_equal(found.label, records.label)
    assert np.array_equal(found.displayed, shown, equal_nan=True)
    rows = [row for frame in store.faces.all(number) for row, _ in frame.faces]
    assert found.row[found.label >= 0].tolist() == rows


@settings(max_examples=15)
@given(videos, st.integers(0, 12))
def test_a_series_is_that_of_the_records(video: list[NewFrame], first: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        session = record(store, video[:first])
        assert_is_that_of_the_records(store, session)
        store.faces.add(session, video[first:])
        assert_is_that_of_the_records(store, session)
        store.series.store(store.sessions.end(session, "interrupted"))
        store.close()
        again = Store.open(Path(folder))
        assert_is_that_of_the_records(again, session)
        again.faces.add(session, [seen(999)])
        assert_is_that_of_the_records(again, session)
        again.close()


def test_large_sessions_are_read_in_batches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.server.store.columns._BATCH", 7)
    session = record(store, [seen(at, (1, 2, None)) for at in range(20)])
    assert_is_that_of_the_records(store, session)


def test_a_strip_has_the_most_frequent_label_of_each_slice(store: Store) -> None:
    def labelled(number: int, tops: list[int]) -> NewFrame:
        frame = seen(number, tuple(range(len(tops))))
        faces = tuple(
            replace(face, probabilities=values, smoothed=values)
            for face, top in zip(frame.result.faces, tops, strict=True)
            for values in [tuple(float(at == top) for at in range(7))]
        )
        return replace(frame, result=replace(frame.result, faces=faces))

    happy, sad = 3, 4
    tops = [[happy, happy, sad]] * 60 + [[]] * 60 + [[sad]] * 60
    session = record(store, [labelled(at, faces) for at, faces in enumerate(tops)])
    (found,) = store.series.summaries([store.sessions.get(session)]).values()
    assert found.strip == ("happy",) * 20 + (None,) * 20 + ("sad",) * 20
    assert found.faces == {0: 120, 1: 60, 2: 60}


def test_a_strip_of_photos_has_one_slice_a_photo(store: Store) -> None:
    frames = [seen(0, (None,)), seen(1, ()), seen(2, (None, None))]
    photos = [replace(it, result=replace(it.result, time=0.0)) for it in frames]
    session = record(store, photos)
    (found,) = store.series.summaries([store.sessions.get(session)]).values()
    assert found.strip == ("angry", None, "fear")


def test_a_series_that_cannot_be_stored_is_read_from_the_faces(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = record(store, [seen(at) for at in range(10)])
    ended = store.sessions.end(session)

    def full(*_: object) -> None:
        raise DiskFullError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(type(store.series), "write", full)
        assert not store.series.store(ended)
        assert not store.series.store_missing()
        assert_is_that_of_the_records(store, session)
    assert store.series.store_missing()
    assert not store.series.store_missing()


def test_a_huge_series_is_not_stored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = store.sessions.end(record(store, [seen(at) for at in range(10)]))
    monkeypatch.setattr(series, "_LARGEST", 15)
    assert not store.series.store(ended)
    assert not store.series.store_missing()
    assert_is_that_of_the_records(store, ended.id)


def test_few_series_stay_in_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "_MOST_ROWS", 25)
    sessions = [store.sessions.get(record(store, [seen(at) for at in range(10)])) for _ in "abc"]
    first, *_ = [store.series.read(session) for session in sessions]
    assert store.series.read(sessions[2]) is store.series.read(sessions[2])
    assert store.series.read(sessions[0]) is not first
