"""The inputs that a user may name, in any mixture."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.batch.errors import BatchError
from mien.batch.inputs import ListFile, open_inputs
from mien.batch.plan import Item
from tests.batch.jobs import save_photos


def listed(*texts: object) -> list[Item]:
    with open_inputs([str(text) for text in texts]) as inputs:
        return list(inputs)


def names(items: list[Item]) -> list[str]:
    return [Path(item.path).name for item in items]


def test_folders_patterns_lists_and_files_together(tmp_path: Path) -> None:
    save_photos(tmp_path / "a", 2)
    save_photos(tmp_path / "b", 2, first=2)
    save_photos(tmp_path / "c", 1, first=4)
    (tmp_path / "list.csv").write_text("path,who\nc/0004.png,me\n")
    (tmp_path / "b" / "notes.txt").touch()
    items = listed(tmp_path / "a", tmp_path / "b" / "*", tmp_path / "list.csv")
    assert names(items) == ["0000.png", "0001.png", "0002.png", "0003.png", "0004.png"]
    assert [item.index for item in items] == [0, 1, 2, 3, 4]
    assert [item.values for item in items] == [(None,)] * 4 + [("me",)]
    assert names(listed(tmp_path / "**" / "*.png")) == names(items)
    assert names(listed(tmp_path / "*.csv")) == ["0004.png"]


def test_relative_paths_and_file_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_photos(tmp_path / "a b", 1)
    monkeypatch.chdir(tmp_path)
    assert listed("a b")[0].path == "a b/0000.png"
    assert listed(f"file://{tmp_path}/a b")[0].path == str(tmp_path / "a b" / "0000.png")


def test_an_existing_file_with_brackets_in_its_name_is_no_pattern(tmp_path: Path) -> None:
    (photo,) = save_photos(tmp_path, 1)
    odd = photo.rename(tmp_path / "photo[1].png")
    assert names(listed(odd)) == ["photo[1].png"]


def test_an_input_that_is_named_twice_is_listed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_photos(tmp_path / "in", 3)
    monkeypatch.chdir(tmp_path)
    with open_inputs(["in", "in/*.png", "./in/../in", str(tmp_path / "in" / "0001.png")]) as found:
        assert names(list(found)) == ["0000.png", "0001.png", "0002.png"]
        assert found.repeated == 7


def test_an_input_with_two_rows_of_columns_is_an_error(tmp_path: Path) -> None:
    (photo,) = save_photos(tmp_path / "in", 1)
    (tmp_path / "a.csv").write_text(f"path,who\n{photo},me\n{photo},you\n")
    with pytest.raises(BatchError, match=r"0000\.png: is listed twice, with different columns"):
        listed(tmp_path / "a.csv")


def test_lists_with_columns_of_different_types_are_an_error(tmp_path: Path) -> None:
    (photo,) = save_photos(tmp_path / "in", 1)
    (tmp_path / "a.csv").write_text(f"path,who\n{photo},me\n")
    pq.write_table(pa.table({"path": [str(photo)], "who": [1]}), tmp_path / "b.parquet")
    with pytest.raises(BatchError, match=r"the lists' columns do not fit together .*who"):
        listed(tmp_path / "a.csv", tmp_path / "b.parquet")


def test_inputs_without_photos_and_videos_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.md").touch()
    with pytest.raises(BatchError, match=r"no photo and no video among the inputs \(1 other files"):
        listed(tmp_path)
    with pytest.raises(BatchError, match="no photo and no video"):
        listed(tmp_path / "*.jpg")
    with pytest.raises(BatchError, match=r"missing: no such file or folder; check the path\."):
        listed(tmp_path / "missing")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_photos(tmp_path, 3)
    return tmp_path


def read(path: Path) -> ListFile:
    return ListFile(str(path), str(path))


def write_text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def write_table(file: Path, /, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), file)
    return file


def test_lines_of_text_are_paths_from_the_folder_of_the_list(folder: Path) -> None:
    (folder / "été.png").write_bytes((folder / "0000.png").read_bytes())
    lines = f"\ufeff0000.png\r\n\n{folder / '0001.png'}\nété.png\nmissing.png"
    entries = list(read(write_text(folder / "list.txt", lines)))
    assert [entry.path for entry in entries] == [
        str(folder / name) for name in ("0000.png", "0001.png", "été.png", "missing.png")
    ]
    assert [entry.size > 0 for entry in entries] == [True, True, True, False]


def test_columns_of_csv_are_text(folder: Path) -> None:
    text = 'participant,path,"a, b"\n007,0000.png,1\n008,0001.png,"x ""y"""\n'
    found = read(write_text(folder / "list.csv", text))
    assert found.columns == pa.schema([("participant", pa.string()), ("a, b", pa.string())])
    assert [entry.values for entry in found] == [
        {"participant": "007", "a, b": "1"},
        {"participant": "008", "a, b": 'x "y"'},
    ]


