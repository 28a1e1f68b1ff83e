from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.inference.records import Records
from mien.inference.records.layout import Layout
from mien.study.codebook import describe_columns, describe_records
from tests.reporting.rows import alone, make


def rows(records: Records) -> dict[str, tuple[str, ...]]:
    """Description, unit and missing, by column."""
    return {row[1]: row[2:] for row in describe_records(records).rows}


def test_every_column_of_a_file_is_described(tmp_path: Path) -> None:
    records = make(tmp_path, alone(["happy"]))
    header = next(tmp_path.glob("*.csv")).read_text("utf-8").splitlines()[0].split(",")

    described = rows(records)

    assert set(described) == set(header)
    assert all(description for description, *_ in described.values())


def test_units_and_missing_values() -> None:
    described = rows(Records.empty(Layout(attributes=("yaw", "side"))))

    assert described["time"][1:] == ("seconds", "")
    assert described["x"][1:] == ("pixels", "no face")
    assert described["smoothed_happy"][1:] == ("probability", "no face; photo")
    assert described["attribute_yaw"][:2] == (
        "Turn about the vertical; positive to the viewer's right.",
        "degrees",
    )


def test_labels_are_those_of_the_model() -> None:
    described = rows(Records.empty(Layout(("calm", "tense"))))

    assert {"raw_calm", "smoothed_tense"} <= set(described)
    assert "calm, tense or unsure" in described["emotion"][0]


def test_a_studys_own_columns_are_not_explained_away(tmp_path: Path) -> None:
    records = make(tmp_path, alone(["happy"]))
    extra = {name: np.array(["x"], object) for name in ("participant", "corrected_sad", "dose")}

    described = rows(replace(records, extra=extra))

    assert described["participant"][0] == "the participant that the source shows"
    assert described["corrected_sad"][1] == "probability"
    assert described["dose"][0] == "a column of the study's own, which Mien does not interpret"


def test_names_are_those_of_the_layout() -> None:
    layout = Layout(attributes=("usable",), prior=True, detector=True)

    assert tuple(column.name for column in describe_columns(layout)) == layout.names
