from pathlib import Path

import numpy as np
import pytest

from mien.inference.records import read_records
from mien.study.baseline import find_baselines
from mien.study.derived import derived_table
from mien.study.events import Event
from mien.study.measures import measure
from mien.study.recording import load_recordings
from mien.study.tables import write_tables
from tests.study.faces import NEUTRAL, mix, recording

SAD_LOOKING, SMILE = mix(sad=0.5, neutral=0.42), mix(happy=0.9, neutral=0.05)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_derived_records_open_as_records(tmp_path: Path, suffix: str) -> None:
    talk = recording([SAD_LOOKING] * 100 + [None] + [SMILE] * 30, [Event(0, 10, name="baseline")])
    measured = measure([talk], baselines=find_baselines([talk]))

    path, *_ = write_tables(tmp_path / f"out.{suffix}", [derived_table([talk], measured)])
    found = read_records(path)

    assert len(found) == len(talk.records)
    assert found.raw == pytest.approx(talk.records.raw, abs=1e-6, nan_ok=True)
    assert found.person.tolist() == talk.records.person.tolist()
    corrected = np.array(
        [
            float(value) if value not in (None, "") else np.nan
            for value in found.extra["corrected_neutral"]
        ]
    )
    faces = talk.records.label >= 0
    assert corrected[faces] == pytest.approx(measured[0].corrected[:, NEUTRAL], abs=1e-6)
    assert np.isnan(corrected[~faces]).all()
    assert found.extra["reason"][100] == "no face"
    assert {str(value) for value in found.extra["name"][faces]} == {"Anna"}


def test_derived_records_can_be_derived_again(tmp_path: Path) -> None:
    talk = recording([SAD_LOOKING] * 30)
    path, *_ = write_tables(tmp_path / "once.csv", [derived_table([talk])])
    (again,) = load_recordings([path])
    table = derived_table([again])

    assert len(set(table.names)) == len(table.names)
    assert again.name_of(1) == "Anna"


def test_several_recordings_are_one_table() -> None:
    first, second = recording([SMILE] * 3), recording([SMILE] * 2, name="b.mp4")

    table = derived_table([first, second])

    source = table.names.index("source")
    assert [row[source] for row in table.rows] == ["talk.mp4"] * 3 + ["b.mp4"] * 2


def test_numbers_keep_the_decimals_of_the_file() -> None:
    table = derived_table([recording([SMILE])])

    row = dict(zip(table.names, table.rows[0], strict=True))
    assert (row["x"], row["score"], row["raw_happy"]) == (10.0, 0.99, 0.9)
    assert row["usable"] == 1
