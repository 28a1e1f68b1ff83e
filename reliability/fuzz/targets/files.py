"""Reads files as the Python API and the commands do."""

import json
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from mien.batch.inputs import open_inputs
from mien.data import load_dataset
from mien.inference.classifier import Classifier
from mien.inference.media.images import read_frame
from mien.inference.media.sources import is_moving, open_stream
from mien.inference.model_card import ModelCard
from mien.inference.priors import resolve_prior
from mien.inference.records import open_records, read_records
from mien.study.design import StudyFolder
from mien.study.events import FORMATS, read_log, write_events
from mien.study.people import read_people
from mien.study.recording import load_recordings
from mien.training.recipe import Recipe, load_recipe, shipped_recipes
from mien.tuning.space import load_space
from reliability.fuzz.case import FailureError, Kind
from reliability.fuzz.seeds.images import encode, picture
from reliability.fuzz.seeds.models import CARD, SOURCES
from reliability.fuzz.seeds.tables import results
from reliability.fuzz.targets.listener import Listener

_FRAMES = 100
_ENOUGH = 1000  # pixels: less than a seed has


def read_image(path: Path) -> None:
    """Reads an image by its path, at full size and at a fraction, and from memory."""
    is_moving(path)
    read_frame(path)
    read_frame(path.read_bytes(), enough=_ENOUGH)


def read_video(path: Path) -> None:
    """Reads the frames of a video, a hundred at most."""
    is_moving(path)
    with open_stream(path) as stream:
        for _ in islice(stream, _FRAMES):
            pass


def read_playlist(path: Path) -> None:
    """Reads a video, and fails where that opened a connection."""
    listener = _listener()
    listener.clear()
    try:
        read_video(path)
    finally:
        if listener.clear():
            raise FailureError(Kind.CONNECTION, f"connection from {path.suffix}")


@cache
def _listener() -> Listener:
    return Listener()


def open_model(path: Path) -> None:
    """Opens a model file and classifies two faces."""
    classifier = Classifier(path)
    faces = np.zeros((2, *classifier.card.face.shape), np.uint8)
    classifier.predict(faces)


def read_card(path: Path) -> None:
    """Reads the metadata of a model file, and writes it again."""
    ModelCard.from_metadata(_texts(path)).to_metadata()


def read_prior(path: Path) -> None:
    """Reads base rates for a model."""
    resolve_prior(path, replace(CARD, sources=SOURCES))


def read_rows(path: Path) -> None:
    """Reads records, splits them into recordings, and writes records beside them."""
    read_records(path)
    for recording in load_recordings([path]):
        for track in recording.tracks:
            _ = track.displayed, track.conditions, track.excluded
    with open_records(path.with_name(f"again{path.suffix}")) as writer:
        writer.write(results()[0])


def read_faces(path: Path) -> None:
    """Reads a data set."""
    for name in ("a.png", "b.png"):
        if not (path.parent / name).exists():
            (path.parent / name).write_bytes(_photo())
    load_dataset(path)


@cache
def _photo() -> bytes:
    return encode(picture("L", 48), "PNG")


def read_list(path: Path) -> None:
    """Lists the inputs of a batch."""
    (path.parent / "a.png").write_bytes(_photo())
    with open_inputs([str(path)]) as inputs:
        list(inputs)


def read_recipe(path: Path) -> None:
    """Reads a recipe."""
    load_recipe(path)


def read_space(path: Path) -> None:
    """Reads a search space for the recipe `fer2013`, and makes its distributions."""
    for entry in load_space(path, _recipe()).values():
        entry.distribution()


@cache
def _recipe() -> Recipe:
    return load_recipe(next(iter(shipped_recipes())))


def read_event_file(path: Path) -> None:
    """Reads events, and writes them in every format."""
    events = read_log(path).events
    for name, kind in FORMATS.items():
        if kind.write is not None:
            write_events(path.with_name(f"again-{name}{kind.suffixes[0]}"), events, name)


def read_names(path: Path) -> None:
    """Reads the names of people."""
    read_people(path)


def open_study(path: Path) -> None:
    """Opens the folder of a study, reads its codes and adds one."""
    texts = _texts(path)
    folder = path.parent / "study"
    for name in ("study.json", "stretches.csv", "codes/anna.csv"):
        if name in texts:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(texts[name].encode("utf-8", "surrogatepass"))
    study = StudyFolder.open(folder)
    for coder in study.coders():
        study.codes(coder)
        for number in study.order(coder)[:1]:
            study.save_code(coder, number, study.labels[0])


def _texts(path: Path) -> dict[str, str]:
    """Returns the texts of a JSON object; what is none was made by a mutation, and is left out."""
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return {}
    values = found.items() if isinstance(found, dict) else ()
    return {key: value for key, value in values if isinstance(value, str)}
