"""Analyze: photos and videos that are dropped on the page."""

import csv
import re
import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from tests.server.page.conftest import OpenPage, Studio, ask
from tests.server.page.drawn import answer, draw_face, encode

pytestmark = pytest.mark.slow

SIZE = (320, 240)
LONG_NAME = f"{'long ' * 38}name.jpg"
NAMES = ("שלום 😀.jpg", "<b>bold<b>.jpg", LONG_NAME)


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


Draw = Callable[..., list[Path]]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Draws a photo for each name."""

    def draw_all(*names: str) -> list[Path]:
        paths = [tmp_path / name for name in names]
        for seed, path in enumerate(paths):
            path.write_bytes(encode(draw_face(SIZE, [0.5], seed)))
        return paths

    return draw_all


def answer_with(page: Page, results: Sequence[Any]) -> list[str]:
    """Answers the photos in their order, without the server; returns the list of requests."""
    asked: list[str] = []

    def reply(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(json=results[(len(asked) - 1) % len(results)])

    page.route("**/v1/analyze?*", reply)
    return asked


def result(*faces: tuple[str, float]) -> Any:
    """What the server answers: a face for each label and confidence."""
    centers = [(at + 0.5) / len(faces) for at in range(len(faces))]
    drawn = answer(SIZE, centers, [label for label, _ in faces])
    for face, (label, confidence) in zip(drawn["faces"], faces, strict=True):
        rest = (1 - confidence) / (len(face["probabilities"]) - 1)
        face["probabilities"] = dict.fromkeys(face["probabilities"], rest) | {label: confidence}
        face["confidence"] = confidence
        del face["smoothed"], face["person"]
    return drawn


def choose(page: Page, *paths: Path) -> None:
    page.get_by_label("Choose files", exact=True).and_(page.locator("input")).set_input_files(paths)


def drop(page: Page, path: Path) -> None:
    """Drops a file or a folder as a user does, by Chromium's own events."""
    box = page.locator(".workspace").bounding_box()
    assert box is not None
    files = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    place = {"x": box["x"] + 9, "y": box["y"] + 9, "data": files}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **place})


def tile(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_text(name, exact=True))


def status(page: Page, name: str) -> Locator:
    return tile(page, name).locator(".status")


def detail(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name=name)


def names(page: Page) -> list[str]:
    return page.locator(".file .name").all_inner_texts()


def chip(page: Page, text: str) -> Locator:
    return page.get_by_role("group", name="Show", exact=True).get_by_role("button", name=text)


def test_a_dropped_photo_shows_its_five_faces(analyze: Page, five: Path) -> None:
    drop(analyze, five)
    expect(status(analyze, five.name)).to_have_text("5 faces")
    opened = detail(analyze, five.name)
    faces = opened.get_by_role("region", name=re.compile(r"Face \d"))
    expect(faces).to_have_count(5)
    labels = faces.locator("caption").all_inner_texts()
    assert sum("happy" in label for label in labels) >= 4
    image = opened.get_by_role("img")
    assert image.evaluate("(image) => image.naturalWidth") == 1000
    box = opened.locator(".media").bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(1000 / 667, rel=0.01)


