import numpy as np
import pytest

from mien.errors import StudyError
from mien.study.events import Event
from mien.study.summary.cells import split_cells
from tests.study.summary.studies import observations_of, probabilities, record

FILM = Event(1.0, 2.0, name="film", condition="joy")


def test_an_interval_s_condition_splits_a_recording() -> None:
    anna = record("a.mp4", probabilities([0.2] * 40), condition="rest", events=[FILM])

    cells = split_cells(observations_of(anna), ["person", "condition"])

    assert list(cells) == [("Anna", "rest"), ("Anna", "joy")]
    assert [pieces[0].rows.sum() for pieces in cells.values()] == [20, 20]
    assert [pieces[0].recorded for pieces in cells.values()] == pytest.approx([2.0, 2.0])


def test_an_expression_belongs_to_the_condition_of_its_onset() -> None:
    happy = np.full(40, 0.1)
    happy[5:15] = happy[25:35] = 0.9  # begins before the film, and in it
    anna = record("a.mp4", probabilities(happy), condition="rest", events=[FILM])

    cells = split_cells(observations_of(anna), ["condition"])

    found = {key[0]: len(pieces[0].expressions) for key, pieces in cells.items()}
    assert found == {"rest": 1, "joy": 1}


def test_recordings_of_one_name_are_one_person() -> None:
    both = [record(name, probabilities([0.2] * 10)) for name in ("a.mp4", "b.mp4")]

    assert len(split_cells(observations_of(*both), ["person"])["Anna",]) == 2
    by_recording = split_cells(observations_of(*both), ["recording"])
    assert list(by_recording) == [("a.mp4",), ("b.mp4",)]


def test_an_unknown_name_is_refused() -> None:
    anna = observations_of(record("a.mp4", probabilities([0.2] * 10)))

    with pytest.raises(StudyError, match="no summary by 'age'; choose from person, condition"):
        split_cells(anna, ["age"])
