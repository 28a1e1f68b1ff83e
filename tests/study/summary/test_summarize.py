from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.emotions import EMOTIONS, UNSURE
from mien.errors import StudyError
from mien.study.baseline import find_baselines
from mien.study.events import Event
from mien.study.summary import Summary, summarize
from mien.study.tables import Table, write_tables
from tests.study.summary.studies import probabilities, record, study

pytestmark = pytest.mark.slow


def frame(table: Table) -> pd.DataFrame:
    return pd.DataFrame(table.rows, columns=table.names)


def rows_of(recordings: list) -> pd.DataFrame:
    """All records as pandas has them, one row each, with what they hold."""
    parts = []
    for recording in recordings:
        (track,) = recording.tracks
        part = pd.DataFrame(track.displayed, columns=EMOTIONS)
        part["weight"], part["label"] = track.seconds, track.rows.label
        parts.append(part.assign(person=track.name, condition=recording.columns["condition"]))
    return pd.concat(parts)


def test_means_and_shares_are_those_of_a_group_by() -> None:
    recordings = study(3)

    found = frame(summarize(recordings).table("expressions"))

    happy = found[found.label == "happy"].set_index(["person", "condition"])
    for key, rows in rows_of(recordings).groupby(["person", "condition"]):
        mean = np.average(rows.happy, weights=rows.weight)
        share = rows.weight[rows.label == EMOTIONS.index("happy")].sum() / rows.weight.sum()
        assert happy.loc[key, "mean_raw"] == pytest.approx(mean, abs=1e-6)
        assert happy.loc[key, "share"] == pytest.approx(share)
        assert happy.loc[key, "max"] == pytest.approx(rows.happy.max(), abs=1e-6)
    assert found.groupby(["person", "condition"])["share"].sum().to_numpy() == pytest.approx(1)
    assert found[found.label == UNSURE]["mean"].isna().all()


def test_without_the_person_figures_are_means_over_persons_with_intervals() -> None:
    """One person has ten times as many frames, and counts once."""
    much = record("a.mp4", probabilities([0.8] * 400), person="Anna", condition="joy")
    little = [
        record(f"{at}.mp4", probabilities([0.2] * 40), person=f"P{at}", condition="joy")
        for at in range(3)
    ]

    found = frame(summarize([much, *little], by=["condition"]).table("expressions"))

    happy = found[found.label == "happy"].iloc[0]
    assert happy["people"] == 4
    assert happy["mean"] == pytest.approx((0.8 + 3 * 0.2) / 4, abs=1e-6)
    assert happy["mean_low"] == pytest.approx(0.2, abs=1e-6)
    assert happy["mean_high"] > happy["mean"]


@settings(max_examples=10)
@given(st.lists(st.floats(0.0, 1.0), min_size=20, max_size=30), st.integers(2, 3))
def test_the_frame_rate_changes_nothing(happy: list[float], times: int) -> None:
    """Each frame is shown several times, as many times as fast."""
    slow = record("a.mp4", probabilities(happy), interval=0.12)
    fast = record("a.mp4", probabilities(np.repeat(happy, times)), interval=0.12 / times)

    first, second = summarize([slow], by=["person"]), summarize([fast], by=["person"])

    for name, changes in (("groups", ["records"]), ("expressions", [])):
        pd.testing.assert_frame_equal(
            frame(first.table(name)).drop(columns=changes),
            frame(second.table(name)).drop(columns=changes),
            rtol=1e-6,
            atol=1e-9,
        )


def test_a_summary_is_the_same_again() -> None:
    first, second = summarize(study(14)), summarize(study(14))

    assert repr(first.tables) == repr(second.tables)
    assert first.notes == second.notes


def test_the_seed_is_told_in_the_codebook(tmp_path: Path) -> None:
    summary = summarize(study(3))

    (path,) = write_tables(tmp_path / "out.xlsx", summary.tables)

    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["groups", "expressions", "contrasts", "people", "codebook"]
    told = {(row[0].value, row[1].value): row[2].value for row in book["codebook"]}
    assert "bootstrap over persons, 2000 draws, seed 0" in told["contrasts", "low"]
    assert "seed 0" in told["contrasts", "p"]


def test_parquet_and_csv_hold_the_same(tmp_path: Path) -> None:
    summary = summarize(study(3))

    for suffix, read in ((".csv", pd.read_csv), (".parquet", pd.read_parquet)):
        write_tables(tmp_path / f"out{suffix}", summary.tables)
        contrasts = read(tmp_path / f"out.contrasts{suffix}")
        assert contrasts.difference.to_numpy() == pytest.approx(
            frame(summary.table("contrasts")).difference.to_numpy()
        )


