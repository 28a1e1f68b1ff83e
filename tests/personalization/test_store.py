"""What a profile keeps, takes back, refuses and outlives."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import ProfileError
from mien.personalization.corrections import Correction
from mien.personalization.errors import ProfileConflictError, UnknownProfileError
from mien.personalization.store import Profiles
from tests.personalization.people import MODEL, NEUTRAL, OTHER, answer, correction, held, some


def test_a_new_profile_answers_as_the_model_does(ada: Profiles) -> None:
    assert ada.adapter("Ada", MODEL) is None
    assert (ada.get("Ada").members, ada.get("Ada").model) == ((), None)


def test_a_correction_is_there_after_a_restart(ada: Profiles, tmp_path: Path) -> None:
    ada.teach("Ada", [correction(1)])
    ada.close()
    again = Profiles.open(tmp_path)
    (kept,) = again.corrections("Ada")
    again.close()
    np.testing.assert_array_equal(kept.correction.embedding, correction(1).embedding)
    np.testing.assert_array_equal(kept.correction.probabilities, NEUTRAL)
    assert (kept.correction.label, kept.correction.model) == ("happy", MODEL)
    assert kept.correction.image is None


def test_a_corrected_face_is_called_right_and_wrong_again_once_undone(ada: Profiles) -> None:
    assert answer(ada, 1) == 6
    ada.teach("Ada", [correction(1)])
    assert answer(ada, 1) == 3
    ada.undo("Ada")
    assert answer(ada, 1) == 6
    ada.rollback("Ada", 1)
    assert answer(ada, 1) == 3


def test_undo_takes_back_one_step_after_the_other(ada: Profiles) -> None:
    ada.teach("Ada", [correction(1)])
    ada.teach("Ada", [correction(2), correction(3)])
    ada.teach("Ada", [correction(4)])
    assert ada.undo("Ada").members == (1, 2, 3)
    assert ada.undo("Ada").members == (1,)
    assert ada.undo("Ada").members == ()
    with pytest.raises(ProfileConflictError, match="nothing to undo"):
        ada.undo("Ada")


def test_one_correction_can_be_undone_from_between(ada: Profiles) -> None:
    ada.teach("Ada", some(range(4)))
    assert ada.undo("Ada", 2).members == (1, 3, 4)
    with pytest.raises(UnknownProfileError, match="holds no correction 2"):
        ada.undo("Ada", 2)


def test_every_change_is_a_version_and_any_comes_back(ada: Profiles) -> None:
    for seed in range(3):
        ada.teach("Ada", [correction(seed)])
    ada.undo("Ada")
    ada.rollback("Ada", 1)
    assert ada.rollback("Ada", 3).members == (1, 2, 3)
    assert [one.cause for one in ada.versions("Ada")] == [
        *("teach", "teach", "teach", "undo", "rollback", "rollback")
    ]
    with pytest.raises(UnknownProfileError, match="has no version 9; its last is 6"):
        ada.rollback("Ada", 9)


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("teach"), st.integers(0, 30)),
        st.tuples(st.just("undo"), st.just(0)),
        st.tuples(st.just("rollback"), st.integers(1, 8)),
    ),
    max_size=8,
)


@settings(max_examples=25)
@given(OPERATIONS)
def test_any_history_holds_what_a_list_of_sets_holds(
    tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[str, int]]
) -> None:
    profiles = Profiles.open(tmp_path_factory.mktemp("history"))
    profiles.create("Ada")
    history: list[list[tuple[int, int]]] = []  # of each version: (step, seed) of what it holds
    for kind, value in operations:
        now = history[-1] if history else []
        if kind == "teach":
            profiles.teach("Ada", [correction(value)])
            if value not in [seed for _, seed in now]:
                history.append([*now, (len(history) + 1, value)])
        elif kind == "undo" and now:
            profiles.undo("Ada")
            history.append([one for one in now if one[0] != max(now)[0]])
        elif kind == "rollback" and value <= len(history):
            profiles.rollback("Ada", value)
            history.append(history[value - 1])
    found = sorted(one.correction.embedding.tolist() for one in profiles.corrections("Ada"))
    expected = [seed for _, seed in (history[-1] if history else [])]
    profiles.close()
    assert found == sorted(correction(seed).embedding.tolist() for seed in expected)


def test_a_face_told_twice_is_kept_once(ada: Profiles) -> None:
    first = ada.teach("Ada", [correction(1), correction(1)])
    assert (first.numbers, first.added) == ((1, 1), 1)
    half = correction(1).embedding.astype(np.float16).astype(np.float32)
    recorded = Correction("happy", half, NEUTRAL, MODEL)
    assert ada.teach("Ada", [recorded]).numbers == (1,)
    assert len(ada.versions("Ada")) == 1


def test_two_labels_for_one_face_are_refused_and_the_rest_goes_on(ada: Profiles) -> None:
    ada.teach("Ada", [correction(1, "happy")])
    taught = ada.teach("Ada", [correction(2), correction(1, "sad")])
    assert taught.numbers == (2, None)
    assert taught.refused == {
        1: "face 1 is labelled happy already, by correction 1; undo that one first."
    }
    ada.undo("Ada", 1)
    assert ada.teach("Ada", [correction(1, "sad")]).numbers == (3,)


def test_of_two_labels_told_at_once_neither_is_kept(ada: Profiles) -> None:
    given = [correction(1, "sad"), correction(2), correction(1, "happy"), correction(1, "sad")]
    taught = ada.teach("Ada", given)
    assert taught.numbers == (None, 1, None, None)
    assert set(taught.refused) == {0, 2, 3}
    assert "is labelled happy and sad; give one face one label" in taught.refused[2]


def test_an_unknown_emotion_is_refused() -> None:
    with pytest.raises(ProfileError, match=r"'bored' is no emotion; those are angry, "):
        correction(1, "bored")


@pytest.mark.parametrize("bad", [np.full(7, np.nan), np.ones(7), np.ones(6) / 6])
def test_numbers_that_no_model_answers_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(ProfileError, match="not what a model answers"):
        Correction("happy", np.ones(3, np.float32), bad.astype(np.float32), MODEL)


def test_a_profile_of_another_model_is_refused_and_unchanged(ada: Profiles) -> None:
    ada.teach("Ada", [correction(1)])
    told = pytest.raises(ProfileConflictError, match=r"'Ada' was taught with .* mien profile upgr")
    with told:
        ada.teach("Ada", [correction(2, model=OTHER)])
    with told:
        ada.adapter("Ada", OTHER)
    assert held(ada) == [(1, "happy")]


def test_profiles_do_not_mix(ada: Profiles) -> None:
    ada.create("Bob")
    ada.teach("Ada", [correction(1, "sad")])
    ada.teach("Bob", [correction(1, "fear")])
    assert (held(ada), held(ada, "Bob")) == ([(1, "sad")], [(1, "fear")])
    ada.delete("Bob")
    assert [one.name for one in ada.list()] == ["Ada"]


@pytest.mark.parametrize(
    "name", ["", " ", " Ada", "../etc", "a/b", "x" * 65, "a\nb", "a\n", ".hidden"]
)
def test_what_is_no_name_is_refused(profiles: Profiles, name: str) -> None:
    with pytest.raises(ProfileError, match="a profile's name has"):
        profiles.create(name)


def test_a_name_is_the_same_however_it_is_typed(profiles: Profiles) -> None:
    profiles.create("Zoe\u0301")
    assert profiles.get("Zo\u00e9").name == "Zo\u00e9"
    with pytest.raises(ProfileConflictError, match="there is a profile 'Zoé' already"):
        profiles.create("Zoé")
    with pytest.raises(UnknownProfileError, match="no profile 'Zoe'; there are: Zoé"):
        profiles.get("Zoe")


def test_what_is_deleted_is_in_no_file(ada: Profiles, tmp_path: Path) -> None:
    face = correction(1, image=b"the image of a face" * 40)
    ada.teach("Ada", [face])

    def everything() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    traces = (face.embedding.tobytes(), b"image of a face", b"Ada")
    assert all(trace in everything() for trace in traces)
    ada.delete("Ada")
    assert not any(trace in everything() for trace in traces)
    with pytest.raises(UnknownProfileError, match="there are: none yet"):
        ada.get("Ada")


def test_until_it_changes_an_adapter_is_the_same_object(ada: Profiles) -> None:
    ada.teach("Ada", [correction(1)])
    first = ada.adapter("Ada", MODEL)
    assert ada.adapter("Ada", MODEL) is first
    ada.teach("Ada", [correction(2)])
    assert ada.adapter("Ada", MODEL) is not first


def test_what_another_mien_has_learned_is_learned_again(ada: Profiles, tmp_path: Path) -> None:
    ada.teach("Ada", some(range(5)))
    rows = NEUTRAL[None], correction(1).embedding[None]
    learned = ada.adapter("Ada", MODEL)
    with ada.database.transaction() as write:
        write.execute("UPDATE versions SET adapter = ?", (b"of another format",))
    again = Profiles.open(tmp_path)
    relearned = again.adapter("Ada", MODEL)
    again.close()
    assert learned is not None
    assert relearned is not None
    np.testing.assert_array_equal(learned.adapt(*rows), relearned.adapt(*rows))
