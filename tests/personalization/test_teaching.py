"""Corrections to a recording: the faces that a table names are found again."""

import csv
from pathlib import Path

import numpy as np
import pytest

from mien import Analyzer
from mien.errors import ProfileError
from mien.inference.records import open_records
from mien.personalization.corrections import Correction
from mien.personalization.teaching import Labelled, Teacher, Wish, look_again, read_wishes


@pytest.fixture(scope="module")
def teacher(tiny_model: Path) -> Teacher:
    return Teacher(Analyzer(tiny_model))


def look(teacher: Teacher, path: Path) -> list[Correction | str]:
    rows = read_wishes(path)
    told: list[Correction | str] = [row for row in rows if isinstance(row, str)]
    return [*told, *look_again(teacher, [row for row in rows if isinstance(row, Wish)])]


def write(path: Path, *rows: str, header: str = "source,frame,person,emotion") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8-sig")
    return path


def test_a_records_file_with_its_emotion_put_right_teaches_those_faces(
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
    found = look(teacher, tmp_path / "wrong.csv")
    assert [isinstance(one, Correction) and one.label for one in found] == ["sad", "sad"]
    for one, number in zip(found, (3, 5), strict=True):
        assert isinstance(one, Correction)
        expected = results[number].faces[0].probabilities
        np.testing.assert_allclose(one.probabilities, expected, atol=1e-5)


def test_a_face_of_a_photo_is_told_by_its_box(
    teacher: Teacher, shared: Path, tmp_path: Path
) -> None:
    photo = shared / "media" / "five_faces.jpg"
    third = teacher.analyzer.analyze(photo).faces[2]
    box = ",".join(
        str(round(side)) for side in (third.box.x, third.box.y, third.box.width, third.box.height)
    )
    header = "source,frame,x,y,width,height,emotion"
    table = write(tmp_path / "a.csv", f"{photo},0,{box},fear", header=header)
    (found,) = look(teacher, table)
    assert isinstance(found, Correction)
    np.testing.assert_allclose(found.probabilities, third.probabilities, atol=1e-5)


def test_rows_that_cannot_be_used_are_told_and_the_rest_goes_on(
    teacher: Teacher, shared: Path, tmp_path: Path
) -> None:
    media = shared / "media"
    found = look(
        teacher,
        write(
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
    told = [one for one in found if isinstance(one, str)]
    assert len(found) - len(told) == 1
    row = f"{tmp_path}/a.csv, row"
    for number, words in {
        2: "'bored' is no emotion",
        3: "its frame, person or box is no number",
        4: "its frame shows 5 faces; say which",
        5: "has no frame 9",
        6: "the face is not there",
        8: "gone.mp4: ",
        9: "has no frame 99999",
    }.items():
        (message,) = (one for one in told if one.startswith(f"{row} {number}: "))
        assert words in message
        assert "\n" not in message


def test_a_source_may_lie_beside_its_table(teacher: Teacher, shared: Path, tmp_path: Path) -> None:
    (tmp_path / "face.jpg").write_bytes((shared / "media" / "one_face.jpg").read_bytes())
    (found,) = look(teacher, write(tmp_path / "a.csv", "face.jpg,0,,sad"))
    assert isinstance(found, Correction)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"source,frame\na,1\n", "has no column 'emotion'"),
        (b"", "has no column 'source'"),
        (b"\xff\xfe\x00", "not UTF-8 text"),
        (b'source,frame,emotion\n"a' + b"x" * 200_000, "not a table of CSV"),
    ],
)
def test_what_is_no_table_is_told(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(ProfileError, match=told):
        read_wishes(tmp_path / "a.csv")


def test_a_image_of_none_or_several_is_told_and_the_rest_goes_on(
    teacher: Teacher, shared: Path, tmp_path: Path
) -> None:
    media = shared / "media"
    names = ("no_face_cartoon.jpg", "five_faces.jpg", "gone.jpg", "one_face.jpg")
    found = list(teacher.look(Labelled(media / name, "sad") for name in names))
    for at, words in enumerate(("no face was found", "shows 5 faces", "gone.jpg: ")):
        assert words in str(found[at])
    assert isinstance(found[3], Correction)
    assert found[3].image is None


def test_a_crop_is_seen_as_predict_sees_it(tiny_model: Path, shared: Path) -> None:
    photo = shared / "media" / "one_face.jpg"
    teacher = Teacher(Analyzer(tiny_model), keep_images=True, crops=True)
    (found,) = teacher.look([Labelled(photo, "sad")])
    assert isinstance(found, Correction)
    (face,) = teacher.analyzer.analyze_crop(photo).faces
    np.testing.assert_allclose(found.probabilities, face.probabilities, atol=1e-6)
    assert found.image
