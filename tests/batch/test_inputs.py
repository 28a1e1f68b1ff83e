"""What a user may name as INPUT, and in what mixture."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.batch.errors import BatchError
from mien.batch.inputs import open_inputs
from mien.batch.items import Item
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


def test_a_name_with_brackets_is_a_name_first(tmp_path: Path) -> None:
    (photo,) = save_photos(tmp_path, 1)
    odd = photo.rename(tmp_path / "photo[1].png")
    assert names(listed(odd)) == ["photo[1].png"]


def test_what_is_given_twice_is_done_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_photos(tmp_path / "in", 3)
    monkeypatch.chdir(tmp_path)
    with open_inputs(["in", "in/*.png", "./in/../in", str(tmp_path / "in" / "0001.png")]) as found:
        assert names(list(found)) == ["0000.png", "0001.png", "0002.png"]
        assert found.repeated == 7


def test_the_same_input_with_other_columns_is_an_error(tmp_path: Path) -> None:
    (photo,) = save_photos(tmp_path / "in", 1)
    (tmp_path / "a.csv").write_text(f"path,who\n{photo},me\n{photo},you\n")
    with pytest.raises(BatchError, match=r"0000\.png: is given twice, and not with the same col"):
        listed(tmp_path / "a.csv")


def test_lists_whose_columns_clash_are_an_error(tmp_path: Path) -> None:
    (photo,) = save_photos(tmp_path / "in", 1)
    (tmp_path / "a.csv").write_text(f"path,who\n{photo},me\n")
    pq.write_table(pa.table({"path": [str(photo)], "who": [1]}), tmp_path / "b.parquet")
    with pytest.raises(BatchError, match=r"the lists' columns do not fit together .*who"):
        listed(tmp_path / "a.csv", tmp_path / "b.parquet")


def test_nothing_to_do_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.md").touch()
    with pytest.raises(BatchError, match=r"no photo and no film among the inputs \(1 other files"):
        listed(tmp_path)
    with pytest.raises(BatchError, match="no photo and no film"):
        listed(tmp_path / "*.jpg")
    with pytest.raises(BatchError, match=r"missing: no such file or folder; check the path\."):
        listed(tmp_path / "missing")
