"""`mien train`, `mien tune`, `mien export`: runs that resume to the same result."""

import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from reliability.crash.case import Case
from reliability.crash.inputs import Inputs, making
from reliability.crash.place import Place, mien

_TRIALS = 3


def make_cases(inputs: Inputs) -> list[Case]:
    """Training, a search, and the model file of a finished run."""
    return [_training(inputs), _tuning(inputs), _export(inputs)]


def _training(inputs: Inputs) -> Case:
    def command(place: Place) -> list[str]:
        resume = ["--resume"] * (place.work / "run" / "checkpoint.pt").exists()
        return _train(inputs) + resume

    outputs = tuple(f"run/{name}" for name in ("history.csv", "model.onnx", "recipe.toml"))
    return Case(
        scenario="training",
        name="train",
        command=command,
        prepare=lambda _: None,
        outputs=outputs,
        half=outputs[:1],
        check=_check_history,
    )


def _train(inputs: Inputs) -> list[str]:
    data = ("--data", inputs.faces, "--threads", 1, "--device", "cpu", "--out", "run")
    return mien("train", inputs.recipe, *data)


def _check_history(place: Place, whole: Place, _: bool) -> list[str]:
    """The epochs of a history are, bit for bit, the first of the undisturbed run's."""
    history = place.work / "run" / "history.csv"
    if not history.exists():
        return []
    expected = (whole.work / "run" / "history.csv").read_bytes()
    return [] if expected.startswith(history.read_bytes()) else ["history.csv has other epochs"]


def _tuning(inputs: Inputs) -> Case:
    data = ("--data", inputs.faces, "--space", inputs.space, "--epochs", 1, "--threads", 1)
    options = ("--trials", _TRIALS, "--device", "cpu", "--out", "found")
    return Case(
        scenario="tuning",
        name="tune",
        command=lambda _: mien("tune", inputs.recipe, *data, *options),
        prepare=lambda _: None,
        outputs=(),
        check=_check_trials,
        workers=True,
    )


def _check_trials(place: Place, _: Place, ended: bool) -> list[str]:
    """Every trial that was reported is stored, once; all are there at the end."""
    reported = set(re.findall(r"^trial (\d+): \d", place.printed, re.M))
    stored = _finished_trials(place)
    wrong = [f"trial {number} was reported and is not stored" for number in reported - set(stored)]
    if len(stored) > _TRIALS or (ended and len(stored) < _TRIALS):
        wrong.append(f"{len(stored)} trials are stored, not {_TRIALS}")
    if ended and not {"best.toml", "search.png"} <= {it.name for it in _found(place).iterdir()}:
        wrong.append("best.toml or search.png is missing")
    return wrong


def _found(place: Place) -> Path:
    return place.work / "found"


def _finished_trials(place: Place) -> list[str]:
    database = _found(place) / "search.db"
    if not database.exists():
        return []
    with closing(sqlite3.connect(database)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'trials'").fetchone():
            return []
        query = "SELECT number FROM trials WHERE state = 'COMPLETE'"
        return [str(number) for (number,) in connection.execute(query)]


def _export(inputs: Inputs) -> Case:
    """The run that it exports is trained once, for all."""

    def prepare(place: Place) -> None:
        trained = inputs.path / "trained"
        with making:
            if not trained.exists():
                first = Place(inputs.path / "training").make()
                environment, folder = first.environment, first.work
                command = _train(inputs)
                subprocess.run(
                    command, check=True, env=environment, cwd=folder, capture_output=True
                )
                (folder / "run").rename(trained)
        shutil.copytree(trained, place.work / "run")

    return Case(
        scenario="export",
        name="export of a model",
        command=lambda _: mien("export", "run", "--data", inputs.faces, "--out", "mine.onnx"),
        prepare=prepare,
        outputs=("mine.onnx", "run"),
        earlier=("mine.onnx",),
    )