def test_columns_of_parquet_keep_their_types(folder: Path) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    found = read(
        write_table(
            folder / "list.parquet",
            at=pa.array([moment] * 2, pa.timestamp("ns", "UTC")),
            group=pa.array(["a", None]).dictionary_encode(),
            age=pa.array([41, None], pa.int8()),
            path=pa.array(["0000.png", str(folder / "0001.png")], pa.large_string()),
        )
    )
    assert found.columns == pa.schema(
        [("at", pa.timestamp("us", "UTC")), ("group", pa.string()), ("age", pa.int8())]
    )
    first, second = found
    assert first.values == {"at": moment, "group": "a", "age": 41}
    assert second.values == {"at": moment, "group": None, "age": None}
    assert second.path == str(folder / "0001.png")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("list.csv", "file,age\n0000.png,3\n", r"no column 'path', but file, age; call the"),
        ("list.csv", "", "no column 'path', but none"),
        ("list.csv", "path,Time\n0000.png,3\n", "column 'Time' is named as a column of the rec"),
        ("list.csv", "path,raw_pain\n0000.png,3\n", "column 'raw_pain' is named as a column of t"),
        ("list.csv", "path,Smoothed_x\n0000.png,3\n", "column 'Smoothed_x' is named as a col"),
        ("list.csv", "path,attribute_yaw\n0000.png,3\n", "column 'attribute_yaw' is named as"),
        ("list.csv", "path,age,Age\n0000.png,3,4\n", "two of its columns are 'Age'; rename"),
        ("list.csv", "path,age\n0000.png,3\n0001.png\n", r"line 3: it has 1 fields and not 2"),
        ("list.csv", 'path,age\n"0000.png,3\n', "cannot be read as a list"),
        ("list.csv", "path,age\n0000.png,3\n,4\n", r"row 2: it has no path"),
        ("list.parquet", "not Parquet", "cannot be read as a list"),
        ("list.txt", "a.png\nb.png\n", "none of the 2 files that it lists exists"),
    ],
)
def test_a_malformed_list_is_one_error(folder: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(BatchError, match=message) as caught:
        list(read(write_text(folder / name, text)))
    assert str(folder / name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_csv_list_that_is_not_utf_8_is_one_error(folder: Path) -> None:
    (folder / "list.csv").write_bytes("path,who\n0000.png,Jörg\n".encode("latin-1"))
    with pytest.raises(BatchError, match=r"list\.csv: not UTF-8 text; save it as UTF-8\."):
        list(read(folder / "list.csv"))


def test_a_path_in_a_text_list_need_not_be_unicode(folder: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff.png"))
    (folder / "0000.png").rename(odd)
    (folder / "list.txt").write_bytes(b"bad\xff.png\n")
    (entry,) = read(folder / "list.txt")
    assert (entry.path, entry.size) == (str(odd), odd.stat().st_size)


def test_columns_of_unsupported_types_are_refused(folder: Path) -> None:
    nested = write_table(folder / "a.parquet", path=["0000.png"], tags=[["a"]])
    with pytest.raises(BatchError, match=r"a\.parquet: its column 'tags' is nested; leave it out"):
        read(nested)
    numbers = write_table(folder / "b.parquet", path=pa.array([1, 2]))
    with pytest.raises(BatchError, match=r"b\.parquet: "):
        list(read(numbers))
    odd = pa.array([1], pa.timestamp("ns"))
    exact = write_table(folder / "c.parquet", path=["0000.png"], at=odd)
    with pytest.raises(BatchError, match=r"c\.parquet: .* would lose data"):
        list(read(exact))


def test_a_relative_path_that_leaves_the_folder_of_the_list_has_a_problem(folder: Path) -> None:
    inner = folder / "lists"
    inner.mkdir()
    text = f"../0000.png\na/../../0001.png\n{folder / '0002.png'}\n"
    first, second, third = read(write_text(inner / "list.txt", text))
    assert first.problem == second.problem
    assert "outside the folder of the list" in first.problem
    assert not third.problem
