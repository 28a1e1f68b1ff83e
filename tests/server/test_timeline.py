"""Curves and figures of a session, against the records that they are made of."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.emotions import EMOTIONS, UNSURE
from mien.inference.records import Records
from mien.server.figures import find_figures
from mien.server.store.series import Series
from mien.server.timeline import Tracks, find_curves, find_tracks
from mien.study.timeline import find_videos
from tests.reporting.rows import make

shown = st.sampled_from(["happy", "sad", UNSURE, None])


def tracks_of(records: Records) -> Tracks:
    """The tracks of records, as if a session had them."""
    series = Series(
        row=np.arange(len(records)),
        frame=records.frame,
        time=records.time,
        person=records.person,
        label=records.label,
        displayed=np.where(np.isnan(records.smoothed), records.raw, records.smoothed),
    )
    people = records.person[records.person >= 0].tolist()
    return find_tracks(series, {person: person for person in people}, records.labels)


@settings(max_examples=20)
@given(
    st.lists(st.sampled_from(["happy", "sad", None]), min_size=1, max_size=60),
    st.integers(1, 80),
    st.floats(0, 6),
    st.floats(0.01, 6),
)
def test_curves_are_parts_of_the_records(
    tmp_path_factory: pytest.TempPathFactory,
    labels: list[str | None],
    points: int,
    start_at: float,
    length: float,
) -> None:
    frames = [
        (at / 10, [] if label is None else [(1, label, 0.7)]) for at, label in enumerate(labels)
    ]
    records = make(tmp_path_factory.mktemp("rows"), frames)
    rows = records.take(records.person == 1)
    end_at = start_at + length
    for curve in find_curves(tracks_of(records), points, start_at, end_at):
        inside = rows.take((rows.time >= start_at) & (rows.time < end_at))
        beyond = [time for time in curve.times if not start_at <= time < end_at]
        drawn = rows.take(np.isin(rows.time, [*inside.time, *beyond]))
        assert len(beyond) <= 2
        assert set(curve.times) <= set(rows.time.tolist())
        assert curve.parts == sorted(set(curve.parts))
        for at, name in enumerate(EMOTIONS):
            highest = drawn.smoothed[:, at].max() if len(drawn) else None
            assert max(curve.values[name], default=None) == (
                None if highest is None else pytest.approx(highest, abs=1e-4)
            )
        assert np.all(np.diff(curve.times) > 0)


@settings(max_examples=20)
@given(st.lists(st.sampled_from(["happy", "sad", None]), min_size=1, max_size=60), st.floats(0, 6))
def test_shares_of_two_parts_are_those_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, labels: list[str | None], middle: float
) -> None:
    frames = [
        (at / 10, [] if label is None else [(1, label, 0.7)]) for at, label in enumerate(labels)
    ]
    records = make(tmp_path_factory.mktemp("rows"), frames)
    whole, before, after = (
        find_curves(tracks_of(records), 10, *part)
        for part in ((), (0, middle), (middle, middle + 9))
    )
    for one, *parts in zip(whole, before, after, strict=True):
        for label, seconds in one.seconds.items():
            assert sum(part.seconds[label] for part in parts) == pytest.approx(seconds, abs=2e-3)


@settings(max_examples=20)
@given(st.lists(shown, min_size=1, max_size=60), st.lists(shown, min_size=60, max_size=60))
def test_figures_of_the_whole_are_those_of_a_report(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[str | None],
    second: list[str | None],
) -> None:
    frames = [
        (at / 10, [(number, it, 0.7) for number, it in enumerate(pair, 1) if it is not None])
        for at, pair in enumerate(zip(first, second, strict=False))
    ]
    records = make(tmp_path_factory.mktemp("rows"), frames)
    (video,) = find_videos(records)
    figures = find_figures(tracks_of(records))
    assert [it.person for it in figures] == [person.person for person in video.people]
    for found, person in zip(figures, video.people, strict=True):
        assert found.visible == pytest.approx(person.visible, abs=1e-5)
        assert sum(found.shares.values()) == pytest.approx(1, abs=1e-5)
        seconds = [share * found.visible for share in found.shares.values()]
        assert seconds == pytest.approx(person.label_seconds.tolist(), abs=1e-4)
        assert list(found.means) == list(EMOTIONS)
        if person.visible > 0:
            means = np.average(person.displayed, axis=0, weights=person.seconds)
            assert list(found.means.values()) == pytest.approx(means.tolist(), abs=1e-5)
        for at, peak in enumerate(found.peaks.values()):
            assert peak.value == pytest.approx(person.displayed[:, at].max(), abs=1e-4)
            row = np.searchsorted(person.rows.time, peak.time)
            assert person.displayed[row, at] == pytest.approx(peak.value, abs=1e-4)


def test_figures_of_a_stretch_leave_out_the_rest(tmp_path: Path) -> None:
    labels = ["happy"] * 10 + [None] * 20 + ["sad"] * 10
    frames = [
        (at / 10, [] if label is None else [(1, label, 0.9)]) for at, label in enumerate(labels)
    ]
    tracks = tracks_of(make(tmp_path, frames))
    (happy,), (gone,), (sad,) = (
        find_figures(tracks, *part) for part in ((0, 1), (1.5, 2.5), (3.5, 9))
    )
    assert (happy.visible, happy.shares["happy"]) == pytest.approx((1, 1))
    assert (gone.visible, gone.shares, gone.means, gone.peaks) == (0, {}, {}, {})
    assert (sad.visible, sad.shares["sad"], sad.means["sad"]) == pytest.approx((0.5, 1, 0.9))
    assert sad.peaks["sad"].time >= 3.5
    assert np.array(tracks.people[0].visits) == pytest.approx(np.array([(0, 1), (3, 4)]))
