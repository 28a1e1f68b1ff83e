"""`mien profile`, and `mien predict --profile`, as a user meets them."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.cli import main
from mien.personalization.store import Profiles
from tests.personalization.people import doubtful_crop

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command of `mien` in a home of its own; returns status, output and errors."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))

    def call(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


@pytest.fixture
def teach(run: Run, tiny_model: Path) -> Run:
    return lambda *words: run("profile", "teach", *words, "--model", tiny_model)


@pytest.fixture
def ranking(run: Run, tiny_model: Path) -> Callable[..., list[str]]:
    """The labels of a cropped face, the most probable first."""

    def call(photo: Path, *options: str) -> list[str]:
        status, out, err = run(
            "predict", photo, "--crops", "--json", "--model", tiny_model, *options
        )
        assert status == 0, err
        probabilities = json.loads(out)["faces"][0]["probabilities"]
        return sorted(probabilities, key=lambda name: -probabilities[name])

    return call


def face(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 48), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_teach_undo_restore_export_delete_and_import_change_what_predict_answers(
    run: Run, teach: Run, ranking: Callable[..., list[str]], tiny_model: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "me.png"
    Image.fromarray(doubtful_crop(tiny_model)).save(photo)
    wrong, right, *_ = ranking(photo)
    status, out, err = teach("Ada", photo, "--emotion", right, "--crops")
    assert (status, out.splitlines()[:2]) == (
        0,
        [f"Saved as {right} (no image stored)", "Ada: 1 correction"],
    )
    assert "'Ada' is a new profile" in err
    assert ranking(photo, "--profile", "Ada")[0] == right
    assert ranking(photo)[0] == wrong
    run("profile", "undo", "Ada")
    assert ranking(photo, "--profile", "Ada")[0] == wrong
    run("profile", "rollback", "Ada", 1)
    assert ranking(photo, "--profile", "Ada")[0] == right
    run("profile", "export", "Ada", tmp_path / "ada.mien-profile")
    assert run("profile", "delete", "Ada", "--yes")[1] == "Ada is deleted\n"
    assert "profile 'Ada' not found; there are no profiles yet" in run("profile", "show", "Ada")[2]
    run("profile", "import", tmp_path / "ada.mien-profile", "--name", "Bob")
    assert ranking(photo, "--profile", "Bob")[0] == right
    assert run("profile", "list")[1] == "Bob: 1 correction, " + model_of(run, "Bob") + "\n"


def model_of(run: Run, name: str) -> str:
    (line,) = run("profile", "list")[1].splitlines()
    return line.partition("correction, ")[2]


def test_show_lists_corrections_accuracy_and_versions(run: Run, teach: Run, tmp_path: Path) -> None:
    for seed, label in enumerate(("happy", "sad")):
        photo = face(tmp_path / f"{seed}.png", seed)
        teach("Ada", photo, "--emotion", label, "--crops", "--keep-pictures")
    out = run("profile", "show", "Ada")[1]
    for words in (
        *("Ada: 2 corrections", "So far this affects only", "Accuracy on your 2 corrections"),
        *("correction 1, ", "correction 2, ", ", image stored"),
        *("version 1, ", "version 2, ", "teach, 2 corrections, applies to "),
    ):
        assert words in out


def test_class_folders_teach_and_unusable_images_are_reported(
    run: Run, teach: Run, tmp_path: Path
) -> None:
    for seed, name in enumerate(("happy/a.png", "happy/b.png", "sad/c.png")):
        face(tmp_path / "in" / name, seed)
    face(tmp_path / "in" / "sad" / "twin.png", 0)  # the same face as happy/a.png
    (tmp_path / "in" / "sad" / "bad.jpg").write_bytes(b"no image")
    status, out, err = teach("Ada", tmp_path / "in", "--crops")
    assert (status, out.splitlines()[0]) == (0, "Saved 2 new of 4 corrections (no image stored)")
    for name in ("bad.jpg", "happy/a.png", "twin.png"):
        assert name in err
    assert "is labelled happy and sad" in err
    assert "Ada: 2 corrections" in run("profile", "show", "Ada")[1]


def test_a_table_of_corrections_teaches(run: Run, teach: Run, shared: Path, tmp_path: Path) -> None:
    photo = shared / "media" / "one_face.jpg"
    (tmp_path / "a.csv").write_text(
        f"source,frame,emotion\n{photo},0,sad\n{photo},0,bored\n", "utf-8"
    )
    status, out, err = teach("Ada", tmp_path / "a.csv")
    assert (status, out.splitlines()[0]) == (0, "Saved as sad (no image stored)")
    assert "row 3: unknown emotion 'bored'" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("Ada", "me.png", "--emotion", "bored", "--crops"),
            "unknown emotion 'bored'; choose from",
        ),
        (("Ada", "me.png", "--crops"), "its label is missing; add --emotion LABEL"),
        (
            ("Ada", "gone.png", "--emotion", "sad"),
            "profile 'Ada' learned nothing: no face could be used",
        ),
        (("a/b", "me.png", "--emotion", "sad", "--crops"), "'a/b' is not a profile name; use"),
        (("Ada", "odd", "--crops"), "unknown class folder"),
    ],
)
def test_an_unusable_correction_is_one_error_and_creates_no_profile(
    run: Run,
    teach: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    face(tmp_path / "me.png")
    face(tmp_path / "odd" / "bored" / "me.png")
    status, out, err = teach(*words)
    assert (status, out) == (1, "")
    assert message in err
    assert err.splitlines()[-1].startswith("error: ")
    assert "no profiles yet" in run("profile", "list")[1]


def test_a_second_label_for_a_face_is_refused(run: Run, teach: Run, tmp_path: Path) -> None:
    photo = face(tmp_path / "me.png")
    teach("Ada", photo, "--emotion", "happy", "--crops")
    status, _, err = teach("Ada", photo, "--emotion", "sad", "--crops")
    assert status == 1
    assert "labelled happy already, by correction 1; undo that one first" in err
    assert run("profile", "undo", "Ada", "--correction", 1)[0] == 0
    assert teach("Ada", photo, "--emotion", "sad", "--crops")[0] == 0


def test_predict_refuses_an_unknown_profile_and_one_of_another_model(
    run: Run, teach: Run, tmp_path: Path
) -> None:
    photo = face(tmp_path / "me.png")
    teach("Ada", photo, "--emotion", "happy", "--crops")
    status, out, err = run("predict", photo, "--crops", "--profile", "Bob")
    assert (status, out) == (1, "")
    assert "profile 'Bob' not found" in err
    status, out, err = run("predict", photo, "--crops", "--profile", "Ada", "--model", "small")
    assert (status, out) == (1, "")
    assert "profile 'Ada' was taught with the model tiny 0" in err


def test_an_upgrade_lists_corrections_without_an_image(
    run: Run, teach: Run, tmp_path: Path
) -> None:
    teach("Ada", face(tmp_path / "a.png", 1), "--emotion", "sad", "--crops", "--keep-pictures")
    teach("Ada", face(tmp_path / "b.png", 2), "--emotion", "fear", "--crops")
    status, out, err = run("profile", "upgrade", "Ada", "--model", "small")
    assert (status, out.splitlines()[0]) == (0, "learned again: 1 correction")
    assert "no longer used, as no image is stored: corrections 2" in err


def test_delete_asks_first(
    run: Run, teach: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach("Ada", face(tmp_path / "me.png"), "--emotion", "sad", "--crops")
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    status, out, _ = run("profile", "delete", "Ada")
    assert (status, "Permanently delete Ada and its 1 correction?" in out) == (1, True)
    assert run("profile", "list")[1].startswith("Ada: ")


def test_a_profile_that_another_command_has_just_created_is_taught(
    teach: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = face(tmp_path / "a.png")
    assert teach("Ada", photo, "--emotion", "sad", "--crops")[0] == 0
    monkeypatch.setattr(Profiles, "list", lambda _: [])  # as it was a moment ago
    status, out, err = teach("Ada", face(tmp_path / "b.png", 1), "--emotion", "happy", "--crops")
    assert (status, err) == (0, "")
    assert "Ada: 2 corrections" in out
