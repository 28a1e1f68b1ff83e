import errno
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.files import new_folder, replacing


def test_what_is_written_takes_the_place_of_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "café.txt"
    path.write_text("old")
    with replacing(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "no space"), KeyboardInterrupt()])
def test_an_error_leaves_what_stood_there_and_nothing_beside_it(
    tmp_path: Path, error: BaseException
) -> None:
    path = tmp_path / "kept.txt"
    path.write_text("old")

    def fail_halfway() -> None:
        with replacing(path) as beside:
            beside.write_text("half")
            raise error

    with pytest.raises(type(error)):
        fail_halfway()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_is_readable_as_one_written_plainly(tmp_path: Path) -> None:
    plain, replaced = tmp_path / "plain", tmp_path / "replaced"
    plain.touch()
    with replacing(replaced) as beside:
        beside.write_text("x")
    assert replaced.stat().st_mode == plain.stat().st_mode


WRITE_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from mien.files import new_folder, replacing

path = Path(sys.argv[1])
with replacing(path / "table.csv") as beside, new_folder(path / "study") as folder:
    beside.write_text("half of a longer table")
    (folder / "half.csv").write_text("half")
    print("writing", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has begun to write a table and a folder."""
    command = [sys.executable, "-c", WRITE_UNTIL_KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "writing\n"
        yield process
        process.kill()


def write_both(folder: Path) -> None:
    with replacing(folder / "table.csv") as beside:
        assert beside.read_text() == ""
        with beside.open("a") as file:
            file.write("new")
    with new_folder(folder / "study") as made:
        assert list(made.iterdir()) == []
        (made / "whole.csv").write_text("new")


def test_what_a_killed_process_left_is_gone_after_the_next_one(
    writer: subprocess.Popen[str], tmp_path: Path
) -> None:
    writer.kill()
    writer.wait()
    assert len(list(tmp_path.iterdir())) == 2
    write_both(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study", "table.csv"]
    assert [path.name for path in (tmp_path / "study").iterdir()] == ["whole.csv"]


def test_what_another_process_still_writes_is_left_alone(
    writer: subprocess.Popen[str], tmp_path: Path
) -> None:
    others = sorted(tmp_path.iterdir())
    write_both(tmp_path)
    assert (tmp_path / "table.csv").read_text() == "new"
    assert [path.name for path in (tmp_path / "study").iterdir()] == ["whole.csv"]
    assert [path for path in others if not path.exists()] == []
    assert (others[1]).read_text() == "half of a longer table"


def test_a_new_folder_is_readable_as_one_made_plainly(tmp_path: Path) -> None:
    plain, made = tmp_path / "plain", tmp_path / "made"
    plain.mkdir()
    with new_folder(made):
        assert not made.exists()
    assert made.stat().st_mode == plain.stat().st_mode


def test_a_folder_with_files_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a").touch()
    with pytest.raises(OSError, match="not empty"), new_folder(tmp_path / "kept"):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["kept", "a"]


def test_a_link_that_another_user_put_there_is_not_followed(tmp_path: Path) -> None:
    aim = tmp_path / "aim"
    aim.write_text("theirs")
    (tmp_path / ".mine.txt.new.txt").symlink_to(aim)
    with replacing(tmp_path / "mine.txt") as beside:
        beside.write_text("mine")
    assert aim.read_text() == "theirs"
    assert (tmp_path / "mine.txt").read_text() == "mine"
