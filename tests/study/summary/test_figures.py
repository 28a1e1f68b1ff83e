import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.study.events import Event
from mien.study.summary.cells import split_cells
from mien.study.summary.figures import Figures, compute_figures, weighted_mean, weighted_quantile
from tests.study.summary.studies import HAPPY, observations_of, probabilities, record


def figures_of(*recordings) -> Figures:
    (pieces,) = split_cells(observations_of(*recordings), ["person"]).values()
    return compute_figures(pieces)


weighted = st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 10)), min_size=1, max_size=30)


@given(weighted, st.sampled_from([0.05, 0.5, 0.95, 1.0]))
def test_a_quantile_is_numpys_with_weights(rows: list[tuple[float, float]], share: float) -> None:
    values, weights = np.array(rows).T

    found = weighted_quantile(values[:, None], weights, share)

    # numpy decides ties of rounding the other way: both neighbours are right there.
    low, high = np.quantile(
        values, np.clip([share - 1e-6, share + 1e-6], 0, 1), weights=weights, method="inverted_cdf"
    )
    assert low <= found[0] <= high


@given(weighted)
def test_rows_cut_in_halves_change_nothing(rows: list[tuple[float, float]]) -> None:
    values, weights = np.array(rows).T
    twice, half = np.repeat(values, 2)[:, None], np.repeat(weights, 2) / 2

    assert weighted_mean(twice, half) == pytest.approx(weighted_mean(values[:, None], weights))
    assert weighted_quantile(twice, half, 0.95) == weighted_quantile(values[:, None], weights, 0.95)


def test_nothing_has_no_mean_and_no_quantile() -> None:
    nothing = np.empty((0, 2))

    assert np.isnan(weighted_mean(nothing, np.empty(0))).all()
    assert np.isnan(weighted_quantile(nothing, np.empty(0), 0.5)).all()


def test_means_weigh_by_time() -> None:
    """Frames at 0, 0.1 and 0.4 s hold 0.1, 0.3 and 0.1 s."""
    slow = record("talk.mp4", probabilities([0.0, 1.0, 0.5]))
    slow.records.time[:] = [0, 0.1, 0.4]

    figures = figures_of(slow)

    lasts = slow.interval  # the median step, 0.2 s
    expected = (0.0 * 0.1 + 1.0 * 0.3 + 0.5 * lasts) / (0.4 + lasts)
    assert figures.mean[HAPPY] == pytest.approx(expected)
    assert figures.seconds == pytest.approx(0.4 + lasts)


def test_unusable_records_count_for_nothing_and_are_told() -> None:
    yaw = [0] * 4 + [80] * 6
    figures = figures_of(record("a.mp4", probabilities([0.2] * 4 + [0.9] * 6), yaw=yaw))

    assert figures.mean[HAPPY] == pytest.approx(0.2)
    assert figures.max[HAPPY] == pytest.approx(0.2)
    assert figures.usable == pytest.approx(0.4)
    assert figures.usable_seconds == pytest.approx(0.4)
    assert figures.reasons == (("turned", pytest.approx(0.6)),)
    assert figures.note == "under half usable, mostly turned"
    assert figures.poor


def test_time_out_of_view_is_told() -> None:
    values = probabilities([0.3] * 40)
    figures = figures_of(record("a.mp4", values, absent=range(10, 40)))

    assert figures.recorded == pytest.approx(4.0)
    assert figures.in_view == pytest.approx(0.25)
    assert figures.usable == 1
    assert figures.note == "in view for under half of the time"


def test_an_excluded_interval_counts_neither_as_recorded_nor_as_unusable() -> None:
    pause = Event(2.0, 2.0, name="pause", excluded=True)
    figures = figures_of(record("a.mp4", probabilities([0.2] * 20 + [0.9] * 20), events=[pause]))

    assert figures.recorded == pytest.approx(2.0)
    assert figures.usable == 1
    assert figures.mean[HAPPY] == pytest.approx(0.2)
    assert not figures.poor


def test_photos_count_once_each_and_take_no_time() -> None:
    photos = [record(f"{at}.jpg", probabilities([at / 4]), interval=0) for at in range(4)]

    figures = figures_of(*photos)

    assert figures.mean[HAPPY] == pytest.approx(0.375)
    assert figures.rows == 4
    assert np.isnan([figures.recorded, figures.seconds, figures.all_onsets]).all()
    assert figures.shares.sum() == pytest.approx(1)
    assert figures.note == ""


def test_expressions_a_minute_count_those_of_the_usable_time() -> None:
    """Two smiles in 6 s, of which 3 s are turned away at the end: 2 in 3 s are 40 a minute."""
    happy = [0.1] * 5 + [0.9] * 5 + [0.1] * 5 + [0.9] * 5 + [0.1] * 40
    figures = figures_of(record("a.mp4", probabilities(happy), yaw=[0] * 30 + [80] * 30))

    assert figures.onsets[HAPPY] == pytest.approx(40)
    assert figures.all_onsets == pytest.approx(40)


def test_no_usable_record_has_no_figure() -> None:
    anna = record("a.mp4", probabilities([0.9] * 10), yaw=[80] * 10, condition="x")
    also = record("b.mp4", probabilities([0.9] * 10), condition="y")
    pieces = split_cells(observations_of(anna, also), ["condition"])["x",]

    figures = compute_figures(pieces)

    assert np.isnan([*figures.mean, *figures.peak, *figures.shares, figures.valence]).all()
    assert np.isnan(figures.all_onsets)
    assert figures.note == "no usable record"
