import itertools
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from mien.data import FaceDataset
from mien.errors import TrainingError
from mien.training.settings import Settings
from mien.tuning.plan import Plan
from mien.tuning.progress import Listener
from mien.tuning.search import Search
from mien.tuning.space import Choices
from mien.tuning.study import NOTE, VALUES, best, counted
from mien.tuning.worker import Diverged, Impossible, Message, Work

from .conftest import make_plan, stored
from .threads import ThreadWorker, hill, worker_with

pytestmark = pytest.mark.slow


def run(
    study: Study,
    plan: Plan,
    trials: int,
    workers: int = 1,
    worker: Any = ThreadWorker,
    listener: Listener | None = None,
) -> None:
    train, validation = plan.splits()
    given = Work(train, validation, plan.seed, "cpu", 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mien.tuning.search.WorkerProcess", worker)
        Search(study, plan, given, workers, listener or Listener()).run(trials)


def outcomes(study: Study) -> list[tuple[dict[str, Any], str, dict[int, float]]]:
    """What was tried and what came of it, whatever was lost in between."""
    trials = counted(study)
    return [(one.user_attrs[VALUES], one.state.name, one.intermediate_values) for one in trials]


def test_a_search_tries_the_recipe_first_and_finds_better(plan: Plan, tmp_path: Path) -> None:
    study = stored(tmp_path, plan)
    run(study, plan, 16)
    first, winner = counted(study)[0], best(study)
    assert first.user_attrs[VALUES] == plan.own_values()
    assert winner is not None
    assert winner.values[0] > first.values[0]
    assert 0.01 < winner.user_attrs[VALUES]["optimization.learning_rate"] < 0.09
    assert winner.values[0] == max(one.values[0] for one in counted(study) if one.values)


@pytest.mark.parametrize("workers", [1, 3])
def test_exactly_as_many_trials_count_as_are_asked_for(
    plan: Plan, tmp_path: Path, workers: int
) -> None:
    for trials in (4, 9, 9, 2):
        study = stored(tmp_path, plan)
        run(study, plan, trials, workers)
        assert len(counted(study)) == max(trials, 4 if trials == 4 else 9)
    assert {one.state for one in study.trials} <= {TrialState.COMPLETE, TrialState.PRUNED}


def test_worse_trials_are_stopped_early(plan: Plan, tmp_path: Path) -> None:
    study = stored(tmp_path, plan)
    run(study, plan, 16)
    pruned = [one for one in study.trials if one.state is TrialState.PRUNED]
    assert pruned
    for trial in pruned:
        assert trial.last_step == 2, "from a third of the epochs on, and before the last"
        assert trial.user_attrs[NOTE] == "stopped after epoch 2"
        others = [
            one.intermediate_values[2]
            for one in study.trials[: trial.number]
            if one.state is TrialState.COMPLETE
        ]
        assert trial.intermediate_values[2] <= sorted(others)[len(others) // 2]


@settings(max_examples=3)
@given(deaths=st.sets(st.integers(1, 14), max_size=4))
def test_killed_workers_change_nothing_in_what_is_found(
    faces: FaceDataset, deaths: set[int]
) -> None:
    """A worker dies at those of all answers; its trial is tried again, and the rest follows."""
    plan = make_plan(faces)
    answered = itertools.count(1)

    def mortal(settings: Settings, epoch: int) -> Message | None:
        return None if next(answered) in apart else hill(settings, epoch)

    # Twice by the same trial, and it would be dropped.
    apart = {one for one in deaths if not {one - 1, one - 2, one - 3} & deaths}
    with tempfile.TemporaryDirectory() as whole, tempfile.TemporaryDirectory() as killed:
        studies = stored(Path(whole), plan), stored(Path(killed), plan)
        run(studies[0], plan, 5)
        run(studies[1], plan, 5, worker=worker_with(mortal))
        assert outcomes(studies[1]) == outcomes(studies[0])
        lost = [one for one in studies[1].trials if one.state is TrialState.FAIL]
        assert len(lost) == len([one for one in apart if one < next(answered)])


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_search_that_was_stopped_goes_on_as_it_would_have(
    plan: Plan, tmp_path: Path, stop: type[BaseException]
) -> None:
    class StopAt(Listener):
        def trial(self, trial: FrozenTrial, best: FrozenTrial | None) -> None:
            if trial.number == 3:
                raise stop

    (tmp_path / "whole").mkdir()
    (tmp_path / "stopped").mkdir()
    whole, stopped = stored(tmp_path / "whole", plan), stored(tmp_path / "stopped", plan)
    run(whole, plan, 8)
    with pytest.raises(stop):
        run(stopped, plan, 8, listener=StopAt())
    run(stored(tmp_path / "stopped", plan), plan, 8)
    assert outcomes(stored(tmp_path / "stopped", plan)) == outcomes(whole)


def test_what_kills_every_worker_ends_the_search(plan: Plan, tmp_path: Path) -> None:
    study = stored(tmp_path, plan)
    with pytest.raises(TrainingError, match=r"3 workers in a row died.*was killed \(SIGKILL\)"):
        run(study, plan, 5, worker=worker_with(lambda *_: None))
    assert not counted(study)
    assert not study.get_trials(states=[TrialState.RUNNING])


def test_values_that_kill_a_worker_twice_are_dropped(plan: Plan, tmp_path: Path) -> None:
    own = plan.recipe.settings.optimization.learning_rate

    def dies(settings: Settings, epoch: int) -> Message | None:
        return None if settings.optimization.learning_rate == own else hill(settings, epoch)

    study = stored(tmp_path, plan)
    run(study, plan, 5, worker=worker_with(dies))
    assert [one.state.name for one in study.trials[:3]] == ["FAIL", "FAIL", "COMPLETE"]
    assert len(counted(study)) == 5


def test_a_trial_that_diverges_counts_and_never_wins(plan: Plan, tmp_path: Path) -> None:
    def diverges(settings: Settings, epoch: int) -> Message:
        high = settings.optimization.learning_rate > 0.02
        return Diverged("no longer a number") if high else hill(settings, epoch)

    study = stored(tmp_path, plan)
    run(study, plan, 12, worker=worker_with(diverges))
    diverged = [one for one in counted(study) if one.user_attrs[NOTE] == "diverged"]
    assert diverged
    assert all(one.state is TrialState.PRUNED for one in diverged)
    winner = best(study)
    assert winner is not None
    assert winner.user_attrs[VALUES]["optimization.learning_rate"] <= 0.02


def test_a_combination_that_the_recipe_refuses_is_pruned_with_a_note(
    faces: FaceDataset, tmp_path: Path
) -> None:
    space = {
        "network.architecture": Choices(choices=["paper_cnn", "residual"]),
        "optimization.batch_size": Choices(choices=[8, 16]),
    }
    plan = make_plan(faces, space=space)
    study = stored(tmp_path, plan)
    run(study, plan, 10)
    refused = [one for one in counted(study) if one.user_attrs[NOTE]]
    assert refused
    assert len(counted(study)) == 10
    for trial in refused:
        assert trial.state is TrialState.PRUNED
        assert "refused: tiny: key 'network" in trial.user_attrs[NOTE]


def test_a_recipe_that_cannot_be_trained_here_ends_the_search(plan: Plan, tmp_path: Path) -> None:
    worker = worker_with(lambda *_: Impossible("runs/teacher: there is no such run"))
    with pytest.raises(TrainingError, match="runs/teacher: there is no such run"):
        run(stored(tmp_path, plan), plan, 5, worker=worker)
