import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.errors import StudyError
from mien.study.cite import cite_recordings
from mien.study.events import Event
from mien.study.provenance import ModelFacts, Provenance, read_provenance
from mien.study.recording import Recording, split_records
from tests.reporting.rows import alone, make


def recordings(
    folder: Path, *labels: str | None, events: tuple[Event, ...] = ()
) -> list[Recording]:
    return split_records(make(folder, alone(labels or ["happy"] * 20)), events, {1: "Anna"})


def job(folder: Path, sha256: str, version: str = "0.1.0") -> Path:
    """A folder as `mien batch` leaves it, as far as a citation reads it."""
    folder.mkdir()
    content = {
        "model": {"name": "default", "version": version, "sha256": sha256},
        "options": {"unsure_below": 0.4, "detector": "mtcnn"},
        "versions": {"mien": "0.1.0", "onnxruntime": "1.23.0"},
    }
    (folder / "manifest.json").write_text(json.dumps(content), "utf-8")
    return folder


def test_what_records_do_not_say_is_unknown_and_not_made_up(tmp_path: Path) -> None:
    citation = cite_recordings(recordings(tmp_path), Provenance())

    assert "Mien, which" in citation.paragraph  # no version
    assert "SHA-256" not in citation.paragraph
    assert "detected with" not in citation.paragraph
    text = " ".join(citation.unknown)
    for lack in ("versions of Mien", "Which model", "Which detector", "usable", "unsure"):
        assert lack in text
    assert [it.key for it in citation.references] == ["mien"]


def test_a_manifest_tells_model_versions_and_options(tmp_path: Path) -> None:
    digest = ModelFacts.load("default").digest
    made = read_provenance([job(tmp_path / "job", digest)])

    (tmp_path / "records").mkdir()
    citation = cite_recordings(recordings(tmp_path / "records"), made)

    assert "Mien 0.1.0 (ONNX Runtime 1.23.0)" in citation.paragraph
    assert digest in citation.paragraph
    assert "3,589 FER2013 faces" in citation.paragraph
    assert "below 0.4 were labeled unsure" in citation.paragraph
    assert {"goodfellow2013challenges", "barsoum2016training", "huang2007labeled"} <= {
        reference.key for reference in citation.references
    }


def test_figures_of_another_file_of_the_same_name_are_not_told(tmp_path: Path) -> None:
    made = read_provenance([job(tmp_path / "job", "0" * 64)])

    (tmp_path / "records").mkdir()
    citation = cite_recordings(recordings(tmp_path / "records"), made)

    assert "FER2013" not in citation.paragraph
    assert any("accuracy of default" in sentence for sentence in citation.unknown)


def test_a_model_that_the_user_names_is_marked_so(tmp_path: Path) -> None:
    made = read_provenance([tmp_path / "talk.csv"], "small")

    citation = cite_recordings(recordings(tmp_path), made)

    assert "The model was small 0.1.0" in citation.paragraph
    assert any("you say so, the records do not" in sentence for sentence in citation.unknown)


def test_a_model_that_contradicts_the_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="names another model"):
        read_provenance([job(tmp_path / "job", "0" * 64)], "small")


def test_jobs_of_different_models_are_cited_apart(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="different models, versions or options"):
        read_provenance([job(tmp_path / "a", "0" * 64), job(tmp_path / "b", "1" * 64)])


def test_a_damaged_manifest_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{", "utf-8")

    with pytest.raises(StudyError, match=r"manifest\.json: no manifest of a batch job"):
        read_provenance([tmp_path])


def test_a_model_of_other_labels_is_refused(tmp_path: Path, eight_label_model: Path) -> None:
    made = read_provenance([tmp_path / "talk.csv"], eight_label_model)

    with pytest.raises(StudyError, match="other labels than the records"):
        cite_recordings(recordings(tmp_path), made)


def test_shares_of_frames_and_of_usable_time(tmp_path: Path) -> None:
    labels = ["happy"] * 10 + [None] * 10
    (recording,) = recordings(tmp_path, *labels, events=(Event(0, 0.6, excluded=True),))
    side = np.array([90] * 8 + [10] * 2 + [np.nan] * 10, np.float32)
    measured = replace(recording.records, attributes={"side": side})

    paragraph = cite_recordings([replace(recording, records=measured)], Provenance()).paragraph

    assert "A face was found in 50.0% of 20 frames" in paragraph
    assert "20.0% of the time with a face was usable" in paragraph
    assert "60.0% was excluded by hand" in paragraph
    assert "rest on under 50% of the time" in paragraph


def test_people_and_time(tmp_path: Path) -> None:
    frames = [(at / 10, [(1, "happy", 0.7), (2, "sad", 0.7)]) for at in range(50)]

    paragraph = cite_recordings(split_records(make(tmp_path, frames)), Provenance()).paragraph

    assert "1 source of 2 people, 5.0 s at 10 frames a second" in paragraph


def test_bibtex_has_a_key_and_balanced_braces(tmp_path: Path) -> None:
    citation = cite_recordings(recordings(tmp_path), Provenance(ModelFacts.load("fer2013")))

    for reference in citation.references:
        assert reference.bibtex.startswith(f"@{reference.kind}{{{reference.key},\n")
        assert reference.bibtex.count("{") == reference.bibtex.count("}")
