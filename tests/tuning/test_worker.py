from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import torch

from mien.data import FaceDataset
from mien.errors import TrainingError
from mien.training.history import EpochRecord, Listener
from mien.training.recipe import RunFolder
from mien.training.run import fit
from mien.training.trainer import Trainer
from mien.tuning.plan import Plan
from mien.tuning.worker import BatchDone, Diverged, Impossible, Validated, Work, work
from tests.training.conftest import make_recipe

from .conftest import make_plan

pytestmark = pytest.mark.slow


@contextmanager
def worker(plan: Plan) -> Iterator[Any]:
    """Gives the search's end of a connection to a worker, which runs in a thread here."""
    train, validation = plan.splits()
    ours, theirs = Pipe()
    thread = Thread(target=work_until_closed, args=(theirs,))
    thread.start()
    ours.send(Work(train, validation, plan.seed, "cpu", torch.get_num_threads()))
    yield ours
    ours.close()
    thread.join(60)
    assert not thread.is_alive(), "a worker ends with its search"


def work_until_closed(search: Any) -> None:
    with suppress(EOFError, OSError):
        work(search)


@pytest.fixture
def search(plan: Plan) -> Iterator[Any]:
    with worker(plan) as connection:
        yield connection


def test_a_trial_is_the_training_that_mien_train_does(faces: FaceDataset, tmp_path: Path) -> None:
    """With all faces and epochs, a trial of the recipe itself has the accuracies of its run."""
    plan = make_plan(faces, faces=80)
    folder = RunFolder(tmp_path / "run")
    _, history = fit(plan.recipe, faces, folder, plan.seed, False, "cpu", Listener())
    with worker(plan) as search:
        search.send(plan.trial_settings({}))
        assert accuracies(search, 3) == [record.validation_accuracy for record in history]


def accuracies(search: Any, epochs: int) -> list[float]:
    """Lets a trial go on to its end; returns what it validated at."""
    found: list[float] = []
    while len(found) < epochs:
        message = search.recv()
        if isinstance(message, Validated):
            found.append(message.accuracy)
            assert message.epoch == len(found)
            if len(found) < epochs:
                search.send(True)
    return found


def test_the_search_hears_of_every_batch(search: Any, plan: Plan) -> None:
    search.send(plan.trial_settings({}))
    assert [search.recv() for _ in range(3)] == [BatchDone(1, batches=3)] * 3
    assert isinstance(search.recv(), Validated)


def test_a_trial_that_is_stopped_makes_room_for_the_next(search: Any, plan: Plan) -> None:
    for _ in range(2):
        search.send(plan.trial_settings({}))
        messages = [search.recv() for _ in range(4)]
        assert messages[-1].epoch == 1
        search.send(False)
    search.send(plan.trial_settings({}))
    assert len(accuracies(search, 3)) == 3


def test_a_loss_that_is_no_number_ends_the_trial_alone(
    search: Any, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverges(*_: object) -> EpochRecord:
        raise TrainingError("training diverged in epoch 1")

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "run_epoch", diverges)
        search.send(plan.trial_settings({}))
        assert search.recv() == Diverged("training diverged in epoch 1")
    search.send(plan.trial_settings({}))
    assert len(accuracies(search, 3)) == 3


def test_what_no_trial_could_do_is_told(search: Any, plan: Plan) -> None:
    text = plan.recipe.text + '\n[distillation]\nteachers = ["nowhere"]\n'
    search.send(make_plan(plan.data, recipe=make_recipe(text)).trial_settings({}))
    message = search.recv()
    assert isinstance(message, Impossible)
    assert "nowhere" in message.reason
