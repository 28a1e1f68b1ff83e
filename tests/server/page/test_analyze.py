"""Analyze: photos and videos that are dropped on the page."""

import re
from itertools import count
from pathlib import Path

import av
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from tests.server.page.conftest import OpenPage, Studio, ask

pytestmark = pytest.mark.slow


@pytest.fixture
def analyze(studio: Studio, open_page: OpenPage) -> Page:
    return open_page(f"{studio.url}/#/analyze")


@pytest.fixture(scope="module")
def five(shared: Path) -> Path:
    return shared / "media" / "five_faces.jpg"


@pytest.fixture(scope="module")
def clip(shared: Path) -> Path:
    return shared / "media" / "one_face.mp4"


@pytest.fixture(scope="module")
def long_video(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clip, forty times over."""
    path = tmp_path_factory.mktemp("video") / "long.mp4"
    with av.open(path, "w") as out:
        stream, number = None, count()
        for _ in range(40):
            with av.open(clip) as video:
                source = video.streams.video[0]
                stream = stream or out.add_stream_from_template(source)
                for packet in video.demux(source):
                    if packet.dts is not None:
                        packet.pts = packet.dts = next(number) * packet.duration
                        packet.stream = stream
                        out.mux(packet)
    return path


def choose(page: Page, *paths: Path) -> None:
    page.get_by_label(re.compile("^Drop photos")).set_input_files(paths)


def drop(page: Page, path: Path) -> None:
    """Drops a file or a folder as a user does, by Chromium's own events."""
    box = page.locator(".drop").bounding_box()
    assert box is not None
    files = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    place = {"x": box["x"] + 9, "y": box["y"] + 9, "data": files}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **place})


def wait_for_models(page: Page) -> None:
    models = page.get_by_role("combobox", name=re.compile("^Model"))
    expect(models.locator("option")).not_to_have_count(0)


def item(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name)


def status(page: Page, name: str) -> Locator:
    return item(page, name).locator(".status")


def test_a_dropped_photo_shows_its_five_faces(analyze: Page, five: Path) -> None:
    drop(analyze, five)
    expect(status(analyze, five.name)).to_have_text("5 faces")
    faces = item(analyze, five.name).get_by_role("region", name=re.compile(r"Face \d"))
    expect(faces).to_have_count(5)
    labels = faces.locator("caption").all_inner_texts()
    assert sum("happy" in label for label in labels) >= 4
    image = item(analyze, five.name).get_by_role("img")
    assert image.evaluate("(image) => image.naturalWidth") == 1000
    box = item(analyze, five.name).locator(".media").bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(1000 / 667, rel=0.01)


