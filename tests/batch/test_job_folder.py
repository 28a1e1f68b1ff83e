"""The saved list of a job's inputs, and its manifest."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.batch.errors import BatchError
from mien.batch.inputs import open_inputs
from mien.batch.job_folder import (
    check_unchanged,
    load_columns,
    load_inputs,
    save_inputs,
)
from mien.batch.plan import Item
from tests.batch.jobs import save_photos

COLUMNS = pa.schema([("path", pa.string()), ("n", pa.float64()), ("day", pa.date32())])
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)
ITEMS = st.lists(
    st.builds(
        lambda **values: values,
        path=NAMES | st.just("bad\udcff.png"),
        kind=st.sampled_from(["photo", "film"]),
        size=st.integers(0, 2**62),
        stamp=NAMES,
        values=st.tuples(
            st.none() | NAMES,
            st.none() | st.floats(allow_nan=False),
            st.none() | st.dates(min_value=date(1, 1, 1)),
        ),
        problem=NAMES,
        split_points=st.lists(st.integers(-(2**62), 2**62), max_size=3).map(tuple),
    ),
    max_size=8,
)


@settings(max_examples=40)
@given(ITEMS)
def test_saved_inputs_are_loaded_unchanged(
    tmp_path_factory: pytest.TempPathFactory, facts: list[dict]
) -> None:
    items = [Item(index=number, **values) for number, values in enumerate(facts)]
    path = tmp_path_factory.getbasetemp() / "inputs.parquet"
    save_inputs(path, items, COLUMNS)
    assert list(load_inputs(path)) == items
    assert load_columns(path) == COLUMNS


def test_saved_inputs_without_columns_are_loaded_unchanged(tmp_path: Path) -> None:
    items = [Item(0, "a.png", "photo", 3, "x"), Item(1, "b.mp4", "film", 4, "y", split_points=(7,))]
    save_inputs(tmp_path / "inputs.parquet", items, pa.schema([]))
    assert list(load_inputs(tmp_path / "inputs.parquet")) == items
    assert load_columns(tmp_path / "inputs.parquet") == pa.schema([])


def test_inputs_on_a_failing_disk_are_told(tmp_path: Path) -> None:
    """The file can be opened, for its end is read first; what it holds cannot be read."""
    path = tmp_path / "inputs.parquet"
    items = [Item(number, f"{number}.png", "photo", 1, "") for number in range(500)]
    save_inputs(path, items, pa.schema([]))
    content = bytearray(path.read_bytes())
    content[4 : len(content) // 3] = b"\xa5" * (len(content) // 3 - 4)
    path.write_bytes(content)
    with pytest.raises(BatchError, match=r"inputs.parquet: missing or damaged"):
        list(load_inputs(path))


def test_the_first_changed_input_is_named(tmp_path: Path) -> None:
    first, second, _ = save_photos(tmp_path / "in", 3)
    saved = tmp_path / "inputs.parquet"

    def check() -> None:
        with open_inputs([str(tmp_path / "in")]) as inputs:
            check_unchanged(saved, inputs)

    with open_inputs([str(tmp_path / "in")]) as inputs:
        save_inputs(saved, inputs, inputs.columns)
    check()
    save_photos(tmp_path / "in", 1, first=3)
    with pytest.raises(BatchError, match=r"0003\.png is new; add --as-started to resume with the"):
        check()
    (tmp_path / "in" / "0003.png").rename(second)
    with pytest.raises(BatchError, match=r"0001\.png is another file"):
        check()
    first.unlink()
    with pytest.raises(BatchError, match=r"where .*0000\.png was, .*0001\.png is"):
        check()


def test_a_changed_column_or_value_is_refused(tmp_path: Path) -> None:
    save_photos(tmp_path, 1)
    saved, table = tmp_path / "inputs.parquet", tmp_path / "list.csv"
    table.write_text("path,who\n0000.png,me\n")
    with open_inputs([str(table)]) as inputs:
        save_inputs(saved, inputs, inputs.columns)
    table.write_text("path,whom\n0000.png,me\n")
    with open_inputs([str(table)]) as inputs, pytest.raises(BatchError, match="other columns"):
        check_unchanged(saved, inputs)
    table.write_text("path,who\n0000.png,you\n")
    with open_inputs([str(table)]) as inputs, pytest.raises(BatchError, match="has other columns"):
        check_unchanged(saved, inputs)
