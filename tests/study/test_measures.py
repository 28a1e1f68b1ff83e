import numpy as np
import pytest

from mien.study.baseline import find_baselines
from mien.study.events import Event
from mien.study.measures import measure
from tests.study.faces import HAPPY, NEUTRAL, mix, recording

CALM, SMILE = mix(neutral=0.8, sad=0.1), mix(happy=0.9, neutral=0.05)


def test_excluded_stretches_are_not_usable() -> None:
    talk = recording([CALM] * 30, [Event(1, 1, name="door opens", excluded=True)])

    (part,) = measure([talk])

    assert part.reasons.tolist() == [""] * 10 + ["excluded"] * 10 + [""] * 10
    assert part.usable.sum() == 20


def test_an_exclusion_of_another_person_changes_nothing() -> None:
    talk = recording([CALM] * 30, [Event(1, 1, person="Ben", excluded=True)])

    assert measure([talk])[0].usable.all()


def test_without_a_baseline_raw_and_corrected_are_alike() -> None:
    (part,) = measure([recording([CALM, SMILE] * 20)])

    assert part.corrected == pytest.approx(part.raw)
    assert part.raw.sum(axis=1) == pytest.approx(1)


def test_a_participant_has_one_range_in_all_recordings() -> None:
    """The smile of one recording is the measure for the faint one of another."""
    rows = [CALM] * 40 + [SMILE] * 20
    faint = [CALM] * 40 + [mix(happy=0.3, neutral=0.6)] * 20
    recordings = [
        recording(rows, [Event(0, 4, name="baseline")]),
        recording(faint, name="second.mp4"),
    ]

    broad, little = measure(recordings, baselines=find_baselines(recordings))

    assert broad.intensity[-1, HAPPY] == pytest.approx(1)
    assert 0.2 < little.intensity[-1, HAPPY] < 0.8
    assert little.intensity[0, HAPPY] == pytest.approx(0, abs=0.05)
    assert broad.baseline is little.baseline is not None


def test_the_corrected_valence_of_a_sad_looking_neutral_face_is_nearer_to_zero() -> None:
    sad = mix(sad=0.5, neutral=0.42)
    talk = recording([sad] * 200)

    (part,) = measure([talk], baselines=find_baselines([talk]))

    assert part.corrected[0].argmax() == NEUTRAL
    assert -0.25 < part.valence[0] < 0
    assert np.isfinite(part.valence).all()