def test_the_baseline_corrects_beside_the_raw() -> None:
    rest = [Event(0.0, 2.0, name="baseline")]
    values = np.full((60, 7), 0.1, np.float32)
    values[:, EMOTIONS.index("sad")] = 0.3  # a face that looks sad when it is neutral
    values[:, EMOTIONS.index("neutral")] = 0.2
    anna = record("a.mp4", values, events=rest)

    found = frame(summarize([anna], baselines=find_baselines([anna])).table("expressions"))

    sad = found[found.label == "sad"].iloc[0]
    assert sad["mean_raw"] == pytest.approx(0.3, abs=1e-6)
    assert sad["mean"] < 0.27


def test_the_course_and_latencies_of_an_event() -> None:
    events = [Event(1.0, name="joke")]
    happy = [0.1] * 15 + [0.9] * 15
    recordings = [
        record(f"{at}.mp4", probabilities(happy), person=f"P{at}", events=events) for at in range(3)
    ]

    summary = summarize(recordings, around="joke", window=(-1, 2))

    course = frame(summary.table("course")).query("label == 'happy'")
    assert course[course.time < 0.4]["mean"].to_numpy() == pytest.approx(0.1, abs=1e-6)
    assert course[course.time.between(0.55, 1.9)]["mean"].to_numpy() == pytest.approx(0.9)
    assert set(course.people) == {3, 0}  # the recording ends 2 s after the event
    latency = frame(summary.table("latencies")).query("label == 'happy'").latency
    assert latency.to_numpy() == pytest.approx(0.5)


def names_of(summary: Summary) -> list[str]:
    return [table.name for table in summary.tables]


def test_one_person_has_no_contrast_and_is_told_so() -> None:
    summary = summarize(study(1))

    assert "contrasts" not in names_of(summary)
    assert any(note.startswith("one person: no contrast") for note in summary.notes)


@pytest.mark.parametrize(
    ("condition", "note"),
    [("joy", r"one condition (joy): no contrast"), ("", "no condition is named: no contrast")],
)
def test_one_condition_has_no_contrast(condition: str, note: str) -> None:
    values = probabilities([0.2] * 20)
    recordings = [
        record(f"{at}.mp4", values, person=f"P{at}", condition=condition) for at in range(3)
    ]

    summary = summarize(recordings)

    assert "contrasts" not in names_of(summary)
    assert any(it.startswith(note) for it in summary.notes)


def test_conditions_of_different_people_are_not_compared() -> None:
    values = probabilities([0.2] * 20)
    recordings = [
        record(f"{at}.mp4", values, person=f"P{at}", condition="ab"[at % 2]) for at in range(6)
    ]

    summary = summarize(recordings)

    assert "contrasts" not in names_of(summary)
    assert "under two people share two conditions: no contrast" in summary.notes


def test_few_people_are_told_what_they_cannot_show() -> None:
    notes = " ".join(summarize(study(5)).notes)

    assert "5 people are few" in notes
    assert "with 5 people no p is under 0.062, and of 17 contrasts" in notes


def test_who_rests_on_under_half_is_named() -> None:
    recordings = study(3)
    recordings[1] = record(
        "bad.mp4",
        probabilities([0.2] * 20),
        person="P0",
        condition="joy",
        yaw=[80] * 15 + [0] * 5,
    )

    summary = summarize(recordings)

    groups = frame(summary.table("groups")).set_index(["person", "condition"])
    assert groups.loc[("P0", "joy"), "note"] == "under half usable, mostly turned"
    assert (groups.note != "").sum() == 1
    assert set(frame(summary.table("contrasts")).poor) == {1}
    assert any(note.endswith("of the time: P0 in joy") for note in summary.notes)


def test_photos_have_shares_and_no_course() -> None:
    photos = [
        record(f"{at}.jpg", probabilities([at / 4]), person="Anna", interval=0) for at in range(4)
    ]

    summary = summarize(photos)

    assert names_of(summary) == ["groups", "expressions"]
    assert frame(summary.table("groups")).in_view.isna().all()
    with pytest.raises(StudyError, match="photos have no course around 'joke'"):
        summarize(photos, around="joke")


def test_a_condition_that_nobody_has_is_refused() -> None:
    with pytest.raises(StudyError, match="nobody has the condition 'fear'; the conditions are"):
        summarize(study(2), pairs=[("control", "fear")])
