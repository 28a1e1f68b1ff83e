from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.audit.report import count_findings, count_leaks, find_all
from mien.audit.sheet import worst, write_sheet
from mien.data.duplicates import find_copies
from mien.data.findings import Finding
from mien.errors import DataError
from tests.audit.conftest import make_dataset, photos


def test_the_sheet_shows_the_faces_that_were_found(tmp_path: Path) -> None:
    faces = photos(40)
    data = make_dataset(faces, ["sad"] * 40)
    findings = [
        Finding(index, "Training", "sad", "wrong_label", index / 40, "", "happy")
        for index in range(40)
    ]
    write_sheet(tmp_path / "sheet.png", data, findings)
    with Image.open(tmp_path / "sheet.png") as image:
        sheet = np.asarray(image)
    windows = np.lib.stride_tricks.sliding_window_view(sheet, (96, 96))

    def shown(face: np.ndarray) -> bool:
        large = face.repeat(2, axis=0).repeat(2, axis=1)
        corners = np.argwhere(windows[:, :, 0, 0] == large[0, 0])
        return any(np.array_equal(windows[y, x], large) for y, x in corners)

    assert shown(faces[39])
    assert shown(faces[16])  # the last of the worst 24
    assert not shown(faces[15])


def test_a_image_is_shown_once_and_the_worst_comes_first() -> None:
    one, two = photos(2)
    data = make_dataset(np.stack([one, two, one]), ["sad"] * 3)
    findings = [
        Finding(index, "Training", "sad", "non_face", score, "")
        for index, score in enumerate((0.5, 0.9, 0.7))
    ]
    assert [one.index for one in worst("non_face", data, findings)] == [1, 2]


def test_an_empty_sheet_and_one_that_cannot_be_written(tmp_path: Path) -> None:
    data = make_dataset(photos(1), ["sad"])
    write_sheet(tmp_path / "sheet.png", data, [])
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.size[0] > 1000
    with pytest.raises(DataError, match=r"sheet.png: cannot be written"):
        write_sheet(tmp_path / "no" / "sheet.png", data, [])


def test_all_findings_come_by_kind_and_are_counted_by_split() -> None:
    one, two = photos(2)
    blank = np.zeros_like(one)
    data = make_dataset(
        np.stack([one, two, one, blank]),
        ["sad", "sad", "happy", "sad"],
        ["Training", "Training", "PublicTest", "Training"],
        [{"sad": 10}, {"happy": 9, "neutral": 1}, {"sad": 6, "happy": 4}, {"NF": 10}],
    )
    findings = find_all(data, find_copies(data.images), None)
    assert [(found.kind, found.index) for found in findings] == [
        ("copy", 2),
        ("contradiction", 0),
        ("contradiction", 2),
        ("wrong_label", 1),
        ("non_face", 3),
    ]
    assert count_findings(data, findings) == {
        "copy": {"Training": 0, "PublicTest": 1},
        "contradiction": {"Training": 1, "PublicTest": 1},
        "wrong_label": {"Training": 1, "PublicTest": 0},
        "non_face": {"Training": 1, "PublicTest": 0},
    }
    assert count_leaks(data, findings) == 1
