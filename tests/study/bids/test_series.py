import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.study.bids.series import frame_rate


@pytest.mark.parametrize("rate", [10, 24000 / 1001, 25, 30000 / 1001, 60])
def test_the_rate_of_rounded_times_is_the_nominal_one(rate: float) -> None:
    times = np.round(np.arange(int(3600 * rate)) / rate, 6)

    assert frame_rate(times) == pytest.approx(rate, abs=1e-4)


@given(
    rate=st.sampled_from([10, 25, 30, 60]),
    dropped=st.sets(st.integers(1, 298), max_size=100),
)
def test_dropped_frames_do_not_lower_the_rate(rate: int, dropped: set[int]) -> None:
    times = np.array([at / rate for at in range(300) if at not in dropped])

    assert frame_rate(times) == pytest.approx(rate, abs=1e-3)
