"""A methods paragraph and the references for records, as a paper needs them.

Nothing is invented: what neither the records nor a manifest nor the user says is listed as unknown.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien import __version__
from mien.errors import StudyError
from mien.inference.model_card import ModelCard
from mien.study.codebook import CORRECTED
from mien.study.provenance import ModelFacts, Provenance
from mien.study.quality import judge
from mien.study.recording import Recording, Track
from mien.study.references import DETECTORS, SOURCES, Reference, software

_DETECTOR_NAMES = {
    "yunet": "YuNet, whose proposals O-Net of MTCNN confirms",
    "mtcnn": "MTCNN",
    "centerface": "CenterFace",
}
_SPLITS = {"fer2013": "FER2013 faces", "photos": "press photos and film stills of other people"}
_FEW = 0.5  # a result that rests on less of the time says so


@dataclass(frozen=True, slots=True)
class Citation:
    """What to write of how records were made.

    Attributes:
        paragraph: for the section on methods.
        unknown: what to find out and add, a sentence each.
        references: what to cite.
    """

    paragraph: str
    unknown: tuple[str, ...]
    references: tuple[Reference, ...]


def cite_recordings(recordings: Sequence[Recording], made: Provenance) -> Citation:
    """Returns the methods paragraph of recordings.

    Args:
        recordings: as `load_recordings` gives them, at least one.
        made: what is known of how they were made.

    Raises:
        StudyError: the model has other labels than the records.

    Example:
        >>> recordings = load_recordings(["talk.csv"])  # doctest: +SKIP
        >>> citation = cite_recordings(recordings, Provenance())  # doctest: +SKIP
        >>> citation.unknown[1]  # doctest: +SKIP
        'Which model labeled the records: give --model.'
    """
    labels = recordings[0].records.labels
    if made.model and made.model.card and made.model.card.labels != labels:
        raise StudyError(
            f"the model has other labels than the records, which have {', '.join(labels)}",
            subject=f"--model {made.model.name}",
            remedy="name the model that made them",
        )
    sentences = (
        _software(labels, made),
        _model(made.model) if made.model else "",
        _options(recordings, made),
        _detection(recordings),
        _smoothing(recordings),
        _extent(recordings),
        _quality(recordings),
        _baseline(recordings),
        "Mien labels visible expressions, not feelings.",
    )
    paragraph = " ".join(filter(None, sentences))
    return Citation(paragraph, tuple(_unknown(recordings, made)), _references(recordings, made))


def _software(labels: Sequence[str], made: Provenance) -> str:
    mien = f" {made.versions['mien']}" if "mien" in made.versions else ""
    runtime = made.versions.get("onnxruntime")
    with_runtime = f" (ONNX Runtime {runtime})" if runtime else ""
    return (
        f"Facial expressions were labeled with Mien{mien}{with_runtime}, which gives each face "
        f"calibrated probabilities of {len(labels)} visible expressions ({', '.join(labels)})."
    )


def _model(model: ModelFacts) -> str:
    learned = _learned(model.card) if model.card else ""
    return f"The model was {model.name} {model.version} (SHA-256 {model.digest}){learned}."


def _learned(card: ModelCard) -> str:
    """Returns what a card says of data and accuracy, as a clause."""
    data = " and ".join(f"{source.faces:,} faces of {source.name}" for source in card.sources)
    learned = f", trained on {data}" if data else ""
    by_source = card.figures.get("sources") or {card.name: card.figures}
    split = card.figures.get("split", "")
    told = [
        f"{figures['accuracy']:.1%} of {figures['n']:,} {_SPLITS.get(name, f'faces ({split})')} "
        f"(95 % interval over faces {low:.1%} to {high:.1%})"
        for name, figures in by_source.items()
        if "accuracy_interval" in figures
        for low, high in [figures["accuracy_interval"]]
    ]
    if not told:
        return learned
    return f"{learned}; on validation data it gives {' and '.join(told)} the label of the data set"


def _options(recordings: Sequence[Recording], made: Provenance) -> str:
    priors = sorted({recording.columns.get("prior", "") for recording in recordings} - {""})
    texts = [f"Probabilities assume the base rates {' and '.join(priors)}."] if priors else []
    if made.unsure_below:
        texts.append(f"Faces of a confidence below {made.unsure_below:g} were labeled unsure.")
    return " ".join(texts)


def _detection(recordings: Sequence[Recording]) -> str:
    names = [_DETECTOR_NAMES.get(name, name) for name in _detectors(recordings)]
    return f"Faces were detected with {' and '.join(names)}." if names else ""


def _smoothing(recordings: Sequence[Recording]) -> str:
    if not any(np.isfinite(recording.records.smoothed).any() for recording in recordings):
        return "Each image was labeled by itself."
    return (
        "Faces were followed over frames, and probabilities were smoothed over time for each "
        "person; figures are weighted by time, not by frames."
    )


def _extent(recordings: Sequence[Recording]) -> str:
    moving = [recording for recording in recordings if recording.interval]
    people = {track.name for recording in recordings for track in recording.tracks}
    counts = f"{_count(len(recordings), 'source')} of {_count(len(people), 'person', 'people')}"
    if not moving:
        return f"The analysis covers {counts}."
    seconds = sum(recording.end - recording.start for recording in moving)
    rates = sorted({round(1 / recording.interval, 1) for recording in moving})
    rate = f"{rates[0]:g}" if len(rates) == 1 else f"{rates[0]:g} to {rates[-1]:g}"
    return f"The analysis covers {counts}, {seconds:,.1f} s at {rate} frames a second."


def _quality(recordings: Sequence[Recording]) -> str:
    records = [recording.records for recording in recordings]
    frames = sum(len(np.unique(rows.frame)) for rows in records)
    seen = sum(len(np.unique(rows.frame[rows.label >= 0])) for rows in records)
    text = f"A face was found in {seen / frames:.1%} of {frames:,} frames"
    tracks = [track for recording in recordings for track in recording.tracks]
    usable = _share(tracks, _usable)
    if usable is None:
        return f"{text}."
    excluded = _share(tracks, lambda track: track.excluded)
    text += (
        f"; {usable:.1%} of the time with a face was usable by Mien's limits of size, sharpness, "
        "brightness, head pose and detection score"
    )
    text += f", and {excluded:.1%} was excluded by hand" if excluded else ""
    few = f" The results rest on under {_FEW:.0%} of the time." if usable < _FEW else ""
    return f"{text}.{few}"


def _baseline(recordings: Sequence[Recording]) -> str:
    if any(name.startswith(CORRECTED) for it in recordings for name in it.records.extra):
        return "Probabilities were also corrected by each participant's baseline (mien baseline)."
    return "The records hold no correction by a participant's baseline."


def _unknown(recordings: Sequence[Recording], made: Provenance) -> Iterable[str]:
    """Yields what the paragraph lacks, and how to find it out."""
    if not made.versions:
        yield (
            "Which versions of Mien and of ONNX Runtime made the records: files of records do not "
            f"say so. This text is by Mien {__version__}."
        )
    if made.model is None:
        yield "Which model labeled the records: give --model."
    elif made.model.card is None:
        yield f"The accuracy of {made.model.name}: its file is not here; give --model FILE."
    if made.model and made.stated:
        yield f"Whether it was the model {made.model.name}: you say so, the records do not."
    if made.unsure_below is None:
        yield "Below which confidence faces were labeled unsure: the records do not say so."
    if not _detectors(recordings):
        yield "Which detector found the faces: the records do not say so."
    if _share([track for it in recordings for track in it.tracks], _usable) is None:
        yield "How much of the time was usable: the records have no attributes of faces."


def _usable(track: Track) -> NDArray[np.bool_] | None:
    if not track.rows.attributes:
        return None
    usable, _ = judge(track.rows)
    return usable & ~track.excluded


def _share(
    tracks: Iterable[Track], holds: Callable[[Track], NDArray[np.bool_] | None]
) -> float | None:
    """Returns in which share of the tracks' time something holds; None where that is unknown."""
    held, total = 0.0, 0.0
    for track in tracks:
        rows = holds(track)
        if rows is None:
            return None
        held += float(track.weights[rows].sum())
        total += float(track.weights.sum())
    return held / total if total else None


def _detectors(recordings: Sequence[Recording]) -> list[str]:
    columns = (recording.records.extra.get("detector") for recording in recordings)
    return sorted(
        {str(name) for column in columns if column is not None for name in column if name}
    )


def _references(recordings: Sequence[Recording], made: Provenance) -> tuple[Reference, ...]:
    card = made.model.card if made.model else None
    sources = [source.name for source in card.sources] if card else []
    found = [software(made.versions.get("mien", __version__))]
    found += [reference for name in sources for reference in SOURCES.get(name, ())]
    for name in _detectors(recordings):
        found += DETECTORS.get(name, ())
    return tuple(dict.fromkeys(found))


def _count(number: int, singular: str, plural: str = "") -> str:
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
