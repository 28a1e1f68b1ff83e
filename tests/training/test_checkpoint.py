from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.errors import TrainingError
from mien.training.checkpoint import (
    Checkpoint,
    Identity,
    load_checkpoint,
    refuse_another_run,
    save_checkpoint,
)
from mien.training.history import EpochRecord
from tests.disk import no_file_over

IDENTITY = Identity("text", "abc", 0)
SAVED = Checkpoint(
    IDENTITY,
    [EpochRecord(1, 0.1, 2.0, 0.2, 1.9, 0.25)],
    {"network": {"weight": torch.arange(1000.0)}, "optimizer": {}},
)


def test_a_checkpoint_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, SAVED)
    found = load_checkpoint(path)
    assert found.identity == SAVED.identity
    assert found.history == SAVED.history
    assert torch.equal(found.state["network"]["weight"], torch.arange(1000.0))


def test_a_full_disk_is_told_and_the_checkpoint_before_stays(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, SAVED)
    later = replace(SAVED, state={"network": {"weight": torch.zeros(100_000)}, "optimizer": {}})
    with no_file_over(50_000), pytest.raises(TrainingError, match=r"cannot save.*--resume"):
        save_checkpoint(path, later)
    assert torch.equal(load_checkpoint(path).state["network"]["weight"], torch.arange(1000.0))
    assert list(tmp_path.iterdir()) == [path]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 0.99))
def test_a_file_cut_anywhere_is_refused_by_name(tmp_path: Path, share: float) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, SAVED)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(TrainingError, match=r"checkpoint\.pt: cannot be read as a checkpoint"):
        load_checkpoint(path)


def test_a_missing_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="checkpoint not found"):
        load_checkpoint(tmp_path / "checkpoint.pt")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (replace(IDENTITY, seed=1), "another seed;"),
        (replace(IDENTITY, recipe="x"), "another recipe;"),
        (replace(IDENTITY, data_fingerprint="x", seed=2), "another data fingerprint and another"),
    ],
)
def test_another_run_s_checkpoint_is_refused_for_what_differs(wanted: Identity, words: str) -> None:
    refuse_another_run(Path("x"), IDENTITY, IDENTITY)
    with pytest.raises(TrainingError, match=words):
        refuse_another_run(Path("x"), IDENTITY, wanted)
