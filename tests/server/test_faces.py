"""Images of people and faces, people who are looked at, and people who are split."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from mien.results import Box, Face, FrameResult
from mien.server import portraits, stills
from mien.server.store import Store
from mien.server.store.faces import NewFrame
from mien.server.store.sessions import Session
from mien.server.video_seeking import read_near
from tests.inference.media.videos import make_video, regular
from tests.server.conftest import image
from tests.server.store.new_frames import NEUTRAL
from tests.server.store.studio import refusal
from tests.server.studies import BOX, FRAMES, RATE, gray, write_video
from tests.server.test_sessions import persons, send, shown, start

pytestmark = pytest.mark.slow


def face(person: int, **attributes: float) -> Face:
    return Face(box=BOX, probabilities=NEUTRAL, score=0.9, person=person, attributes=attributes)


@pytest.fixture
def filmed(store: Store, tmp_path: Path) -> Session:
    """A saved video whose brightness tells the frame, with two people in every frame."""
    session = store.sessions.create("talk", "film", "tiny", "0")
    write_video(tmp_path / "talk.mp4")
    store.files.take(tmp_path / "talk.mp4", session.id)
    store.sessions.keep_video(session.id, "video/mp4")
    frames = [FrameResult("", 320, 240, (face(1), face(2)), at, at / RATE) for at in range(FRAMES)]
    store.faces.add(session.id, [NewFrame(frame, [None, None]) for frame in frames])
    return store.sessions.end(session.id)


def brightness(answer: Any) -> float:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    pixels = np.asarray(Image.open(io.BytesIO(answer.content)).convert("L"))
    height, width = pixels.shape
    return float(pixels[height // 2 - 5 : height // 2 + 5, width // 2 - 5 : width // 2 + 5].mean())


def test_people_have_an_image_from_the_saved_video(studio: TestClient, filmed: Session) -> None:
    url = f"/v1/sessions/{filmed.id}"
    paths = [person["thumbnail"] for person in studio.get(url).json()["people"]]
    assert paths == [f"{url}/people/{number}/thumbnail" for number in (1, 2)]
    assert studio.get(url).json()["session"]["thumbnail"] == paths[0]
    for path in paths:
        answer = studio.get(path)
        assert Image.open(io.BytesIO(answer.content)).size == (96, 96)
        assert brightness(answer) < 240
    refusal(studio.get(f"{url}/people/9/thumbnail"), 404)
    studio.delete(url)
    refusal(studio.get(paths[0]), 404)


def test_the_frontal_sharp_face_is_the_image() -> None:
    good = {"yaw": 2.0, "sharpness": 0.6}
    faces = [
        face(1, **good),
        face(1, yaw=60.0, sharpness=0.6),
        face(1, yaw=0.0, sharpness=0.05),
    ]
    assert max(faces, key=portraits.rank_face) is faces[0]


def test_faces_of_a_person_are_spread_over_the_time_in_view(
    studio: TestClient, filmed: Session
) -> None:
    url = f"/v1/sessions/{filmed.id}"
    found = studio.get(f"{url}/people/2/faces", params={"limit": 4}).json()
    assert [it["frame"] for it in found["faces"]] == [0, 50, 99, 149]
    assert found["visits"] == [{"start": 0, "end": pytest.approx(FRAMES / RATE)}]
    assert found["faces"][0]["box"] == [BOX.x, BOX.y, BOX.width, BOX.height]
    assert (found["faces"][0]["emotion"], found["faces"][0]["confidence"]) == ("neutral", 0.7)
    for it in found["faces"]:
        assert brightness(studio.get(it["image"])) == pytest.approx(gray(it["frame"]), abs=8)
    refusal(studio.get(f"{url}/people/9/faces"), 404)
    refusal(studio.get(f"{url}/faces/99999/image"), 404)


def test_a_person_has_the_faces_of_those_who_were_merged_into_it(
    studio: TestClient, filmed: Session
) -> None:
    url = f"/v1/sessions/{filmed.id}"
    studio.put(f"{url}/people/2/merge", json={"into": 1})
    counts = [
        len(studio.get(f"{url}/people/{number}/faces", params={"limit": 200}).json()["faces"])
        for number in (1, 2)
    ]
    assert counts == [200, FRAMES]


def test_one_image_decodes_a_bounded_part_of_the_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[float] = []
    video, box = make_video(tmp_path / "a.mp4", regular(10, 100)), Box(8, 8, 32, 32)

    def counting(*given: Any) -> Iterator[Any]:
        for time, pixels in read_near(*given):
            read.append(time)
            yield time, pixels

    monkeypatch.setattr(stills, "read_near", counting)
    monkeypatch.setattr(stills, "read_video", lambda function, *given: function(*given))
    assert stills.cut_face(video, 9.0, box, 96)
    assert min(read) > 5
    read.clear()
    assert stills.cut_face(video, 9.0, box, 96)
    assert read == []
    monkeypatch.setattr(stills, "_MOST_FRAMES", 2)
    assert stills.cut_face(video, 9.5, box, 96) is None
    assert len(read) == 2
    assert stills.cut_face(tmp_path / "none.mp4", 0, box, 96) is None


def test_without_a_video_there_is_no_image(studio: TestClient) -> None:
    url = start(studio)
    send(studio, url, shown(0))
    session = studio.get(url).json()
    assert session["session"]["thumbnail"] is session["people"][0]["thumbnail"] is None
    (face,) = studio.get(f"{url}/people/1/faces").json()["faces"]
    assert face["image"] is None
    assert "was not saved" in refusal(studio.get(f"{url}/faces/{face['id']}/image"), 404)
    assert "no image of person 1" in refusal(studio.get(f"{url}/people/1/thumbnail"), 404)
    assert "keeps no images" in refusal(put(studio, url, image()), 409)


def put(studio: TestClient, url: str, data: bytes, person: int = 1) -> Any:
    return studio.put(f"{url}/people/{person}/thumbnail", content=data)


def test_an_image_is_kept_where_the_user_asked_for_it(studio: TestClient, store: Store) -> None:
    new = {"name": "a", "kind": "live", "thumbnails": True}
    made = studio.post("/v1/sessions", json=new).json()
    assert made["thumbnails"] is True
    url = f"/v1/sessions/{made['id']}"
    refusal(put(studio, url, image()), 404)
    send(studio, url, shown(0, (1, 2)))
    sent = io.BytesIO()
    white = Image.new("RGB", (120, 100), "white")
    white.save(sent, "JPEG", exif=Image.Exif(), comment=b"secret")
    assert put(studio, url, sent.getvalue(), 2).status_code == 204
    paths = [person["thumbnail"] for person in studio.get(url).json()["people"]]
    assert paths == [None, f"{url}/people/2/thumbnail"]
    assert studio.get("/v1/sessions").json()["sessions"][0]["thumbnail"] == paths[1]
    answer = studio.get(paths[1])
    assert brightness(answer) > 250
    assert b"secret" not in answer.content
    studio.put(f"{url}/people/2/merge", json={"into": 1})
    assert brightness(studio.get(f"{url}/people/1/thumbnail")) > 250
    assert "more than 30,000 bytes" in refusal(put(studio, url, b"\xff\xd8" * 15_001), 413)
    assert "not a JPEG" in refusal(put(studio, url, image(kind="PNG")), 422)
    refusal(put(studio, url, b"\xff\xd8nonsense"), 422)
    studio.delete(url)
    assert store.database.rows("SELECT * FROM thumbnails") == []


@pytest.fixture
def ended(studio: TestClient) -> str:
    """A session of two seconds with two people."""
    url = start(studio)
    send(studio, url, *(shown(at, (1, 2)) for at in range(20)))
    studio.patch(url, json={"status": "done"})
    return url


def split(studio: TestClient, url: str, person: int, start: float, end: float) -> Any:
    return studio.post(f"{url}/people/{person}/split", json={"start": start, "end": end})


def test_a_stretch_of_a_person_becomes_another_person(studio: TestClient, ended: str) -> None:
    before = studio.get(f"{ended}/timeline").json()
    assert split(studio, ended, 1, 0.5, 0.9).json() == {"person": 3}
    assert persons(studio, ended).count("3") == 5
    curves = {curve["person"]: curve for curve in studio.get(f"{ended}/timeline").json()}
    assert curves[3]["frames"] == [5, 6, 7, 8, 9]
    assert curves[2] == before[1]
    assert studio.get(ended).json()["session"]["people"] == 3
    faces = studio.get(f"{ended}/people/3/faces").json()["faces"]
    assert [face["frame"] for face in faces] == [5, 6, 7, 8, 9]
    studio.put(f"{ended}/people/3/merge", json={"into": 1})
    assert studio.get(f"{ended}/timeline").json() == before


def test_a_split_takes_the_faces_of_merged_people(studio: TestClient, ended: str) -> None:
    studio.put(f"{ended}/people/2/merge", json={"into": 1})
    assert split(studio, ended, 2, 0, 0.4).json() == {"person": 3}
    assert persons(studio, ended).count("3") == 10


def test_a_split_of_nothing_or_all_is_refused(studio: TestClient, ended: str) -> None:
    assert "no face from 5 to 9 seconds" in refusal(split(studio, ended, 1, 5, 9), 409)
    assert "nothing would be split" in refusal(split(studio, ended, 1, 0, 9), 409)
    assert "ends before it starts" in refusal(split(studio, ended, 1, 2, 1), 409)
    refusal(split(studio, ended, 9, 0, 1), 404)
    going = start(studio)
    send(studio, going, shown(0), shown(1))
    assert "still recording" in refusal(split(studio, going, 1, 0, 0), 409)
    assert persons(studio, ended) == ["1", "2"] * 20


def test_a_session_with_a_split_person_is_not_resumed(studio: TestClient, store: Store) -> None:
    url = start(studio)
    send(studio, url, shown(0), shown(1))
    store.sessions.end(1, "interrupted")
    assert split(studio, url, 1, 0, 0).json() == {"person": 2}
    frames = {"frames": [shown(2, (2,))]}
    assert "has ended" in refusal(studio.post(f"{url}/frames", json=frames), 409)
