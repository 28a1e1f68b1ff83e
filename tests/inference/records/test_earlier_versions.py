"""Records that earlier versions of Mien wrote open without loss."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.emotions import EMOTIONS
from mien.inference.records import Records, read_records

VERSION_0_1 = Path(__file__).parent / "version_0_1"
ROWS: list[dict[str, Any]] = json.loads((VERSION_0_1 / "rows.json").read_text("utf-8"))

any_format = pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])


def column(name: str) -> Any:
    """What version 0.1 read, NaN where a value was empty."""
    return np.array([row[name] for row in ROWS], float)


def emotions(records: Records) -> list[str | None]:
    return [None if label < 0 else records.codes[label] for label in records.label]


@any_format
def test_records_of_version_0_1_have_the_rows_of_version_0_1(suffix: str) -> None:
    records = read_records(VERSION_0_1 / f"records{suffix}")
    assert records.source.tolist() == [row["source"] for row in ROWS]
    assert records.frame.tolist() == [row["frame"] for row in ROWS]
    assert records.person.tolist() == [row["person"] for row in ROWS]
    assert emotions(records) == [row["emotion"] for row in ROWS]
    np.testing.assert_array_equal(records.time, column("time"))
    np.testing.assert_allclose(records.boxes, column("box"), atol=1e-4)
    np.testing.assert_allclose(records.score, column("score"), atol=1e-6)
    np.testing.assert_allclose(records.confidence, column("confidence"), atol=1e-6)
    np.testing.assert_allclose(records.raw, column("raw"), atol=1e-6)
    np.testing.assert_allclose(records.smoothed, column("smoothed"), atol=1e-6)


@any_format
def test_records_of_version_0_1_have_no_attributes(suffix: str) -> None:
    records = read_records(VERSION_0_1 / f"records{suffix}")
    assert records.labels == EMOTIONS
    assert records.attributes == records.extra == {}


@any_format
def test_records_of_version_0_1_without_a_row_open(suffix: str) -> None:
    records = read_records(VERSION_0_1 / f"empty{suffix}")
    assert (len(records), records.labels, records.raw.shape) == (0, EMOTIONS, (0, 7))


def test_the_fixture_has_every_case_of_empty_values() -> None:
    found = {row["emotion"] for row in ROWS}
    assert {None, "unsure", "happy"} <= found
    assert {row["person"] for row in ROWS} == {-1, 1, 2}
    assert any(row["score"] is None and row["emotion"] for row in ROWS)
