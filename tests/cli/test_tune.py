import multiprocessing
import tomllib
from pathlib import Path

import pytest

from mien.tuning.progress import ProgressBars
from tests.training.conftest import faces

from .test_train import interrupted, project, run

pytestmark = pytest.mark.slow

__all__ = ["faces", "project"]

SPACE = """
"optimization.learning_rate" = { low = 0.001, high = 0.1, log = true }
"network.dense_dropout" = { low = 0.0, high = 0.6 }
"""
TUNE = ("tune", "tiny.toml", "--data", "data", "--out", "found", "--space", "space.toml")
TUNE += ("--epochs", "2", "--device", "cpu", "--threads", "1", "--trials")


@pytest.fixture(autouse=True)
def space(project: Path) -> None:
    (project / "space.toml").write_text(SPACE)


def test_ctrl_c_says_how_to_resume(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ProgressBars, "batch", interrupted)
        assert run(*TUNE, "1") == 130
    told = capsys.readouterr().err
    assert told == "stopped; finished trials are saved; give the same command to resume\n"
    assert run(*TUNE, "1") == 0


def test_a_search_outlives_its_worker_and_ends_in_a_recipe_that_trains(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = ProgressBars.batch
    killed = []

    def kill_once(bars: ProgressBars, number: int, epoch: int, batches: int) -> None:
        batch(bars, number, epoch, batches)
        if not killed:
            killed.append(number)
            for worker in multiprocessing.active_children()[:1]:
                worker.kill()

    monkeypatch.setattr(ProgressBars, "batch", kill_once)
    assert run(*TUNE, "3", "--workers", "2") == 0
    printed = capsys.readouterr()
    assert "lost, its worker was killed (SIGKILL); it does not count" in printed.err
    assert printed.err.count("best ") == 3
    assert "on Validation (n = 40" in printed.out
    assert "best of 3 trials on that split, so optimistic" in printed.out
    assert (project / "found" / "search.png").stat().st_size > 10_000

    # The same command has nothing left to do.
    assert run(*TUNE, "3") == 0
    again = capsys.readouterr()
    assert again.out == printed.out
    assert not again.err

    found = tomllib.loads((project / "found" / "best.toml").read_text())
    assert found["optimization"]["epochs"] == 3
    assert run("train", "found/best.toml", "--data", "data", "--device", "cpu") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--epochs", "9"), "--epochs 9: the recipe tiny has only 3"),
        (("--faces", "999"), "--faces 999"),
        (("--space", "none.toml"), "none.toml: cannot be read"),
        (("--space", "tiny.toml"), "tiny.toml: key 'network'"),
        (("--device", "abacus"), "--device abacus"),
        (("--data", "nowhere"), "nowhere: no such file or folder"),
        (("--out", "space.toml"), "space.toml: cannot be written"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    assert run(*TUNE, "2", *arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert len(error.splitlines()) == 1
