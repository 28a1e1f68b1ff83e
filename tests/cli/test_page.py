"""`mien page`, as a user meets it."""

from pathlib import Path

import pytest

from mien.browser.page import MOST_BYTES
from mien.cli.page import page
from mien.errors import MediaError, ModelError
from tests.cli.running import make_run


def test_a_page_is_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out, _ = make_run(page, capsys)("--out", tmp_path / "lab.html", "--model", "small-int8")
    assert str(tmp_path / "lab.html") in out
    assert 0 < (tmp_path / "lab.html").stat().st_size < MOST_BYTES


def test_what_is_refused_leaves_no_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = make_run(page, capsys)
    with pytest.raises(MediaError, match=r"a page ends in \.html"):
        run("--out", tmp_path / "lab.pdf")
    with pytest.raises(ModelError, match="unknown model 'other'; choose from default"):
        run("--out", tmp_path / "lab.html", "--model", "other")
    assert not list(tmp_path.iterdir())


def test_a_file_that_the_install_lacks_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.browser.page._WORKER", "absent.js")
    with pytest.raises(ModelError, match=r"lacks 'absent\.js'; install Mien again"):
        make_run(page, capsys)("--out", tmp_path / "lab.html")
    assert not list(tmp_path.iterdir())
