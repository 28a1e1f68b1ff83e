"""An error carries its parts as data and makes one sentence of them."""

import pickle

import pytest

from mien.errors import MediaError, MienError


@pytest.mark.parametrize(
    ("subject", "remedy", "sentence"),
    [
        (None, None, "not an image"),
        ("a.txt", None, "a.txt: not an image"),
        (None, "use JPEG", "not an image; use JPEG."),
        ("a.txt", "use JPEG", "a.txt: not an image; use JPEG."),
    ],
)
def test_the_sentence_is_made_of_the_parts(
    subject: str | None, remedy: str | None, sentence: str
) -> None:
    assert str(MienError("not an image", subject=subject, remedy=remedy)) == sentence


def test_advice_leaves_out_the_subject() -> None:
    error = MediaError("not an image", subject="/home/a.txt", remedy="use JPEG")
    assert error.advice == "not an image; use JPEG."


def test_pickling_keeps_all_parts() -> None:
    error = MediaError("not an image", subject="a.txt", remedy="use JPEG")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is MediaError
    assert (copy.reason, copy.subject, copy.remedy) == (error.reason, error.subject, error.remedy)
    assert str(copy) == str(error)


def test_a_message_is_never_empty() -> None:
    assert str(MienError("")) == MienError("").advice == "unknown error"
