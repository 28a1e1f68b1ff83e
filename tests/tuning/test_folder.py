from pathlib import Path

import pytest

from mien.errors import TrainingError
from mien.tuning.folder import own_folder


def test_two_searches_in_one_folder_are_kept_apart(tmp_path: Path) -> None:
    with (
        own_folder(tmp_path / "a" / "b"),
        pytest.raises(TrainingError, match="another search is running there"),
        own_folder(tmp_path / "a" / "b"),
    ):
        pass
    with own_folder(tmp_path / "a" / "b"):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(TrainingError, match="cannot be written"),
        own_folder(tmp_path / "file" / "x"),
    ):
        pass