def test_a_photo_on_its_side_is_told(analyze: Page, shared: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.png"
    with Image.open(shared / "media" / "one_face.jpg") as image:
        image.rotate(90, expand=True).save(turned)
    drop(analyze, turned)
    expect(status(analyze, turned.name)).to_have_text("1 face")
    expect(detail(analyze, turned.name)).to_contain_text(
        "Every face lies on its side: turn the image, if its camera was held upright."
    )


def test_every_photo_of_a_dropped_folder_is_analyzed_and_other_files_are_told(
    analyze: Page, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    for name in ("a.jpg", "inner/b.png"):
        Image.new("RGB", (64, 64)).save(folder / name)
    (folder / "notes.txt").write_text("no photo")
    drop(analyze, folder)
    for name in ("a.jpg", "b.png"):
        expect(status(analyze, name)).to_have_text("No face detected")
    expect(analyze.get_by_text("1 file skipped")).to_contain_text("notes.txt")


def test_more_files_and_folders_are_added(analyze: Page, draw: Draw, tmp_path: Path) -> None:
    answer_with(analyze, [result(("happy", 0.9))])
    (tmp_path / "folder").mkdir()
    paths = draw("a.jpg", "b.jpg", "folder/c.jpg")
    choose(analyze, *paths[:1])
    expect(detail(analyze, "a.jpg")).to_be_visible()
    analyze.keyboard.press("Escape")
    for entry, added in (("Files", paths[1]), ("Folder", tmp_path / "folder")):
        analyze.get_by_role("button", name="Add").click()
        with analyze.expect_file_chooser() as chooser:
            analyze.get_by_role("menuitem", name=entry).click()
        chooser.value.set_files(added)
        expect(status(analyze, paths[1].name)).to_have_text("1 face")
    expect(status(analyze, "c.jpg")).to_have_text("1 face")
    assert names(analyze) == ["a.jpg", "b.jpg", "c.jpg"]


def test_a_file_deleted_before_its_upload_is_reported(analyze: Page, tmp_path: Path) -> None:
    path = tmp_path / "gone.jpg"
    path.write_bytes(b"soon gone")
    inputs = analyze.locator("input[type=file]").first
    inputs.evaluate(
        "(input) => input.addEventListener('change', (event) => event.stopImmediatePropagation(),"
        " {capture: true, once: true})"
    )
    choose(analyze, path)
    path.unlink()
    inputs.dispatch_event("change")
    expect(status(analyze, "gone.jpg")).to_have_text(
        "Cannot read the file anymore. Choose it again."
    )


def test_a_correction_is_stored_and_seen_on_the_photo(
    studio: Studio, analyze: Page, five: Path
) -> None:
    choose(analyze, five)
    face = detail(analyze, five.name).get_by_role("region", name="Face 3")
    face.get_by_role("button", name="Wrong?").click()
    face.get_by_role("button", name="disgust").click()
    expect(analyze.get_by_text("Saved as disgust")).to_be_visible()
    assert ask(studio, analyze, "/v1/feedback")["feedback"][0]["label"] == "disgust"
    expect(tile(analyze, five.name)).to_contain_text("Corrected")
    analyze.get_by_role("button", name="Undo").click()
    expect(tile(analyze, five.name)).not_to_contain_text("Corrected")


def test_a_correction_is_told_when_the_photo_is_opened_again(analyze: Page, draw: Draw) -> None:
    answer_with(analyze, [result(("happy", 0.9))])
    analyze.route("**/v1/feedback", lambda route: route.fulfill(json={"id": 1, "correction": None}))
    choose(analyze, *draw("a.jpg"))
    face = detail(analyze, "a.jpg").get_by_role("region", name="Face 1")
    face.get_by_role("button", name="Wrong?").click()
    face.get_by_role("button", name="sad").click()
    analyze.keyboard.press("Escape")
    tile(analyze, "a.jpg").get_by_role("button").click()
    expect(face.get_by_text("Corrected to sad")).to_be_visible()


def test_a_video_becomes_a_job_with_a_session(studio: Studio, analyze: Page, clip: Path) -> None:
    analyze.get_by_label("Save videos for playback").check()
    choose(analyze, clip)
    expect(status(analyze, clip.name)).to_have_text("72 frames, 72 faces")
    link = tile(analyze, clip.name).get_by_role("link", name="Open session")
    session_id = str(link.get_attribute("href")).rpartition("/")[2]
    session = ask(studio, analyze, f"/v1/sessions/{session_id}")["session"]
    assert (session["name"], session["frames"], session["film"]) == (clip.name, 72, "video/mp4")
    link.click()
    analyze.wait_for_url(f"**/#/sessions/{session_id}")


def test_a_cancelled_video_can_be_retried(studio: Studio, analyze: Page, long_video: Path) -> None:
    choose(analyze, long_video)
    expect(status(analyze, "long.mp4")).to_contain_text(re.compile(r"Analyzing \d+.%"))
    with analyze.expect_response(lambda answer: answer.request.method == "DELETE"):
        tile(analyze, "long.mp4").get_by_role("button", name="Cancel").click()
    expect(status(analyze, "long.mp4")).to_have_text("Cancelled")
    expect(tile(analyze, "long.mp4").get_by_role("button", name="Retry")).to_be_visible()
    job = ask(studio, analyze, "/v1/jobs?limit=1")["jobs"][0]
    assert job["status"] in {"cancelled", "running"}  # the job ends after its current frame
    assert job["frames"] < 40 * 72


def test_unreadable_files_fail_and_the_others_are_analyzed(
    analyze: Page, draw: Draw, tmp_path: Path
) -> None:
    broken, video = tmp_path / "broken.jpg", tmp_path / "broken.mp4"
    broken.write_bytes(b"no image")
    video.write_bytes(b"no video")
    choose(analyze, broken, video, *draw("drawn.jpg"))
    expect(status(analyze, "broken.jpg")).to_contain_text(re.compile("not an image", re.I))
    expect(status(analyze, "drawn.jpg")).to_have_text("1 face")
    expect(tile(analyze, "broken.mp4").get_by_role("button", name="Retry")).to_be_visible()
    expect(analyze.get_by_text("3 files done · 2 failed")).to_be_visible()
    chip(analyze, "Errors 2 files").click()
    expect(analyze.get_by_role("listitem")).to_have_count(2)


def test_a_too_large_photo_is_told_with_its_size(analyze: Page, tmp_path: Path) -> None:
    (tmp_path / "huge.jpg").write_bytes(bytes(21 * 2**20))
    choose(analyze, tmp_path / "huge.jpg")
    expect(status(analyze, "huge.jpg")).to_have_text(
        "22 MB is more than the server takes. Make the file smaller."
    )


def test_a_busy_server_is_retried(analyze: Page, draw: Draw) -> None:
    refusal = {"error": {"code": "busy", "message": "try again soon."}}
    requests = count()

    def refuse_once(route: Route) -> None:
        if next(requests):
            route.continue_()
        else:
            route.fulfill(status=503, headers={"Retry-After": "1"}, json=refusal)

    analyze.route("**/v1/analyze*", refuse_once)
    choose(analyze, *draw("drawn.jpg"))
    expect(status(analyze, "drawn.jpg")).to_have_text("1 face")
    assert next(requests) == 2


def test_an_upload_continues_once_a_lost_server_is_back(
    own_studio: Studio, open_page: OpenPage, draw: Draw
) -> None:
    page = open_page(f"{own_studio.url}/#/analyze")
    page.wait_for_load_state("networkidle")
    own_studio.stop()
    choose(page, *draw("a.jpg", "b.jpg"))
    expect(page.get_by_role("alert")).to_contain_text("The Mien server is not responding.")
    expect(page.get_by_text("Waiting for the server")).to_be_visible()
    own_studio.start()
    for name in ("a.jpg", "b.jpg"):
        expect(status(page, name)).to_have_text("1 face")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_results_remain_after_another_view_was_open(analyze: Page, draw: Draw) -> None:
    choose(analyze, *draw("a.jpg", "b.jpg"))
    expect(status(analyze, "a.jpg")).to_have_text("1 face")
    analyze.get_by_role("navigation").get_by_role("link", name="Sessions").click()
    expect(status(analyze, "a.jpg")).to_have_count(0)
    analyze.get_by_role("navigation").get_by_role("link", name="Analyze").click()
    expect(status(analyze, "a.jpg")).to_have_text("1 face")


def test_removed_files_can_be_put_back(analyze: Page, draw: Draw) -> None:
    answer_with(analyze, [result(("happy", 0.9))])
    choose(analyze, *draw("a.jpg", "b.jpg", "c.jpg"))
    tile(analyze, "b.jpg").get_by_role("button").click()
    detail(analyze, "b.jpg").get_by_role("button", name="Remove").click()
    expect(detail(analyze, "c.jpg")).to_contain_text("2 of 2")
    analyze.keyboard.press("Escape")
    assert names(analyze) == ["a.jpg", "c.jpg"]
    analyze.get_by_role("button", name="Undo").click()
    assert names(analyze) == ["a.jpg", "b.jpg", "c.jpg"]
    analyze.get_by_role("button", name="Clear list").click()
    expect(analyze.get_by_role("button", name="Choose files")).to_be_visible()
    analyze.get_by_role("button", name="Undo").last.click()
    assert names(analyze) == ["a.jpg", "b.jpg", "c.jpg"]


def test_results_of_photos_are_saved_as_a_session(
    studio: Studio, analyze: Page, shared: Path
) -> None:
    media = shared / "media"
    choose(analyze, media / "five_faces.jpg", media / "one_face.jpg")
    expect(analyze.get_by_text("2 files done", exact=True).first).to_be_visible()
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
    analyze.evaluate("localStorage.setItem('mien-settings', '{\"detector\": \"mtcnn\"}')")
    analyze.reload()
    with analyze.expect_request("**/v1/analyze?*") as asked:
        drop(analyze, five)
    assert "detector=mtcnn" in asked.value.url
    expect(status(analyze, five.name)).to_have_text("5 faces")
    analyze.keyboard.press("Escape")
    analyze.get_by_role("button", name="Save results").click()
    link = analyze.get_by_role("link", name=re.compile(f"^Open .*{five.name}"))
    session_id = str(link.get_attribute("href")).rpartition("/")[2]
    found = ask(studio, analyze, f"/v1/sessions/{session_id}")
    assert found["session"]["detector"] == "mtcnn"


def test_the_threshold_relabels_at_once_without_a_request(analyze: Page, draw: Draw) -> None:
    asked = answer_with(analyze, [result(("happy", 0.9)), result(("sad", 0.4))])
    choose(analyze, *draw("a.jpg", "b.jpg"))
    expect(chip(analyze, "sad 1 face")).to_be_visible()
    analyze.get_by_label("Confidence threshold").fill("0.5")
    expect(chip(analyze, "unsure 1 face")).to_be_visible()
    expect(chip(analyze, "sad")).to_have_count(0)
    expect(analyze.get_by_role("listitem").filter(has_text="unsure")).to_have_count(1)
    analyze.get_by_label("Confidence threshold").fill("0")
    expect(chip(analyze, "sad 1 face")).to_be_visible()
    assert len(asked) == 2


def test_files_are_filtered_by_what_was_found(analyze: Page, draw: Draw) -> None:
    results = [result(("happy", 0.9), ("sad", 0.5)), result(("happy", 0.4)), result()]
    answer_with(analyze, results)
    choose(analyze, *draw("a.jpg", "b.jpg", "c.jpg"))
    expect(chip(analyze, "happy 2 faces")).to_be_visible()
    chip(analyze, "sad 1 face").click()
    expect(analyze.get_by_role("listitem")).to_have_count(1)
    chip(analyze, "No face 1 file").click()
    expect(analyze.get_by_role("listitem")).to_have_text(re.compile("No face detected"))
    chip(analyze, "happy").click()
    expect(analyze.get_by_role("listitem")).to_have_count(2)
    analyze.get_by_label("Least confidence").fill("45")  # of a happy face, not of any
    expect(analyze.get_by_role("listitem")).to_have_text(re.compile("2 faces"))
    analyze.get_by_label("Search by name").fill("nothing")
    expect(analyze.get_by_text("No file matches")).to_be_visible()
    analyze.get_by_role("button", name="Show all").click()
    expect(analyze.get_by_role("listitem")).to_have_count(3)


def test_files_are_sorted(analyze: Page, draw: Draw) -> None:
    confidences = {"photo 10.jpg": 0.9, "photo 9.jpg": 0.5}
    for name, confidence in confidences.items():
        analyze.unroute_all()
        answer_with(analyze, [result(("happy", confidence))])
        choose(analyze, *draw(name))
        expect(status(analyze, name)).to_have_text("1 face")
        analyze.keyboard.press("Escape")  # the first opens by itself
    assert names(analyze) == ["photo 10.jpg", "photo 9.jpg"]
    order = analyze.get_by_label("Sort by")
    for choice, expected in [
        ("Name", ["photo 9.jpg", "photo 10.jpg"]),
        ("Most confident", ["photo 10.jpg", "photo 9.jpg"]),
        ("Least confident", ["photo 9.jpg", "photo 10.jpg"]),
    ]:
        order.select_option(choice)
        assert names(analyze) == expected


def test_the_grid_is_used_by_keyboard(analyze: Page, draw: Draw) -> None:
    answer_with(analyze, [result(("happy", 0.9))])
    choose(analyze, *draw("a.jpg", "b.jpg", "c.jpg"))
    expect(chip(analyze, "happy 3 faces")).to_be_visible()
    tile(analyze, "a.jpg").get_by_role("button").focus()
    for key in ("End", "ArrowLeft", "Enter"):
        analyze.keyboard.press(key)
    expect(detail(analyze, "b.jpg")).to_be_visible()
    analyze.keyboard.press("ArrowRight")
    expect(detail(analyze, "c.jpg")).to_be_visible()
    analyze.keyboard.press("Escape")
    expect(detail(analyze, "c.jpg")).to_have_count(0)
    expect(tile(analyze, "c.jpg").get_by_role("button")).to_be_focused()
    analyze.keyboard.press("Delete")
    expect(tile(analyze, "b.jpg").get_by_role("button")).to_be_focused()
    assert names(analyze) == ["a.jpg", "b.jpg"]


def test_only_the_photos_in_view_have_elements(analyze: Page, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number:03}.png" for number in range(400)]
    for path in paths:
        Image.new("RGB", (8, 8)).save(path)
    answer_with(analyze, [result(("happy", 0.9))])
    choose(analyze, *paths)
    expect(chip(analyze, "All 400 files")).to_be_visible()
    assert analyze.get_by_role("listitem").count() < 80
    analyze.get_by_role("listitem").first.get_by_role("button").focus()
    analyze.keyboard.press("End")
    expect(tile(analyze, "399.png").get_by_role("button")).to_be_focused()
    expect(tile(analyze, "399.png")).to_be_in_viewport()
    assert analyze.get_by_role("listitem").count() < 80
    assert tile(analyze, "399.png").get_attribute("aria-posinset") == "400"


def test_records_of_the_shown_photos_are_downloaded(
    analyze: Page, draw: Draw, tmp_path: Path
) -> None:
    answer_with(analyze, [result(("happy", 0.9)), result(("sad", 0.8), ("happy", 0.7))])
    choose(analyze, *draw("a.jpg", "b.jpg"))
    chip(analyze, "sad 1 face").click()
    analyze.get_by_role("button", name="Download").click()
    with analyze.expect_download() as download:
        analyze.get_by_role("menuitem", name="CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
    download.value.save_as(tmp_path / "records.csv")
    with (tmp_path / "records.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["emotion"] for row in rows] == ["sad", "happy"]
    assert len({row["source"] for row in rows}) == 1


def test_annotated_photos_are_downloaded_in_one_archive(
    analyze: Page, draw: Draw, tmp_path: Path
) -> None:
    answer_with(analyze, [result(("happy", 0.9))])
    choose(analyze, *draw("a.jpg", "a.png"))  # both would be a-labels.jpg
    expect(chip(analyze, "happy 2 faces")).to_be_visible()
    analyze.get_by_role("button", name="Download").click()
    with analyze.expect_download() as download:
        analyze.get_by_role("menuitem", name="Annotated images").click()
    download.value.save_as(tmp_path / "images.zip")
    with zipfile.ZipFile(tmp_path / "images.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a-labels.jpg", "a-labels (2).jpg"]
        image = Image.open(BytesIO(archive.read("a-labels.jpg"))).convert("RGB")
    assert image.size == SIZE
    x, y, width, height = (round(value) for value in result(("happy", 0.9))["faces"][0]["box"])
    red, _, blue = image.getpixel((x, y + height // 2))  # type: ignore[misc]
    assert red - blue > 100  # the yellow of happy, on the left edge of its box
    assert x + width < SIZE[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_shown_as_it_is(analyze: Page, draw: Draw, name: str) -> None:
    answer_with(analyze, [result(("happy", 0.9))])
    choose(analyze, *draw(name))
    expect(detail(analyze, name).get_by_role("heading", name=name)).to_be_visible()
    analyze.keyboard.press("Escape")
    expect(status(analyze, name)).to_have_text("1 face")
    assert analyze.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_sample_is_analyzed(studio: Studio, open_page: OpenPage) -> None:
    page = open_page(f"{studio.url}/#/analyze/sample")
    expect(page.get_by_text("6 files done", exact=True).first).to_be_visible()
    expect(page.get_by_role("listitem")).to_have_count(6)
    expect(page.get_by_role("listitem").filter(has_text="1 face")).to_have_count(6)


def test_a_phone_shows_the_filters_when_asked(
    studio: Studio, open_page: OpenPage, draw: Draw
) -> None:
    page = open_page(f"{studio.url}/#/analyze", viewport={"width": 360, "height": 740})
    answer_with(page, [result(("happy", 0.9))])
    choose(page, *draw("a.jpg", "b.jpg"))
    expect(page.get_by_label("Sort by")).to_be_hidden()
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_label("Sort by")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
