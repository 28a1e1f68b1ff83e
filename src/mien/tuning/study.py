"""The stored search: an Optuna study in an SQLite file that one process at a time writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.exceptions import StorageInternalError
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from mien.errors import TrainingError
from mien.files import replacing
from mien.tuning.plan import Plan
from mien.tuning.space import Scalar

NOTE, VALUES, _IDENTITY, _DEATHS = "note", "values", "identity", "deaths"
_MOST_DEATHS = 2  # of workers by the same values
_SEEDS = 2**32  # what NumPy's generators of this kind take

optuna.logging.set_verbosity(optuna.logging.WARNING)


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns errors of a stored search into one with a remedy.

    Raises:
        TrainingError: the file is damaged, or cannot be read or written.
    """
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: Exception) -> TrainingError:
    reason = str(error.__cause__ or error).splitlines()[0]
    return TrainingError(
        f"cannot be used as a stored search ({reason}); make room, move it "
        "away, or choose another --out",
        subject=path,
    )


def open_study(path: Path, plan: Plan) -> Study:
    """Opens a stored search, or starts one; trials that died with their process are given up.

    Trials are stopped early by the median rule: from a third of the epochs on, a trial ends whose
    best accuracy so far is below the median of the others at that epoch. The median, not
    Hyperband, since that deals its trials out to brackets and a CPU has too few for those.

    Raises:
        TrainingError: the file is damaged or cannot be written, or holds another search.
    """
    with storage_errors(path):
        try:
            if not path.exists():
                _create_tables(path)
            storage = RDBStorage(f"sqlite:///{path}")
        except RuntimeError as error:  # of another version of Optuna
            raise _unusable(path, error) from None
        study = optuna.create_study(
            storage=storage,
            study_name="search",
            direction="maximize",
            pruner=MedianPruner(n_startup_trials=4, n_warmup_steps=1 + plan.epochs // 3),
            load_if_exists=True,
        )
        _recognize(study, plan, path)
        give_up_running(study)
    return study


def _create_tables(path: Path) -> None:
    """Creates the file with all its tables, or not at all: Optuna takes many steps for them.

    A kill between two would leave tables without their index of names, and so two searches of one
    name.
    """
    try:
        with replacing(path) as beside:
            RDBStorage(f"sqlite:///{beside}").engine.dispose()
    except OSError as error:
        raise TrainingError(
            f"cannot be written ({error.strerror}); choose another --out", subject=path
        ) from None


def _recognize(study: Study, plan: Plan, path: Path) -> None:
    """Checks that a study is the plan's; a new study is marked so, and tries the recipe first.

    Raises:
        TrainingError: it is another plan's.
    """
    wanted, found = plan.identity(), study.user_attrs.get(_IDENTITY)
    if found is None:
        if own := plan.own_values():
            study.enqueue_trial(own, skip_if_exists=True)
        study.set_user_attr(_IDENTITY, wanted)
    elif differing := [name for name, value in wanted.items() if found.get(name) != value]:
        raise TrainingError(
            f"holds a search with another {' and another '.join(differing)}; use "
            "the same again, or another --out",
            subject=path,
        )


def ask(study: Study, plan: Plan) -> tuple[Trial, dict[str, Scalar]]:
    """Starts a trial; returns it and its values.

    The values follow from the seed and the number of trials, so that a stopped search resumes as it
    would have continued.
    """
    tried = study.get_trials(
        deepcopy=False, states=[TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING]
    )
    study.sampler = TPESampler(seed=(plan.seed * 1_000_003 + len(tried)) % _SEEDS)
    trial = study.ask({key: entry.distribution() for key, entry in plan.space.items()})
    values = {key: entry.rounded(trial.params[key]) for key, entry in plan.space.items()}
    trial.set_user_attr(VALUES, values)
    return trial, values


def give_up(study: Study, trial: Trial | FrozenTrial, blamed: bool = False) -> None:
    """Ends a trial that was cut short: it does not count, and its values are tried again.

    Args:
        study: that it is of.
        trial: under way.
        blamed: whether its worker may have died of it; the second time, its values are dropped.
    """
    study.tell(trial.number, state=TrialState.FAIL)
    deaths = trial.user_attrs.get(_DEATHS, 0) + blamed
    if deaths < _MOST_DEATHS:
        study.enqueue_trial(trial.params, user_attrs={_DEATHS: deaths})


def give_up_running(study: Study) -> None:
    """Gives up every trial that is under way, once nothing works on it any more."""
    for trial in study.get_trials(states=[TrialState.RUNNING]):
        give_up(study, trial)


def counted(study: Study) -> list[FrozenTrial]:
    """Returns the trials that count: those that ended by themselves, early or not."""
    return study.get_trials(deepcopy=False, states=[TrialState.COMPLETE, TrialState.PRUNED])


def best(study: Study) -> FrozenTrial | None:
    """Returns the trial of the highest accuracy, the earliest of equals; None before the first."""
    done = study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
    return max(done, key=lambda trial: trial.values[0], default=None)
