import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mien.data import FaceDataset
from mien.tuning.subset import stratified


@given(
    labels=st.lists(st.integers(0, 6), min_size=1, max_size=300),
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_each_emotion_keeps_its_share(labels: list[int], share: float, seed: int) -> None:
    n = len(labels)
    count = max(1, round(share * n))
    images = np.zeros((n, 48, 48), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.arange(n) // 256, np.arange(n) % 256
    faces = FaceDataset(images, np.array(labels), np.full(n, "Training"))
    part = stratified(faces, count, seed)
    places = part.images[:, 0, 0].astype(int) * 256 + part.images[:, 0, 1]
    assert len(part) == count
    assert (np.diff(places) > 0).all(), "no face twice, and in their order"
    np.testing.assert_array_equal(part.labels, np.array(labels)[places])
    expected = np.bincount(labels, minlength=7) * count / n
    assert np.abs(np.bincount(part.labels, minlength=7) - expected).max() <= 1


def test_the_seed_chooses_the_faces(faces: FaceDataset) -> None:
    training = faces.subset("Training")
    first, again, other = (stratified(training, 30, seed) for seed in (1, 1, 2))
    assert first.fingerprint == again.fingerprint != other.fingerprint
