"""What profiles store, undo, restore and refuse."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import ProfileError
from mien.personalization.corrections import Correction
from mien.personalization.errors import ProfileConflictError, UnknownProfileError
from mien.personalization.store import Profiles
from tests.personalization.people import (
    MODEL,
    NEUTRAL,
    OTHER_MODEL,
    make_correction,
    make_corrections,
    predict,
    stored_labels,
)

# ---- Adding and reading corrections


def test_a_new_profile_has_no_adapter(ada: Profiles) -> None:
    assert ada.adapter("Ada", MODEL) is None
    assert (ada.get("Ada").members, ada.get("Ada").model) == ((), None)


def test_a_correction_is_stored_after_a_restart(ada: Profiles, tmp_path: Path) -> None:
    ada.teach("Ada", [make_correction(1)])
    ada.close()
    again = Profiles.open(tmp_path)
    (stored,) = again.corrections("Ada")
    again.close()
    np.testing.assert_array_equal(stored.correction.embedding, make_correction(1).embedding)
    np.testing.assert_array_equal(stored.correction.probabilities, NEUTRAL)
    assert (stored.correction.label, stored.correction.model) == ("happy", MODEL)
    assert stored.correction.image is None


def test_a_correction_is_read_by_profile_id_and_number(ada: Profiles) -> None:
    ada.create("Bob")
    result = ada.teach("Bob", [make_correction(1, "sad", image=b"crop")])
    ada.teach("Ada", [make_correction(2, "fear")])
    assert result.numbers == (1,)
    stored = ada.correction(result.profile.id, 1)
    assert (stored.number, stored.step, stored.correction.label) == (1, 1, "sad")
    assert (stored.correction.image, stored.correction.model) == (b"crop", MODEL)
    assert stored.created >= result.profile.created
    np.testing.assert_array_equal(stored.correction.embedding, make_correction(1).embedding)
    assert ada.get_by_id(result.profile.id).name == "Bob"


def test_an_undone_correction_is_read_and_is_no_member(ada: Profiles) -> None:
    profile = ada.teach("Ada", [make_correction(1)]).profile
    ada.undo("Ada")
    assert ada.correction(profile.id, 1).correction.label == "happy"
    assert ada.get_by_id(profile.id).members == ()


def test_a_correction_or_profile_that_does_not_exist_is_an_error(ada: Profiles) -> None:
    profile = ada.teach("Ada", [make_correction(1)]).profile
    with pytest.raises(UnknownProfileError, match="correction 2 of profile 1 not found"):
        ada.correction(profile.id, 2)
    ada.delete("Ada")
    with pytest.raises(UnknownProfileError, match="correction 1 of profile 1 not found"):
        ada.correction(profile.id, 1)
    with pytest.raises(UnknownProfileError, match="profile 1 not found"):
        ada.get_by_id(profile.id)


def test_a_face_taught_twice_is_stored_once(ada: Profiles) -> None:
    first = ada.teach("Ada", [make_correction(1), make_correction(1)])
    assert (first.numbers, first.added) == ((1, 1), 1)
    half = make_correction(1).embedding.astype(np.float16).astype(np.float32)
    recorded = Correction("happy", half, NEUTRAL, MODEL)
    assert ada.teach("Ada", [recorded]).numbers == (1,)
    assert len(ada.versions("Ada")) == 1


def test_a_second_label_for_a_face_is_refused_and_the_rest_is_added(ada: Profiles) -> None:
    ada.teach("Ada", [make_correction(1, "happy")])
    result = ada.teach("Ada", [make_correction(2), make_correction(1, "sad")])
    assert result.numbers == (2, None)
    assert result.refused == {
        1: "face 1 is labelled happy already, by correction 1; undo that one first."
    }
    ada.undo("Ada", 1)
    assert ada.teach("Ada", [make_correction(1, "sad")]).numbers == (3,)


def test_two_labels_for_a_face_at_once_are_both_refused(ada: Profiles) -> None:
    corrections = [
        make_correction(1, "sad"),
        make_correction(2),
        make_correction(1, "happy"),
        make_correction(1, "sad"),
    ]
    result = ada.teach("Ada", corrections)
    assert result.numbers == (None, 1, None, None)
    assert set(result.refused) == {0, 2, 3}
    assert "is labelled happy and sad; choose one label" in result.refused[2]


def test_corrections_of_another_model_are_refused_and_nothing_changes(ada: Profiles) -> None:
    ada.teach("Ada", [make_correction(1)])
    refused = pytest.raises(
        ProfileConflictError, match=r"'Ada' was taught with .* mien profile upgr"
    )
    with refused:
        ada.teach("Ada", [make_correction(2, model=OTHER_MODEL)])
    with refused:
        ada.adapter("Ada", OTHER_MODEL)
    assert stored_labels(ada) == [(1, "happy")]


# ---- Undo and versions


def test_a_corrected_face_is_right_and_wrong_again_once_undone(ada: Profiles) -> None:
    assert predict(ada, 1) == 6
    ada.teach("Ada", [make_correction(1)])
    assert predict(ada, 1) == 3
    ada.undo("Ada")
    assert predict(ada, 1) == 6
    ada.rollback("Ada", 1)
    assert predict(ada, 1) == 3


def test_undo_removes_one_step_after_the_other(ada: Profiles) -> None:
    ada.teach("Ada", [make_correction(1)])
    ada.teach("Ada", [make_correction(2), make_correction(3)])
    ada.teach("Ada", [make_correction(4)])
    assert ada.undo("Ada").members == (1, 2, 3)
    assert ada.undo("Ada").members == (1,)
    assert ada.undo("Ada").members == ()
    with pytest.raises(ProfileConflictError, match="nothing to undo"):
        ada.undo("Ada")


def test_one_correction_of_a_step_can_be_undone(ada: Profiles) -> None:
    ada.teach("Ada", make_corrections(range(4)))
    assert ada.undo("Ada", 2).members == (1, 3, 4)
    with pytest.raises(UnknownProfileError, match="has no correction 2"):
        ada.undo("Ada", 2)


def test_every_change_is_a_version_and_any_can_be_restored(ada: Profiles) -> None:
    for seed in range(3):
        ada.teach("Ada", [make_correction(seed)])
    ada.undo("Ada")
    ada.rollback("Ada", 1)
    assert ada.rollback("Ada", 3).members == (1, 2, 3)
    assert [version.cause for version in ada.versions("Ada")] == [
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
def test_any_history_gives_the_corrections_that_a_list_of_lists_gives(
    tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[str, int]]
) -> None:
    profiles = Profiles.open(tmp_path_factory.mktemp("history"))
    profiles.create("Ada")
    history: list[list[tuple[int, int]]] = []  # of each version: (step, seed) of its corrections
    for kind, value in operations:
        now = history[-1] if history else []
        if kind == "teach":
            profiles.teach("Ada", [make_correction(value)])
            if value not in [seed for _, seed in now]:
                history.append([*now, (len(history) + 1, value)])
        elif kind == "undo" and now:
            profiles.undo("Ada")
            history.append([member for member in now if member[0] != max(now)[0]])
        elif kind == "rollback" and value <= len(history):
            profiles.rollback("Ada", value)
            history.append(history[value - 1])
    found = sorted(stored.correction.embedding.tolist() for stored in profiles.corrections("Ada"))
    expected = [seed for _, seed in (history[-1] if history else [])]
    profiles.close()
    assert found == sorted(make_correction(seed).embedding.tolist() for seed in expected)


# ---- Profiles and their names


def test_profiles_do_not_mix(ada: Profiles) -> None:
    ada.create("Bob")
    ada.teach("Ada", [make_correction(1, "sad")])
    ada.teach("Bob", [make_correction(1, "fear")])
    assert (stored_labels(ada), stored_labels(ada, "Bob")) == ([(1, "sad")], [(1, "fear")])
    ada.delete("Bob")
    assert [profile.name for profile in ada.list()] == ["Ada"]


@pytest.mark.parametrize(
    "name", ["", " ", " Ada", "../etc", "a/b", "x" * 65, "a\nb", "a\n", ".hidden"]
)
def test_an_invalid_name_is_refused(profiles: Profiles, name: str) -> None:
    with pytest.raises(ProfileError, match=r"is not a profile name; use 1 to 64 letters"):
        profiles.create(name)


def test_a_name_is_the_same_however_it_is_typed(profiles: Profiles) -> None:
    profiles.create("Zoe\u0301")
    assert profiles.get("Zo\u00e9").name == "Zo\u00e9"
    with pytest.raises(ProfileConflictError, match="profile 'Zoé' already exists"):
        profiles.create("Zoé")
    with pytest.raises(UnknownProfileError, match="profile 'Zoe' not found; choose from Zoé"):
        profiles.get("Zoe")


def test_a_deleted_profile_is_in_no_file(ada: Profiles, tmp_path: Path) -> None:
    face = make_correction(1, image=b"the image of a face" * 40)
    ada.teach("Ada", [face])

    def all_bytes() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    traces = (face.embedding.tobytes(), b"image of a face", b"Ada")
    assert all(trace in all_bytes() for trace in traces)
    ada.delete("Ada")
    assert not any(trace in all_bytes() for trace in traces)
    with pytest.raises(UnknownProfileError, match="'Ada' not found; there are no profiles yet"):
        ada.get("Ada")


# ---- Adapters


def test_an_adapter_is_the_same_object_until_the_profile_changes(ada: Profiles) -> None:
    ada.teach("Ada", [make_correction(1)])
    first = ada.adapter("Ada", MODEL)
    assert ada.adapter("Ada", MODEL) is first
    ada.teach("Ada", [make_correction(2)])
    assert ada.adapter("Ada", MODEL) is not first


def test_an_adapter_of_another_format_is_learned_again(ada: Profiles, tmp_path: Path) -> None:
    ada.teach("Ada", make_corrections(range(5)))
    rows = NEUTRAL[None], make_correction(1).embedding[None]
    learned = ada.adapter("Ada", MODEL)
    with ada.database.transaction() as write:
        write.execute("UPDATE versions SET adapter = ?", (b"of another format",))
    again = Profiles.open(tmp_path)
    relearned = again.adapter("Ada", MODEL)
    again.close()
    assert learned is not None
    assert relearned is not None
    np.testing.assert_array_equal(learned.adapt(*rows), relearned.adapt(*rows))
