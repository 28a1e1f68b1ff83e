"""Corrections made from images and from tables that name faces of recordings."""

import csv
from pathlib import Path

import numpy as np
import pytest

from mien import Analyzer
from mien.emotions import EMOTIONS
from mien.errors import ProfileError
from mien.inference.records import open_records
from mien.personalization.corrections import Correction
from mien.personalization.teaching import (
    CorrectionRequest,
    LabelledImage,
    Teacher,
    read_requests,
)


@pytest.fixture(scope="module")
def teacher(tiny_model: Path) -> Teacher:
    return Teacher(Analyzer(tiny_model))


# ---- Images


def test_images_of_no_face_or_several_are_reported_and_the_rest_is_corrected(
    teacher: Teacher, shared: Path
) -> None:
    media = shared / "media"
    names = ("no_face_cartoon.jpg", "five_faces.jpg", "gone.jpg", "one_face.jpg")
    found = list(teacher.correct_images(LabelledImage(media / name, "sad") for name in names))
    for problem, text in zip(
        found, ("no face detected", "shows 5 faces", "gone.jpg: "), strict=False
    ):
        assert text in str(problem)
    assert isinstance(found[3], Correction)
    assert found[3].image is None


def test_a_cropped_face_is_classified_as_predict_does(tiny_model: Path, shared: Path) -> None:
    photo = shared / "media" / "one_face.jpg"
    teacher = Teacher(Analyzer(tiny_model), keep_images=True, crops=True)
    (found,) = teacher.correct_images([LabelledImage(photo, "sad")])
    assert isinstance(found, Correction)
    (face,) = teacher.analyzer.analyze_crop(photo).faces
    np.testing.assert_allclose(found.probabilities, face.probabilities, atol=1e-6)
    assert found.image


# ---- Tables


def correct_table(teacher: Teacher, path: Path) -> list[Correction | str]:
    rows = read_requests(path, teacher.analyzer.labels)
    problems: list[Correction | str] = [row for row in rows if isinstance(row, str)]
    requests = [row for row in rows if isinstance(row, CorrectionRequest)]
    return [*problems, *teacher.correct_requests(requests)]


def write_table(path: Path, *rows: str, header: str = "source,frame,person,emotion") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8-sig")
    return path


def test_records_with_another_emotion_teach_those_faces(
    teacher: Teacher, shared: Path, tmp_path: Path
) -> None:
    clip = shared / "media" / "one_face.mp4"
    results = []
    with open_records(tmp_path / "clip.csv") as records:
        for result, _ in zip(teacher.analyzer.stream(clip), range(8), strict=False):
            records.write(result)
            results.append(result)
    with (tmp_path / "clip.csv").open(newline="") as file:
        rows = [row | {"emotion": "sad"} for row in csv.DictReader(file) if row["frame"] in "35"]
    with (tmp_path / "wrong.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(rows)
    found = correct_table(teacher, tmp_path / "wrong.csv")
    labels = [isinstance(item, Correction) and item.label for item in found]
    assert labels == ["sad", "sad"]
    for correction, number in zip(found, (3, 5), strict=True):
        assert isinstance(correction, Correction)
        expected = results[number].faces[0].probabilities
        np.testing.assert_allclose(correction.probabilities, expected, atol=1e-5)


def test_a_face_of_a_photo_is_found_by_its_box(
    teacher: Teacher, shared: Path, tmp_path: Path
) -> None:
    photo = shared / "media" / "five_faces.jpg"
    third = teacher.analyzer.analyze(photo).faces[2]
    box = ",".join(
        str(round(side)) for side in (third.box.x, third.box.y, third.box.width, third.box.height)
    )
    header = "source,frame,x,y,width,height,emotion"
    table = write_table(tmp_path / "a.csv", f"{photo},0,{box},fear", header=header)
    (found,) = correct_table(teacher, table)
    assert isinstance(found, Correction)
    np.testing.assert_allclose(found.probabilities, third.probabilities, atol=1e-5)


def test_rows_that_cannot_be_used_are_reported_and_the_rest_is_corrected(
    teacher: Teacher, shared: Path, tmp_path: Path
) -> None:
    media = shared / "media"
    found = correct_table(
        teacher,
        write_table(
            tmp_path / "a.csv",
            f"{media}/one_face.mp4,2,1,bored",
            f"{media}/one_face.mp4,x,1,sad",
            f"{media}/five_faces.jpg,0,,sad",
            f"{media}/five_faces.jpg,9,,sad",
            f"{media}/one_face.mp4,2,7,sad",
            f"{media}/one_face.mp4,3,,sad",
            f"{media}/gone.mp4,0,1,sad",
            f"{media}/one_face.mp4,99999,1,sad",
        ),
    )
    problems = [item for item in found if isinstance(item, str)]
    assert len(found) - len(problems) == 1
    row = f"{tmp_path}/a.csv, row"
    for number, text in {
        2: "unknown emotion 'bored'; choose from angry, ",
        3: "its frame, person or box is not a number",
        4: "its frame shows 5 faces; add the person",
        5: "has no frame 9",
        6: "no such face",
        8: "gone.mp4: ",
        9: "has no frame 99999",
    }.items():
        (problem,) = (item for item in problems if item.startswith(f"{row} {number}: "))
        assert text in problem
        assert "\n" not in problem


def test_a_source_is_found_beside_its_table(teacher: Teacher, shared: Path, tmp_path: Path) -> None:
    (tmp_path / "face.jpg").write_bytes((shared / "media" / "one_face.jpg").read_bytes())
    (found,) = correct_table(teacher, write_table(tmp_path / "a.csv", "face.jpg,0,,sad"))
    assert isinstance(found, Correction)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"source,frame\na,1\n", "has no column 'emotion'"),
        (b"", "has no column 'source'"),
        (b"\xff\xfe\x00", "not UTF-8 text"),
        (b'source,frame,emotion\n"a' + b"x" * 200_000, "not a CSV table"),
    ],
)
def test_a_file_that_is_no_table_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(ProfileError, match=message):
        read_requests(tmp_path / "a.csv", EMOTIONS)
