"""Profiles over HTTP and live: a correction holds from the next answer on."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient, WebSocketTestSession

from mien.emotions import EMOTIONS
from mien.personalization.store import FILE_NAME, Profiles
from mien.server.app import create_app
from mien.server.settings import Settings
from tests.personalization.people import doubtful_crop
from tests.server.conftest import LIVE, URL, encode, image
from tests.server.store.new_frames import seen
from tests.server.store.studio import refusal, send_video, wait_for

pytestmark = pytest.mark.slow

CROP = image(seed=1)


@pytest.fixture
def here(settings: Settings, tmp_path: Path) -> Settings:
    return replace(settings, folder=tmp_path / "studio")


@pytest.fixture
def client(here: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(here), base_url=URL) as client:
        client.post("/v1/profiles", json={"name": "Ada"})
        yield client


def analyze(client: TestClient, content: bytes = CROP, **query: Any) -> dict[str, Any]:
    """What is answered for a cropped face."""
    asked = {"crops": True, "face_ids": True, **query}
    answer = client.post("/v1/analyze", params=asked, content=content)
    assert answer.status_code == 200, answer.text
    (face,) = answer.json()["faces"]
    return dict(face)


def runner_up(face: dict[str, Any]) -> str:
    ranked = sorted(EMOTIONS, key=lambda name: -face["probabilities"][name])
    return ranked[1]


def correct(client: TestClient, face: dict[str, Any], label: str, **more: Any) -> Any:
    body = {"label": label, "face_id": face["face_id"], "profile": "Ada", **more}
    return client.post("/v1/feedback", json=body)


def corrections(client: TestClient) -> int:
    return int(client.get("/v1/profiles/Ada").json()["corrections"])


def test_the_whole_loop_and_a_restart(client: TestClient, here: Settings, tiny_model: Path) -> None:
    crop = encode(np.repeat(doubtful_crop(tiny_model)[..., None], 3, axis=2), "PNG")
    face = analyze(client, crop, profile="Ada")
    right = runner_up(face)
    assert correct(client, face, right).status_code == 201
    assert analyze(client, crop, profile="Ada")["emotion"] == right
    assert analyze(client, crop)["emotion"] == face["emotion"]
    shown = client.post("/v1/profiles/Ada/undo").json()
    assert (shown["corrections"], shown["version"]) == (0, 2)
    assert analyze(client, crop, profile="Ada")["probabilities"] == face["probabilities"]
    client.post("/v1/profiles/Ada/rollback", json={"version": 1})
    client.__exit__(None, None, None)
    with TestClient(create_app(here), base_url=URL) as again:
        assert analyze(again, crop, profile="Ada")["emotion"] == right
        found = again.get("/v1/profiles/Ada").json()
    assert [one["cause"] for one in found["versions"]] == ["teach", "undo", "rollback"]
    assert (found["model"], found["figures"]["samples"]) == ("tiny", 1)
    client.__enter__()


def ask(live: WebSocketTestSession, message: bytes | dict[str, Any]) -> dict[str, Any]:
    live.send_bytes(message) if isinstance(message, bytes) else live.send_json(message)
    return dict(live.receive_json())


def test_a_correction_changes_the_next_live_frame(client: TestClient, shared: Path) -> None:
    photo = (shared / "media" / "one_face.jpg").read_bytes()
    with client.websocket_connect(LIVE) as live:
        told = ask(live, {"profile": "Ada", "face_ids": True, "model": "small"})
        assert told["settings"]["profile"] == "Ada"
        (face,) = ask(live, photo)["faces"]
        right = runner_up(face)
        found = correct(client, face, right).json()
        (after,) = ask(live, photo)["faces"]
        assert (after["emotion"], after["person"]) == (right, face["person"])
        assert after["smoothed"] == after["probabilities"]
        client.delete(f"/v1/feedback/{found['id']}")
        (undone,) = ask(live, photo)["faces"]
        assert undone["emotion"] == face["emotion"]
        assert corrections(client) == 0


def test_a_live_profile_that_is_not_there_is_told_and_the_old_one_stays(
    client: TestClient,
) -> None:
    with client.websocket_connect(LIVE) as live:
        ask(live, {"profile": "Ada"})
        told = ask(live, {"profile": "Bob"})["error"]
        assert (told["code"], told["message"]) == (
            "not_found",
            "profile 'Bob' not found; choose from Ada.",
        )
        assert ask(live, {})["settings"]["profile"] == "Ada"
        client.delete("/v1/profiles/Ada")
        assert ask(live, image())["error"]["code"] == "not_found"
        assert ask(live, {"profile": None})["settings"]["profile"] is None
        assert ask(live, image())["faces"] == []


def test_two_labels_for_one_face_are_refused_and_nothing_is_kept(client: TestClient) -> None:
    face = analyze(client)
    first = correct(client, face, "happy").json()
    again = correct(client, analyze(client), "happy").json()
    assert again["correction"] == first["correction"] == 1
    message = refusal(correct(client, face, "sad"), 409)
    assert message.endswith("is labelled happy already, by correction 1; undo that one first.")
    assert corrections(client) == 1
    assert client.get("/v1/feedback").json()["counts"]["sad"] == 0


def test_corrections_are_counted_until_their_profile_is_deleted(client: TestClient) -> None:
    correct(client, analyze(client), "happy")
    client.post("/v1/feedback", json={"label": "sad", "face_id": analyze(client)["face_id"]})
    counts = client.get("/v1/feedback").json()["counts"]
    assert (counts["happy"], counts["sad"]) == (1, 1)
    client.delete("/v1/profiles/Ada")
    left = client.get("/v1/feedback").json()
    assert (left["counts"]["happy"], left["counts"]["sad"]) == (0, 1)
    assert [feedback["label"] for feedback in left["feedback"]] == ["sad"]


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"label": "bored"}, 422, "label: "),
        ({"label": "sad", "face_id": "gone"}, 404, "no longer in memory"),
        ({"label": "sad", "face": 99}, 404, "face 99 not found"),
    ],
)
def test_a_correction_that_cannot_be_is_told(
    client: TestClient, body: dict[str, Any], status: int, told: str
) -> None:
    if len(body) == 1:
        body |= {"face_id": analyze(client)["face_id"]}
    answer = client.post("/v1/feedback", json={**body, "profile": "Ada"})
    assert told in refusal(answer, status)
    assert corrections(client) == 0


def test_feedback_for_a_profile_that_is_not_there_is_not_kept(client: TestClient) -> None:
    answer = correct(client, analyze(client), "sad", profile="Bob")
    assert "profile 'Bob' not found" in refusal(answer, 404)
    assert client.get("/v1/feedback").json()["feedback"] == []


def test_a_profile_of_another_model_is_refused_everywhere(client: TestClient) -> None:
    correct(client, analyze(client), "happy")
    answer = client.post(
        "/v1/analyze", params={"profile": "Ada", "model": "small", "crops": True}, content=CROP
    )
    assert "profile 'Ada' was taught with the model tiny 0" in refusal(answer, 409)
    refusal(correct(client, analyze(client, image(seed=2), model="small"), "sad"), 409)
    with client.websocket_connect(LIVE) as live:
        told = ask(live, {"profile": "Ada", "model": "small"})
        assert told["error"]["code"] == "conflict"
        assert ask(live, {})["settings"]["model"] is None
    assert corrections(client) == 1


def test_a_image_is_kept_only_where_that_is_wished(client: TestClient) -> None:
    correct(client, analyze(client), "happy")
    assert "needs no change" in refusal(client.post("/v1/profiles/Ada/upgrade"), 409)
    upgrade = {"params": {"model": "small"}}
    assert "no images of the faces are stored" in refusal(
        client.post("/v1/profiles/Ada/upgrade", **upgrade), 409
    )
    correct(client, analyze(client, image(seed=2)), "sad", keep_picture=True)
    done = client.post("/v1/profiles/Ada/upgrade", **upgrade).json()
    assert (done["carried"], done["left"], done["profile"]["model"]) == (1, [1], "small")


def test_a_video_is_answered_as_the_profile_has_learned(
    client: TestClient, shared: Path, tmp_path: Path
) -> None:
    video = shared / "media" / "one_face.mp4"

    def faces(**query: Any) -> list[dict[str, Any]]:
        job = send_video(client, video, model="small", **query).json()
        assert wait_for(client, job["id"])["status"] == "done"
        session = client.get(f"/v1/sessions/{job['session']}").json()["session"]
        assert session["profile"] == query.get("profile")
        page = client.get(f"/v1/sessions/{job['session']}/frames").json()
        return [frame["faces"][0] for frame in page["frames"]]

    before = faces()[0]
    right = runner_up(before)
    taught = client.post(
        "/v1/feedback", json={"label": right, "face": before["id"], "profile": "Ada"}
    )
    assert taught.status_code == 201, taught.text
    after = faces(profile="Ada")[0]
    assert after["emotion"] == right
    # What the model itself answered is what a correction of this face would be learned from.
    again = client.post("/v1/feedback", json={"label": right, "face": after["id"]}).json()
    assert again["probabilities"] == pytest.approx(before["probabilities"], abs=1e-5)


def test_a_face_that_was_recorded_live_is_learned_from_what_the_model_itself_answered(
    client: TestClient,
) -> None:
    before = analyze(client)
    correct(client, before, runner_up(before))
    adapted = analyze(client, profile="Ada")
    assert adapted["probabilities"] != before["probabilities"]
    session = client.post("/v1/sessions", json={"name": "a", "kind": "live"}).json()["id"]
    frame = {"frame": 0, "width": 48, "height": 48, "faces": [adapted]}
    client.post(f"/v1/sessions/{session}/frames", json={"frames": [frame]})
    page = client.get(f"/v1/sessions/{session}/frames").json()
    (face,) = page["frames"][0]["faces"]
    assert face["probabilities"] == adapted["probabilities"]
    kept = client.post("/v1/feedback", json={"label": "sad", "face": face["id"]}).json()
    assert kept["probabilities"] == pytest.approx(before["probabilities"], abs=1e-5)


def test_a_face_recorded_with_a_model_that_is_gone_teaches_nothing(client: TestClient) -> None:
    store = client.app.state.store  # type: ignore[attr-defined]
    session = store.sessions.create("a", "live", "tiny", "older").id
    store.faces.add(session, [seen(0)])
    ((row, _),) = store.faces.frames(session)[0].faces
    body = {"label": "sad", "face": row, "profile": "Ada"}
    assert "is not available now" in refusal(client.post("/v1/feedback", json=body), 409)


def test_nor_does_one_of_another_file_with_the_name_and_version_of_todays(
    client: TestClient,
) -> None:
    store = client.app.state.store  # type: ignore[attr-defined]
    today = client.post("/v1/sessions", json={"name": "a", "kind": "live"}).json()
    known = (today["model"], today["model_version"])
    for digest, status in (("", 409), ("0" * 64, 409), (today["model_digest"], 201)):
        session = store.sessions.create("a", "live", *known, model_digest=digest).id
        store.faces.add(session, [seen(0)])
        ((row, _),) = store.faces.frames(session)[0].faces
        body = {"label": "sad", "face": row, "profile": "Ada"}
        assert client.post("/v1/feedback", json=body).status_code == status


def test_an_export_comes_back_and_a_spoiled_one_is_refused_whole(client: TestClient) -> None:
    correct(client, analyze(client), "happy")
    answer = client.get("/v1/profiles/Ada/export")
    assert "Ada.mien-profile" in answer.headers["content-disposition"]
    spoiled = answer.content[:-9]
    refusal(client.post("/v1/profiles/import", params={"name": "B"}, content=spoiled), 422)
    made = client.post("/v1/profiles/import", params={"name": "B"}, content=answer.content)
    assert (made.status_code, made.json()["corrections"]) == (201, 1)
    refusal(client.post("/v1/profiles/import", content=answer.content), 409)
    names = [one["name"] for one in client.get("/v1/profiles").json()["profiles"]]
    assert names == ["Ada", "B"]


def test_bad_names_and_what_is_not_there(client: TestClient) -> None:
    assert "'-' is not a profile name" in refusal(
        client.post("/v1/profiles", json={"name": "-"}), 422
    )
    refusal(client.post("/v1/profiles", json={"name": "Ada"}), 409)
    refusal(client.get("/v1/profiles/Bob"), 404)
    refusal(client.post("/v1/profiles/Ada/undo"), 409)
    refusal(client.post("/v1/profiles/Ada/rollback", json={"version": 3}), 404)
    assert client.delete("/v1/profiles/Ada").status_code == 204
    refusal(client.delete("/v1/profiles/Ada"), 404)


def test_the_command_and_the_server_share_a_profile(client: TestClient, here: Settings) -> None:
    face = analyze(client)
    correct(client, face, runner_up(face))
    assert analyze(client, profile="Ada")["probabilities"] != face["probabilities"]
    command = Profiles.open(here.folder)
    command.undo("Ada")
    command.close()
    assert analyze(client, profile="Ada")["probabilities"] == face["probabilities"]
    assert (here.folder / FILE_NAME).exists()


def test_what_is_answered_is_plain_json(client: TestClient) -> None:
    correct(client, analyze(client), "happy")
    text = client.get("/v1/profiles/Ada").text
    assert json.loads(text)["figures"]["gate_open"] in (True, False)


def test_a_recording_says_which_profile_answered(client: TestClient) -> None:
    new = {"name": "Monday", "kind": "live"}
    for profile in ("Ada", None):
        made = client.post("/v1/sessions", json={**new, "profile": profile}).json()
        assert made["profile"] == profile
        assert client.get(f"/v1/sessions/{made['id']}").json()["session"]["profile"] == profile
    assert client.post("/v1/sessions", json=new).json()["profile"] is None


def test_a_profile_that_is_deleted_while_it_learns_is_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    face, teach = analyze(client), Profiles.teach

    def teach_and_lose(profiles: Profiles, name: str, new: Any) -> Any:
        result = teach(profiles, name, new)
        client.delete("/v1/profiles/Ada")
        return result

    monkeypatch.setattr(Profiles, "teach", teach_and_lose)
    refusal(correct(client, face, runner_up(face)), 404)
    found = client.get("/v1/feedback").json()
    assert (found["feedback"], sum(found["counts"].values())) == ([], 0)
