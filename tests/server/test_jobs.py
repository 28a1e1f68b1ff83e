"""Videos as jobs, from the upload to the session, and all that may end one early."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mien.inference.analyzer import Analyzer
from mien.inference.records import open_records, read_records
from mien.server import jobs as server_jobs
from mien.server.store import Store
from mien.server.store import faces as faces_module
from mien.storage.errors import DiskFullError
from tests.conftest import EIGHT_LABEL_CARD
from tests.disk import no_file_over
from tests.inference.media.videos import make_video, regular
from tests.server.store.studio import open_studio, refusal, send_video, wait_for
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def studio(tmp_path: Path, tiny_model: Path) -> Iterator[TestClient]:
    with open_studio(tmp_path / "studio", tiny_model, max_video_seconds=20) as client:
        yield client


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds without a face."""
    return make_video(tmp_path_factory.mktemp("films") / "a.mp4", regular(30, 60))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes each frame take a while."""
    until_stopped = server_jobs._until_stopped

    def slowly(*given: Any) -> Iterator[Any]:
        for frame in until_stopped(*given):
            time.sleep(0.05)
            yield frame

    monkeypatch.setattr(server_jobs, "_until_stopped", slowly)
    monkeypatch.setattr(faces_module, "EVERY", 0.1)


def left_over(client: TestClient) -> list[Path]:
    folder = client.app.state.settings.folder  # type: ignore[attr-defined]
    return [path for place in ("films", "scratch") for path in (folder / place).iterdir()]


def test_a_video_becomes_a_session(studio: TestClient, video: Path) -> None:
    answer = send_video(studio, video)
    assert answer.status_code == 202
    job = wait_for(studio, answer.json()["id"])
    assert (job["status"], job["progress"], job["frames"]) == ("done", 1.0, 60)
    session = studio.get(f"/v1/sessions/{job['session']}").json()["session"]
    assert (session["name"], session["kind"], session["status"]) == ("talk.mp4", "film", "done")
    assert (session["frames"], session["fps"], session["film"]) == (60, 30.0, None)
    assert (session["model"], session["width"]) == ("tiny", 64)
    assert studio.get("/v1/jobs").json()["jobs"] == [job]
    assert left_over(studio) == []


def test_a_real_video_gives_what_predict_gives(
    studio: TestClient, tiny_model: Path, shared: Path, tmp_path: Path
) -> None:
    video = shared / "media" / "one_face.mp4"
    job = wait_for(studio, send_video(studio, video, name="one.mp4", keep=True).json()["id"])
    assert (job["status"], job["frames"]) == ("done", 72)
    with open_records(tmp_path / "b.csv") as records:
        for result in Analyzer(tiny_model).stream(video):
            records.write(result)
    got = studio.get(f"/v1/sessions/{job['session']}/records")
    expected = (tmp_path / "b.csv").read_text().replace(f"{video}", "one.mp4")
    assert got.text == with_study_columns(expected)
    page = studio.get(f"/v1/sessions/{job['session']}/frames").json()
    row = page["frames"][0]["faces"][0]["id"]
    answer = studio.post("/v1/feedback", json={"label": "happy", "face": row})
    assert answer.json()["session"] == job["session"]
    report = studio.get(f"/v1/sessions/{job['session']}/report").text
    assert "data:image/jpeg;base64," in report


def with_study_columns(records: str) -> str:
    """Adds the columns that a session's records have, empty: nobody is named, nothing is marked."""
    header, *rows = records.splitlines()
    lines = [f"{header},name,event,condition,excluded", *(f"{row},,,," for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def test_a_video_is_analyzed_and_annotated_by_a_model_of_eight_labels(
    tmp_path: Path, eight_label_model: Path, shared: Path
) -> None:
    video = shared / "media" / "one_face.mp4"
    labels = EIGHT_LABEL_CARD.labels
    with open_studio(tmp_path / "studio", eight_label_model) as studio:
        job = wait_for(studio, send_video(studio, video, name="a.mp4", keep=True).json()["id"])
        assert (job["status"], job["frames"], job["message"]) == ("done", 72, "")
        url = f"/v1/sessions/{job['session']}"
        assert tuple(studio.get(url).json()["labels"]) == labels
        text = studio.get(f"{url}/records").text
        annotated = wait_for(studio, studio.post(f"{url}/annotated").json()["id"])
        assert (annotated["status"], annotated["frames"]) == ("done", 72)
    with open_records(tmp_path / "expected.csv") as records:
        for result in Analyzer(eight_label_model).stream(video):
            records.write(result)
    expected = tmp_path / "expected.csv"
    assert text == with_study_columns(expected.read_text().replace(f"{video}", "a.mp4"))
    assert "arousal" in read_records(expected).attributes


def test_a_saved_video_is_played_and_annotated(studio: TestClient, video: Path) -> None:
    job = wait_for(studio, send_video(studio, video, keep=True).json()["id"])
    url = f"/v1/sessions/{job['session']}"
    part = studio.get(f"{url}/film", headers={"Range": "bytes=0-99"})
    assert (part.status_code, part.content) == (206, video.read_bytes()[:100])
    assert part.headers["content-type"] == "video/mp4"
    refusal(studio.get(f"{url}/annotated"), 404)
    drawn = wait_for(studio, studio.post(f"{url}/annotated").json()["id"])
    assert (drawn["kind"], drawn["status"], drawn["frames"]) == ("annotate", "done", 60)
    answer = studio.get(f"{url}/annotated")
    assert "annotated-talk.mp4" in answer.headers["content-disposition"]
    assert answer.content[4:8] == b"ftyp"
    assert studio.delete(url).status_code == 204
    assert left_over(studio) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the video is empty"),
        (b"nonsense" * 100, "talk.mp4: not a video"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:a.mp4\n#EXT-X-ENDLIST\n", "talk.mp4: not a video"),
        (b"ffconcat version 1.0\nfile 'a.mp4'\n", "talk.mp4: not a video"),
        (b"ftypftyp<MPD" + b"\0" * 100, "talk.mp4: not a video"),
        (b"GIF89a" + b"\0" * 100, "talk.mp4: not a video"),
    ],
)
def test_a_file_that_is_not_a_video_is_refused(
    studio: TestClient, content: bytes, says: str
) -> None:
    assert says in refusal(send_video(studio, content), 400 if not content else 422)
    assert studio.get("/v1/sessions").json()["sessions"] == []
    assert left_over(studio) == []


def test_a_playlist_reaches_no_file_of_the_machine(studio: TestClient, tmp_path: Path) -> None:
    segment = make_video(tmp_path / "private.ts", regular(30, 30))
    answers = set()
    for named in (segment, tmp_path / "nothing.ts"):
        head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"
        playlist = f"{head}file://{named}\n#EXT-X-ENDLIST\n".encode()
        for start in (b"", b"G" * 4 + b"ftyp"):
            answers.add(refusal(send_video(studio, start + playlist + b"G" * 200), 422))
    assert len(answers) == 1  # no answer reveals whether the file exists


def test_videos_beyond_the_limits_are_refused(
    studio: TestClient, tmp_path: Path, tiny_model: Path
) -> None:
    long = make_video(tmp_path / "long.mp4", regular(2, 60))
    assert "longer than 20 seconds; cut it" in refusal(send_video(studio, long), 422)
    with open_studio(tmp_path / "other", tiny_model, max_pixels=1000) as client:
        assert "more than 1,000 pixels" in refusal(send_video(client, long), 422)


def test_a_video_of_unknown_length_is_stopped_at_the_limit(
    tmp_path: Path, tiny_model: Path
) -> None:
    endless = make_video(tmp_path / "a.ts", regular(10, 60))
    with open_studio(tmp_path / "studio", tiny_model, max_video_seconds=5) as client:
        answer = send_video(client, endless)
        if answer.status_code == 422:
            assert "longer than 5 seconds" in refusal(answer, 422)
            return
        job = wait_for(client, answer.json()["id"])
    assert job["status"] == "failed"
    assert "longer than 5 seconds" in job["message"]


def test_a_truncated_video_fails_and_its_analyzed_frames_stay(
    studio: TestClient, tmp_path: Path
) -> None:
    whole = make_video(tmp_path / "a.mkv", regular(30, 90))
    cut = whole.read_bytes()[: whole.stat().st_size * 2 // 3]
    job = wait_for(studio, send_video(studio, cut, name="../secret/cut.mkv").json()["id"])
    assert job["status"] == "failed"
    assert job["message"].startswith("cut.mkv: the video ends early")
    session = studio.get(f"/v1/sessions/{job['session']}").json()["session"]
    assert session["status"] == "interrupted"
    assert 10 < session["frames"] == job["frames"] < 90
    assert left_over(studio) == []


def test_forms_and_unknown_models_are_refused(studio: TestClient, video: Path) -> None:
    answer = studio.post("/v1/jobs", files={"file": video.read_bytes()})
    assert "send the video itself as the request's body" in refusal(answer, 400)
    assert "model not found" in refusal(send_video(studio, video, model="../paper.onnx"), 404)
    assert left_over(studio) == []


@pytest.mark.usefixtures("slow")
def test_a_cancelled_job_stops_at_a_frame(studio: TestClient, video: Path) -> None:
    running, waiting = (send_video(studio, video).json()["id"] for _ in range(2))
    wait_until(lambda: studio.get(f"/v1/jobs/{running}").json()["frames"] > 3)
    session = studio.get(f"/v1/jobs/{running}").json()["session"]
    assert "still works" in refusal(studio.delete(f"/v1/sessions/{session}"), 409)
    for job in (waiting, running):
        assert studio.delete(f"/v1/jobs/{job}").status_code == 204
    assert wait_for(studio, waiting)["session"] is None
    stopped = wait_for(studio, running)
    assert stopped["status"] == "cancelled"
    assert 3 < stopped["frames"] < 60
    kept = studio.get(f"/v1/sessions/{session}").json()["session"]
    assert (kept["status"], kept["frames"]) == ("interrupted", stopped["frames"])
    assert left_over(studio) == []
    assert studio.delete(f"/v1/jobs/{running}").status_code == 204
    refusal(studio.get(f"/v1/jobs/{running}"), 404)


@pytest.mark.usefixtures("slow")
def test_a_video_is_refused_when_the_queue_is_full(
    studio: TestClient, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_jobs, "MAX_QUEUED", 1)
    first = send_video(studio, video).json()["id"]
    answer = send_video(studio, video)
    assert "videos are queued already" in refusal(answer, 503)
    assert answer.headers["retry-after"] == "60"
    studio.delete(f"/v1/jobs/{first}")
    wait_for(studio, first)


@pytest.mark.usefixtures("slow")
def test_a_server_that_stops_marks_its_jobs_as_interrupted(
    tmp_path: Path, tiny_model: Path, video: Path
) -> None:
    with open_studio(tmp_path, tiny_model) as client:
        running, waiting = (send_video(client, video).json()["id"] for _ in range(2))
        wait_until(lambda: client.get(f"/v1/jobs/{running}").json()["frames"] > 3)
    with open_studio(tmp_path, tiny_model) as client:
        jobs = {job["id"]: job for job in client.get("/v1/jobs").json()["jobs"]}
        assert {job["status"] for job in jobs.values()} == {"interrupted"}
        assert jobs[running]["frames"] > 3
        session = client.get(f"/v1/sessions/{jobs[running]['session']}").json()["session"]
        assert (session["status"], session["frames"]) == ("interrupted", jobs[running]["frames"])
        assert jobs[waiting]["frames"] == 0
        assert left_over(client) == []


def test_a_disk_that_is_full_during_an_upload_is_an_error(studio: TestClient, video: Path) -> None:
    with no_file_over(5000):
        answer = send_video(studio, video.read_bytes() * 20)
    assert "free disk space" in refusal(answer, 507)
    assert left_over(studio) == []


@pytest.mark.usefixtures("slow")
def test_a_job_whose_disk_is_full_fails_and_its_end_is_stored_later(
    studio: TestClient, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store: Store = studio.app.state.store  # type: ignore[attr-defined]
    monkeypatch.setattr(server_jobs, "_POLL", 0.05)
    transaction = store.database.transaction
    job = send_video(studio, video).json()["id"]
    wait_until(lambda: studio.get(f"/v1/jobs/{job}").json()["frames"] > 3)

    def full() -> Any:
        raise DiskFullError("studio.sqlite: cannot be written; make room.")

    monkeypatch.setattr(type(store.database), "transaction", lambda self: full())
    wait_until(lambda: studio.get(f"/v1/jobs/{job}").json()["status"] == "failed")
    assert "make room" in studio.get(f"/v1/jobs/{job}").json()["message"]
    assert [job.status for job in store.jobs.list()] == ["running"]
    monkeypatch.setattr(type(store.database), "transaction", lambda self: transaction())
    wait_until(lambda: store.jobs.get(job).status == "failed")
    assert store.sessions.list()[0].frames > 3


SERVER = """
    import sys
    import time
    from pathlib import Path
    import mien.server.jobs as jobs
    from tests.server.store.studio import open_studio, send_video
    until_stopped = jobs._until_stopped

    def slowly(*given):
        for frame in until_stopped(*given):
            time.sleep(0.01)  # else a job may be done before it is seen to run
            yield frame

    jobs._until_stopped = slowly
    with open_studio(Path(sys.argv[1]), Path(sys.argv[2])) as client:
        job = send_video(client, Path(sys.argv[3])).json()["id"]
        while True:
            print(client.get(f"/v1/jobs/{job}").json()["frames"], flush=True)
"""


def test_a_killed_server_keeps_the_frames_of_its_job(tmp_path: Path, tiny_model: Path) -> None:
    video = make_video(tmp_path / "a.mp4", regular(30, 590), size=(320, 240))
    command = [sys.executable, "-c", textwrap.dedent(SERVER)]
    arguments = [str(tmp_path / "studio"), str(tiny_model), str(video)]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        reported = 0
        while reported == 0:
            reported = int(server.stdout.readline())
        os.kill(server.pid, signal.SIGKILL)
    with open_studio(tmp_path / "studio", tiny_model) as client:
        (job,) = client.get("/v1/jobs").json()["jobs"]
        assert (job["status"], job["message"]) == ("interrupted", "the server was stopped")
        session = client.get(f"/v1/sessions/{job['session']}").json()["session"]
        assert session["status"] == "interrupted"
        assert session["frames"] >= reported
        assert left_over(client) == []
