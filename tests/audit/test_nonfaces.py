import numpy as np

from mien.audit.nonfaces import non_face_findings
from tests.audit.conftest import make_dataset, photos


def test_blank_images_are_no_faces() -> None:
    faces = photos(3)
    faces[1] = np.random.default_rng(0).integers(98, 103, faces[1].shape)
    faces[2] = faces[2] // 8  # dark, but a face
    (found,) = non_face_findings(make_dataset(faces, ["sad"] * 3))
    assert (found.index, found.kind, found.score, found.suggestion) == (1, "non_face", 1, None)
    assert found.reason.startswith("blank")


def test_what_half_of_the_voters_call_no_face_is_none() -> None:
    votes = [{"NF": 10}, {"NF": 5, "sad": 5}, {"NF": 4, "sad": 6}, {"unknown": 10}, {}]
    found = list(non_face_findings(make_dataset(photos(5), ["sad"] * 5, votes=votes)))
    assert [(each.index, each.score) for each in found] == [(0, 1.0), (1, 0.5)]
    assert found[1].reason.startswith("50% of the FER+ voters")
