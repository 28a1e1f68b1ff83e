"""A row becomes an object where its values have the types of its fields."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from mien.errors import MienError
from mien.storage.errors import DamagedError
from mien.storage.rows import HIGHEST, make, read_intact, reading


@dataclass
class Row:
    number: int
    time: float
    name: str | None
    kind: Literal["live", "photo"]
    kept: bool
    labels: tuple[str, ...]


GOOD: dict[str, Any] = {
    "number": 1,
    "time": 2,
    "name": None,
    "kind": "live",
    "kept": 1,
    "labels": ("a",),
}


def test_a_row_of_the_right_types_is_made() -> None:
    assert make(Row, GOOD) == Row(1, 2, None, "live", True, ("a",))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("number", "1"), ("number", HIGHEST + 1), ("number", True), ("number", None)),
        *(("time", float("inf")), ("time", float("nan")), ("time", "2"), ("name", 3)),
        *(("name", b"x"), ("kind", "film"), ("kept", 2), ("labels", (1,)), ("labels", ["a"])),
    ],
)
def test_another_type_is_refused_by_the_name_of_its_field(field: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"its {field} is"):
        make(Row, GOOD | {field: value})


@pytest.mark.parametrize("error", [TypeError("x"), KeyError("x"), MienError("x"), RecursionError()])
def test_whatever_a_damaged_row_raises_names_file_row_and_remedy(error: Exception) -> None:
    with (
        pytest.raises(DamagedError, match=r"^a\.sqlite: row 3 is damaged \(.*mien doctor --repair"),
        reading("a.sqlite", "row 3"),
    ):
        raise error


def test_a_damaged_row_is_left_out_of_a_list_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def parse(row: int) -> int:
        with reading("list.sqlite", f"row {row}"):
            return 6 // row if row else make(Row, {"number": None}).number

    for _ in range(2):
        assert read_intact([1, 0, 3], parse) == [6, 2]
    assert caplog.text.count("Left out: list.sqlite: row 0 is damaged") == 1
