"""Agreement of a whole study, against other programs on the same labels."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import krippendorff
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, precision_recall_fscore_support

from mien.errors import StudyError
from mien.study.agreement import Agreement, agree
from mien.study.agreement.coefficients import intraclass
from mien.study.events import Event
from mien.study.recording import Recording, split_records
from mien.study.tables import Table
from tests.reporting.rows import make
from tests.study.agreement.studies import code, film

LABELS = ("happy", "sad", "neutral")
DRAWS = 100
Truth = dict[str, list[str]]  # by rater, its label each second, in the order of people


def rows(table: Table, **wanted: object) -> list[dict[str, object]]:
    every = [dict(zip(table.names, row, strict=True)) for row in table.rows]
    return [row for row in every if all(row[name] == value for name, value in wanted.items())]


def row(table: Table, **wanted: object) -> dict[str, object]:
    (only,) = rows(table, **wanted)
    return only


def draw_study(
    folder: Path, people: int = 6, seconds: int = 20, right: float = 0.8
) -> tuple[list[Recording], list[Event], Truth]:
    """Two coders and Mien, each right about most seconds of each person."""
    rng = np.random.default_rng(3)
    recordings, codes, said = [], list[Event](), Truth(anna=[], ben=[], Mien=[])
    for person in range(people):
        true = rng.choice(LABELS, seconds)
        given = {
            rater: np.where(rng.random(seconds) < right, true, rng.choice(LABELS, seconds)).tolist()
            for rater in said
        }
        for rater, labels in given.items():
            said[rater] += labels
        name = f"p{person}.mp4"
        recordings.append(film(folder, [(1, label) for label in given["Mien"]], name))
        for coder in ("anna", "ben"):
            codes += code(coder, [(1, label) for label in given[coder]], recording=name)
    return recordings, codes, said


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agreement, Truth]:
    recordings, codes, said = draw_study(tmp_path_factory.mktemp("study"))
    return agree(recordings, codes, step=0.5, draws=DRAWS), said


@pytest.mark.parametrize("pair", [("anna", "ben"), ("anna", "Mien"), ("ben", "Mien")])
def test_kappa_and_alpha_of_a_pair_are_those_of_other_programs(pair, study) -> None:
    agreement, said = study
    found = row(agreement.table("pairs"), first=pair[0], second=pair[1])
    labels = [said[rater] for rater in pair]
    numbers = [[LABELS.index(label) for label in own] for own in labels]
    alpha = krippendorff.alpha(np.repeat(numbers, 2, axis=1), level_of_measurement="nominal")
    assert found["kappa"] == pytest.approx(cohen_kappa_score(*labels))
    assert found["alpha"] == pytest.approx(alpha)
    assert found["agreement"] == pytest.approx(np.mean(np.array(labels[0]) == labels[1]))
    assert (found["count"], found["answered"]) == (2 * len(labels[0]), 1)


def test_all_raters_at_once_have_the_alpha_of_another_program(study) -> None:
    agreement, said = study
    numbers = [[LABELS.index(label) for label in said[rater]] for rater in said]
    alpha = krippendorff.alpha(np.repeat(numbers, 2, axis=1), level_of_measurement="nominal")
    found = row(agreement.table("all_raters"), raters="coders and Mien")
    assert (found["alpha"], found["number"]) == (pytest.approx(alpha), 3)


def test_scores_of_a_label_are_those_of_scikit_learn(study) -> None:
    agreement, said = study
    scores = precision_recall_fscore_support(said["anna"], said["Mien"], labels=LABELS)
    for place, label in enumerate(LABELS):
        found = row(agreement.table("labels"), first="anna", second="Mien", label=label)
        expected = [score[place] for score in scores[:3]]
        assert [found[name] for name in ("precision", "recall", "f1")] == pytest.approx(expected)
        assert found["f1_low"] < found["f1"] < found["f1_high"]


def test_the_confusion_counts_every_pair_of_labels(study) -> None:
    agreement, said = study
    expected = Counter(zip(said["ben"], said["Mien"], strict=True))
    found = {
        (it["first_label"], it["second_label"]): it["count"]
        for it in rows(agreement.table("confusion"), first="ben", second="Mien")
    }
    assert found == {pair: 2 * count for pair, count in expected.items()}


def test_coders_stand_beside_mien(study) -> None:
    agreement, _ = study
    comparison, pairs = agreement.table("comparison"), agreement.table("pairs")
    coders, mien, difference = comparison.rows
    place = comparison.names.index("kappa")
    assert coders[place] == row(pairs, first="anna", second="ben")["kappa"]
    mean = np.mean([it["kappa"] for it in rows(pairs, second="Mien")])
    assert mien[place] == pytest.approx(mean)
    assert difference[place] == pytest.approx(mean - coders[place])
    assert difference[place + 1] < difference[place] < difference[place + 2]


def test_coders_are_compared_where_mien_has_a_label(tmp_path: Path) -> None:
    """Coders with coders would look worse by the time at which Mien is unsure."""
    recording = film(tmp_path, [(2, "happy"), (2, "unsure"), (2, "sad")])
    codes = [
        *code("anna", [(3, "happy"), (3, "sad")]),
        *code("ben", [(2, "happy"), (2, "neutral"), (2, "sad")]),
    ]
    found = agree([recording], codes, draws=DRAWS)
    assert row(found.table("comparison"), raters="coder, coder")["agreement"] == 1
    assert row(found.table("pairs"), first="anna", second="ben")["agreement"] == pytest.approx(
        4 / 6
    )
    assert row(found.table("pairs"), first="anna", second="Mien")["answered"] == pytest.approx(
        2 / 3
    )
    assert any("Mien has no label in 33% of the coded time" in note for note in found.notes)


def test_by_segment_a_shift_within_the_tolerance_is_agreement(tmp_path: Path) -> None:
    recording = film(tmp_path, [(2, "neutral"), (2, "happy"), (2, "neutral"), (2, "sad")])
    codes = code("anna", [(2.3, "neutral"), (2, "happy"), (1.6, "neutral"), (2.1, "sad")])
    near = agree([recording], codes, by="segment", draws=DRAWS)
    assert near.labels == ("happy", "sad")
    assert row(near.table("pairs"))["f1"] == 1
    strict = agree([recording], codes, by="segment", tolerance=0.2, draws=DRAWS)
    assert row(strict.table("pairs"))["f1"] == pytest.approx(1 / 2)
    assert row(strict.table("pairs"))["count"] == 3


def test_probabilities_follow_the_share_of_coders(tmp_path: Path) -> None:
    recording = film(tmp_path, [(2, "happy"), (2, "sad")])
    codes = [*code("anna", [(2, "happy"), (2, "sad")]), *code("ben", [(1, "happy"), (3, "sad")])]
    table = agree([recording], codes, step=1, draws=DRAWS).table("probabilities")
    scores = np.column_stack([[1, 0.5, 0, 0], [0.7, 0.7, 0.05, 0.05]])
    found = row(table, raters="Mien, all coders", label="happy")
    assert (found["icc_a1"], found["icc_c1"]) == pytest.approx(intraclass(scores))
    assert found["count"] == 4


def test_a_coder_and_mien_are_set_beside_the_same_other_coders(tmp_path: Path) -> None:
    recording = film(tmp_path, [(2, "happy"), (2, "sad")])
    codes = [*code("anna", [(2, "happy"), (2, "sad")]), *code("ben", [(1, "happy"), (3, "sad")])]
    table = agree([recording], codes, step=1, draws=DRAWS).table("probabilities")
    anna, ben, mien = [1, 1, 0, 0], [1, 0, 0, 0], [0.7, 0.7, 0.05, 0.05]
    between = intraclass(np.column_stack([anna, ben]))
    beside = [intraclass(np.column_stack([coder, mien]))[0] for coder in (anna, ben)]
    coders = row(table, raters="coder, other coders", label="happy")
    assert (coders["icc_a1"], coders["icc_c1"]) == pytest.approx(between)
    found = row(table, raters="Mien, other coders", label="happy")
    assert (found["icc_a1"], found["count"]) == (pytest.approx(np.mean(beside)), 8)


@pytest.mark.slow
def test_intervals_are_over_people_not_steps(tmp_path: Path) -> None:
    """Ten times the steps of the same six people make an interval no narrower."""
    recordings, codes, _ = draw_study(tmp_path)
    coarse, fine = (
        row(agree(recordings, codes, step=step, draws=DRAWS).table("pairs"), second="ben")
        for step in (1, 0.1)
    )
    assert coarse["people"] == fine["people"] == 6
    width = coarse["kappa_high"] - coarse["kappa_low"]
    assert fine["kappa_high"] - fine["kappa_low"] == pytest.approx(width, rel=0.01)


def test_one_person_has_figures_without_intervals(tmp_path: Path) -> None:
    recordings, codes, _ = draw_study(tmp_path, people=1)
    found = agree(recordings, codes)
    assert not np.isnan(row(found.table("pairs"), second="ben")["kappa"])
    assert np.isnan(row(found.table("pairs"), second="ben")["kappa_low"])
    assert any(note.startswith("one person: there is no interval") for note in found.notes)


def test_one_coder_has_nobody_to_agree_with(tmp_path: Path) -> None:
    codes = code("anna", [(1, "happy"), (1, "sad")])
    found = agree([film(tmp_path, [(1, "happy"), (1, "sad")])], codes, draws=DRAWS)
    assert [it[0] for it in found.table("comparison").rows] == ["coder, Mien"]
    assert any(note.startswith("one coder (anna): coders with coders is") for note in found.notes)


def test_one_label_alone_is_undefined_and_told(tmp_path: Path) -> None:
    found = agree([film(tmp_path, [(2, "happy")])], code("anna", [(2, "happy")]), draws=DRAWS)
    figures = row(found.table("pairs"))
    assert figures["agreement"] == 1
    assert np.isnan([figures[name] for name in ("kappa", "ac1", "alpha")]).all()
    assert "anna gave one label, happy, throughout" in found.notes
    assert any("chance-corrected agreement is undefined" in note for note in found.notes)


def test_coders_of_different_people_have_nothing_in_common(tmp_path: Path) -> None:
    recordings = [film(tmp_path, [(1, "happy"), (1, "sad")], name) for name in ("a.mp4", "b.mp4")]
    codes = [
        *code("anna", [(1, "happy"), (1, "sad")], recording="a.mp4"),
        *code("ben", [(1, "sad"), (1, "happy")], recording="b.mp4"),
    ]
    found = agree(recordings, codes, draws=DRAWS)
    assert np.isnan(row(found.table("pairs"), first="anna", second="ben")["agreement"])
    assert "anna and ben have nothing in common to compare" in found.notes
    assert [it[0] for it in found.table("comparison").rows] == ["coder, Mien"]


def test_uncoded_time_is_told(tmp_path: Path) -> None:
    codes = code("anna", [(1, "happy"), (3, "")])
    recording = film(tmp_path, [(1, "happy"), (3, "neutral")])
    told = agree([recording], codes, draws=DRAWS)
    assert any(
        "anna left 75% of the labelled time uncoded; it counts as missing, not as neutral" in note
        for note in told.notes
    )
    as_neutral = agree([recording], codes, uncoded="neutral", draws=DRAWS)
    assert not any("uncoded" in note for note in as_neutral.notes)
    assert row(as_neutral.table("pairs"))["kappa"] == 1


def refuse(match: str, recordings: Iterable[Recording], codes: list[Event], **options) -> None:
    with pytest.raises(StudyError, match=match):
        agree(list(recordings), codes, **options)


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    recording, codes = film(tmp_path, [(1, "happy")]), code("anna", [(1, "happy")])
    refuse("'calm'; choose from angry", [recording], codes, uncoded="calm")
    refuse("a step of 0 s is too short", [recording], codes, step=0)
    refuse("a step of nan s is too short", [recording], codes, step=float("nan"))
    refuse("a tolerance of -1 s", [recording], codes, tolerance=-1)
    unsure = film(tmp_path, [(1, "unsure")])
    refuse("no two raters labelled the same time", [unsure], codes)
    hardly = film(tmp_path, [(1, "happy")])
    hardly.records.score[:] = 0.2
    refuse("no two raters labelled the same time", [hardly], codes)


def test_photos_have_no_segments(tmp_path: Path) -> None:
    photo = split_records(make(tmp_path, [(0, [(None, "happy", 0.7)])], "a.jpg"))
    refuse("photos compare by frame", photo, [Event(0, code="sad", author="anna")], by="segment")
