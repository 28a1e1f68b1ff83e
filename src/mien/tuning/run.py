"""A search in a folder, from its plan to its result."""

from pathlib import Path

from mien.tuning.plan import Plan, own_folder
from mien.tuning.progress import Listener
from mien.tuning.result import Result, write_result
from mien.tuning.search import Search
from mien.tuning.study import open_study, storage_errors
from mien.tuning.worker import Work


def tune(
    plan: Plan,
    folder: Path,
    trials: int,
    workers: int = 1,
    device: str = "cpu",
    threads: int = 1,
    listener: Listener | None = None,
) -> Result:
    """Searches, or resumes the search in the folder, and writes its result.

    Args:
        plan: what is searched.
        folder: gets `search.db`, `best.toml` and `search.png`.
        trials: how many are to have ended by themselves, early or not, over all calls; with as
            many as there are, only the result is written.
        workers: how many trials are trained at the same time, each in a process of its own.
        device: a torch device.
        threads: CPU threads of each worker.
        listener: hears how it goes.

    Returns:
        The winner. One worker finds the same again, on the same data and a like machine; with
        more of them, what is tried depends on which trial ends first.

    Raises:
        DataError: a split is missing.
        TrainingError: the folder holds another search or cannot be written, another search is
            running there, workers keep dying, or no trial came to its end.
    """
    store = folder / "search.db"
    with own_folder(folder), storage_errors(store):
        study = open_study(store, plan)
        train, validation = plan.splits()
        given = Work(train, validation, plan.seed, device, threads)
        Search(study, plan, given, workers, listener or Listener()).run(trials)
        return write_result(folder, study, plan)