def test_every_photo_of_a_dropped_folder_is_analyzed(analyze: Page, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for name in ("a.jpg", "inner/b.png"):
        Image.new("RGB", (64, 64)).save(tmp_path / name)
    drop(analyze, tmp_path)
    for name in ("a.jpg", "b.png"):
        expect(status(analyze, name)).to_have_text("No face detected")


def test_a_file_deleted_before_its_upload_is_reported(analyze: Page, tmp_path: Path) -> None:
    path = tmp_path / "gone.jpg"
    path.write_bytes(b"soon gone")
    expect(
        analyze.get_by_role("combobox", name=re.compile("^Model")).locator("option")
    ).not_to_have_count(0)
    analyze.get_by_label(re.compile("^Drop photos")).evaluate(
        "(input) => input.addEventListener('change', (event) => event.stopImmediatePropagation(),"
        " {capture: true, once: true})"
    )
    choose(analyze, path)
    path.unlink()
    analyze.get_by_label(re.compile("^Drop photos")).dispatch_event("change")
    expect(status(analyze, "gone.jpg")).to_have_text(
        "Cannot read the file anymore. Choose it again."
    )


def test_a_correction_of_a_photo_is_stored(studio: Studio, analyze: Page, five: Path) -> None:
    choose(analyze, five)
    face = item(analyze, five.name).get_by_role("region", name="Face 3")
    face.get_by_role("button", name="disgust").click()
    expect(face.get_by_role("status")).to_contain_text("Saved as disgust")
    assert ask(studio, analyze, "/v1/feedback")["feedback"][0]["label"] == "disgust"


def test_a_video_becomes_a_job_with_a_session(studio: Studio, analyze: Page, clip: Path) -> None:
    analyze.get_by_label("Save videos for playback").check()
    choose(analyze, clip)
    expect(status(analyze, clip.name)).to_have_text("72 frames, 72 faces")
    link = item(analyze, clip.name).get_by_role("link", name="Open session")
    session_id = str(link.get_attribute("href")).rpartition("/")[2]
    session = ask(studio, analyze, f"/v1/sessions/{session_id}")["session"]
    assert (session["name"], session["frames"], session["film"]) == (clip.name, 72, "video/mp4")
    link.click()
    analyze.wait_for_url(f"**/#/sessions/{session_id}")


def test_a_cancelled_video_can_be_retried(studio: Studio, analyze: Page, long_video: Path) -> None:
    choose(analyze, long_video)
    expect(status(analyze, "long.mp4")).to_contain_text(
        re.compile(r"Analyzing \d+.% · \d+ frames?, ")
    )
    with analyze.expect_response(lambda answer: answer.request.method == "DELETE"):
        item(analyze, "long.mp4").get_by_role("button", name="Cancel").click()
    expect(status(analyze, "long.mp4")).to_have_text("Cancelled")
    expect(item(analyze, "long.mp4").get_by_role("button", name="Retry")).to_be_visible()
    job = ask(studio, analyze, "/v1/jobs?limit=1")["jobs"][0]
    assert job["status"] in {"cancelled", "running"}  # the job ends after its current frame
    assert job["frames"] < 40 * 72


def test_unreadable_files_fail_and_the_others_are_analyzed(
    analyze: Page, five: Path, tmp_path: Path
) -> None:
    broken, video = tmp_path / "broken.jpg", tmp_path / "broken.mp4"
    broken.write_bytes(b"no image")
    video.write_bytes(b"no video")
    choose(analyze, broken, video, five)
    expect(status(analyze, "broken.jpg")).to_contain_text(
        re.compile("not an? (image|picture)", re.I)
    )
    expect(status(analyze, five.name)).to_have_text("5 faces")
    expect(item(analyze, "broken.mp4").get_by_role("button", name="Retry")).to_be_visible()
    expect(analyze.locator(".controls").get_by_role("status").last).to_have_text(
        "1 of 3 files done, 2 failed"
    )


def test_a_busy_server_is_retried(analyze: Page, five: Path) -> None:
    refusal = {"error": {"code": "busy", "message": "try again soon."}}
    requests = count()

    def refuse_once(route: Route) -> None:
        if next(requests):
            route.continue_()
        else:
            route.fulfill(status=503, headers={"Retry-After": "1"}, json=refusal)

    analyze.route("**/v1/analyze*", refuse_once)
    choose(analyze, five)
    expect(status(analyze, five.name)).to_have_text("5 faces")
    assert next(requests) == 2


def test_an_upload_continues_once_a_lost_server_is_back(
    own_studio: Studio, open_page: OpenPage, five: Path
) -> None:
    page = open_page(f"{own_studio.url}/#/analyze")
    expect(
        page.get_by_role("combobox", name=re.compile("^Model")).locator("option")
    ).not_to_have_count(0)
    own_studio.stop()
    choose(page, five)
    expect(page.get_by_role("alert")).to_contain_text("The Mien server is not responding.")
    own_studio.start()
    expect(status(page, five.name)).to_have_text("5 faces")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_results_remain_after_another_view_was_open(analyze: Page, five: Path) -> None:
    choose(analyze, five)
    expect(status(analyze, five.name)).to_have_text("5 faces")
    analyze.get_by_role("link", name="Sessions").click()
    expect(status(analyze, five.name)).to_have_count(0)
    analyze.get_by_role("link", name="Analyze").click()
    expect(status(analyze, five.name)).to_have_text("5 faces")
    analyze.get_by_role("button", name="Clear list").click()
    expect(status(analyze, five.name)).to_have_count(0)


def test_results_of_photos_are_saved_as_a_session(
    studio: Studio, analyze: Page, shared: Path
) -> None:
    media = shared / "media"
    choose(analyze, media / "five_faces.jpg", media / "one_face.jpg")
    analyze.get_by_role("button", name="Save results").click()
    link = analyze.get_by_role("link", name="Open 2 photos")
    session_id = str(link.get_attribute("href")).rpartition("/")[2]
    frames = ask(studio, analyze, f"/v1/sessions/{session_id}/frames")["frames"]
    faces = {frame["source"]: len(frame["faces"]) for frame in frames}
    assert faces == {"five_faces.jpg": 5, "one_face.jpg": 1}
    assert ask(studio, analyze, f"/v1/sessions/{session_id}")["session"]["status"] == "done"


def test_a_chosen_detector_finds_the_faces_and_is_saved(
    studio: Studio, analyze: Page, five: Path
) -> None:
    wait_for_models(analyze)
    detectors = analyze.get_by_role("combobox", name=re.compile("^Face detector"))
    expect(detectors).to_have_value("yunet")
    detectors.select_option("mtcnn")
    with analyze.expect_request("**/v1/analyze?*") as asked:
        drop(analyze, five)
    assert "detector=mtcnn" in asked.value.url
    expect(status(analyze, five.name)).to_have_text("5 faces")
    analyze.get_by_role("button", name="Save results").click()
    link = analyze.get_by_role("link", name=re.compile(f"^Open .*{five.name}"))
    session_id = str(link.get_attribute("href")).rpartition("/")[2]
    found = ask(studio, analyze, f"/v1/sessions/{session_id}")
    assert found["session"]["detector"] == "mtcnn"
