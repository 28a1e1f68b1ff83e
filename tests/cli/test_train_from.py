"""`mien train --from`: photos to a model of one's own labels, as a user meets it."""

from pathlib import Path

import pytest
from benchmarks.own_photos import write_photos

from mien.cli import main
from mien.inference.classifier import Classifier

pytestmark = pytest.mark.slow


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["train", *map(str, arguments)])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def photos(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of photos that are happy or not, with persons."""
    pytest.importorskip("pyarrow")
    root = tmp_path_factory.mktemp("own")
    table = write_photos(shared / "photos" / "faces.parquet", 90, root / "photos")
    header, *rows = table.read_text(encoding="utf-8").splitlines()
    two = [row.replace(",neutral,", ",calm,").replace(",happy,", ",glad,") for row in rows]
    kept = [row for row in two if ",calm," in row or ",glad," in row]
    table.write_text("\n".join([header, *kept]) + "\n", encoding="utf-8")
    return table


def test_photos_become_a_model(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine"
    assert run("--from", "fer2013", "--data", photos, "--out", out) == 0
    printed = capsys.readouterr().out
    assert "2 labels: calm, glad; not weighed" in printed
    assert "cross-validated on" in printed
    assert "95 % interval over people" in printed
    assert "does not know all of these labels" in printed
    assert Classifier(out / "model.onnx").card.labels == ("calm", "glad")
    assert run("--from", "fer2013", "--data", photos, "--out", out) == 1
    assert "give another --out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "fer2013"), "'--data': is required, once, with --from"),
        (("small", "--from", "fer2013", "--data", "x"), "a recipe does not go with --from"),
        (("--from", "fer2013", "--epochs", "3", "--data", "x"), "--epochs does not go with"),
        (("--from", "nosuch", "--data", "x"), "no such model file"),
        (("--data", "x"), "give --from MODEL"),
        (("--from", "fer2013", "--data", "nowhere"), "nowhere: no such file"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) in (1, 2)
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
