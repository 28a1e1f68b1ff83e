import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.emotions import EMOTIONS
from mien.errors import StudyError
from mien.study.baseline import LOOKS, MOST_LOOKS, Baseline, correct, find_baseline, find_baselines
from mien.study.events import Event
from mien.study.recording import Recording
from tests.study.faces import HAPPY, NEUTRAL, SAD, mix, recording, records

SAD_LOOKING = mix(sad=0.5, neutral=0.42)
SMILE = mix(happy=0.9, neutral=0.05)


def test_a_face_that_looks_sad_when_neutral_is_read_as_neutral() -> None:
    talk = recording([SAD_LOOKING] * 200 + [SMILE] * 20, [Event(0, 20, name="baseline")])

    baseline = find_baselines([talk])["Anna"]
    corrected = correct(np.array([SAD_LOOKING, SMILE]), baseline)

    assert corrected[0].argmax() == NEUTRAL
    assert corrected[0, SAD] < 0.2
    assert corrected[1].argmax() == HAPPY
    assert baseline.origin == "interval"
    assert baseline.looks == pytest.approx(20)
    assert baseline.weight == pytest.approx(MOST_LOOKS / (MOST_LOOKS + LOOKS))


def test_a_person_without_an_interval_has_the_face_at_rest() -> None:
    talk = recording([SAD_LOOKING] * 60 + [SMILE] * 40)

    baseline = find_baselines([talk])["Anna"]

    assert baseline.origin == "rest"
    assert correct(SAD_LOOKING[None], baseline)[0].argmax() == NEUTRAL


def test_more_neutral_corrects_more() -> None:
    short, long = (
        find_baselines([recording([SAD_LOOKING] * 200, [Event(0, seconds, condition="neutral")])])
        for seconds in (1, 15)
    )

    assert 0 < short["Anna"].weight < long["Anna"].weight < 1
    sad = [correct(SAD_LOOKING[None], found["Anna"])[0, SAD] for found in (short, long)]
    assert sad[1] < sad[0] < SAD_LOOKING[SAD]


def test_a_baseline_comes_from_another_recording_of_the_person() -> None:
    other = recording([SAD_LOOKING] * 100, [Event(0, 9, name="Baseline")], name="calm.mp4")

    assert find_baselines([other])["Anna"].looks == pytest.approx(9)


def test_a_smiling_baseline_is_refused_and_the_others_are_kept() -> None:
    smiling = recording([SMILE] * 50, [Event(0, 5, name="baseline")], participant="Ben")
    calm = recording([SAD_LOOKING] * 50, [Event(0, 5, name="baseline")], name="b.mp4")
    problems: list[str] = []

    found = find_baselines([smiling, calm], on_problem=problems.append)

    assert list(found) == ["Anna"]
    assert problems == [
        "the baseline of Ben (interval) shows no neutral face but happy; mark an interval named "
        "baseline in which the face is neutral."
    ]


def test_unusable_records_are_no_baseline() -> None:
    talk = Recording(
        "talk.mp4",
        records([SAD_LOOKING] * 50, attributes={"yaw": 80}),
        people={1: "Anna"},
        events=(Event(0, 5, name="baseline"),),
    )

    with pytest.raises(StudyError, match="Anna has 0 usable records, too few to find rest in"):
        find_baseline(talk.tracks)


def test_an_interval_that_is_asked_for_must_be_there() -> None:
    talk = recording([SAD_LOOKING] * 50)

    with pytest.raises(StudyError, match="Anna has no usable record in an interval named calm"):
        find_baseline(talk.tracks, ["calm"], rest=False)


def test_a_model_without_neutral_has_no_baseline() -> None:
    pain = Recording("p", records([np.array([0.4, 0.6])] * 20, labels=("pain", "none")))

    for find in (lambda: find_baseline(pain.tracks), lambda: find_baselines([pain])):
        with pytest.raises(StudyError, match="needs the label neutral; the model has pain, none"):
            find()


def test_any_labels_with_neutral_have_a_baseline() -> None:
    labels = ("pain", "neutral")
    face = np.array([0.45, 0.55])
    talk = Recording("a.mp4", records([face] * 100, labels=labels))

    corrected = correct(face[None], find_baseline(talk.tracks))[0]

    assert 0.1 < corrected[0] < 0.3  # towards the 0.1 that a neutral face should have


def test_without_a_baseline_nothing_changes() -> None:
    assert correct(SAD_LOOKING[None], None)[0] == pytest.approx(SAD_LOOKING)


@given(
    st.lists(st.floats(1e-6, 1), min_size=7, max_size=7),
    st.lists(st.floats(-8, 8), min_size=7, max_size=7),
    st.floats(0, 1000),
)
def test_corrected_probabilities_sum_to_one(
    shares: list[float], neutral: list[float], looks: float
) -> None:
    probabilities = np.array([shares]) / sum(shares)

    corrected = correct(probabilities, Baseline(np.array(neutral), np.zeros(7), looks, "interval"))

    assert corrected.shape == (1, len(EMOTIONS))
    assert corrected.sum() == pytest.approx(1)
    assert (corrected >= 0).all()


def test_photos_of_the_condition_neutral_count_as_one_look_each() -> None:
    photos = [
        Recording(name, records([face]), columns={"participant": "Anna", "condition": condition})
        for name, face, condition in (
            ("a.jpg", SAD_LOOKING, "Neutral"),
            ("b.jpg", SAD_LOOKING, "neutral"),
            ("c.jpg", SMILE, "joy"),
        )
    ]

    assert find_baselines(photos)["Anna"].looks == 2
