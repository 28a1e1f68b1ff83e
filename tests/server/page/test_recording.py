"""Recording in Live: nobody can miss it, and nothing that the server acknowledged is lost."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.server.page.camera import (
    answer_live,
    make_face,
    open_live,
    record,
    stage,
    start,
    stop_recording,
)
from tests.server.page.conftest import OpenPage, Studio, ask
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

SHARP = {"usable": 1.0, "sharpness": 0.5, "yaw": 3.0}


@pytest.fixture
def live(studio: Studio, open_page: OpenPage, shared: Path) -> Page:
    return start(open_live(studio, open_page))


def test_a_recording_is_shown_beside_its_button_in_the_top_bar_and_in_the_title(live: Page) -> None:
    live.keyboard.press("r")
    expect(live.get_by_role("timer", name="Recording")).to_have_count(2)
    expect(live.get_by_role("banner").get_by_role("timer")).to_have_text("0:01")
    expect(live).to_have_title(re.compile(r"^● 0:0\d Mien Studio$"))
    stop_recording(live)
    expect(live.get_by_role("timer", name="Recording")).to_be_hidden()
    expect(live).to_have_title("Live · Mien Studio")


def test_a_recording_becomes_a_session_with_records(studio: Studio, live: Page) -> None:
    record(live)
    session_id = stop_recording(live)
    session = ask(studio, live, f"/v1/sessions/{session_id}")["session"]
    assert (session["kind"], session["status"]) == ("live", "done")
    assert session["faces"] >= session["frames"] > 1
    assert session["seconds"] >= 1.5
    rows = live.request.get(f"{studio.url}/v1/sessions/{session_id}/records?format=csv").text()
    assert rows.count("\n") == session["faces"] + 1
    live.get_by_role("link", name="Open session").click()
    live.wait_for_url(f"**/#/sessions/{session_id}")
    expect(live.get_by_role("main")).to_contain_text(session["name"])


def test_leaving_the_view_ends_the_recording(studio: Studio, live: Page) -> None:
    record(live)
    with live.expect_response(lambda answer: answer.request.method == "PATCH"):
        live.get_by_role("link", name="Analyze").click()
    (session,) = ask(studio, live, "/v1/sessions?limit=1")["sessions"]
    assert session["status"] == "done"
    assert session["frames"] > 1
    expect(live).to_have_title("Analyze · Mien Studio")


def test_closing_the_page_ends_the_recording(studio: Studio, live: Page) -> None:
    record(live)
    dialogs: list[str] = []
    live.once("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    live.goto(f"{studio.url}/healthz")
    assert dialogs == ["beforeunload"]

    def done() -> bool:
        (session,) = ask(studio, live, "/v1/sessions?limit=1")["sessions"]
        return bool(session["status"] == "done")

    wait_until(done)  # the page's last request may arrive after the next page's first


def test_an_image_of_each_person_is_kept_if_it_is_asked_for(
    studio: Studio, open_page: OpenPage
) -> None:
    page = open_live(studio, open_page)
    answer_live(
        page,
        lambda: [make_face(1, attributes=SHARP), make_face(2, attributes=SHARP | {"usable": 0})],
    )
    start(page).get_by_role("button", name="Recording options").click()
    page.get_by_label("Keep a small image of each person").check()
    with page.expect_request("**/people/1/thumbnail") as sent:
        page.get_by_role("button", name="Record", exact=True).click()
    assert sent.value.response().ok
    first, second = ask(studio, page, f"/v1/sessions/{stop_recording(page)}")["people"]
    image = page.request.get(studio.url + first["thumbnail"]).body()
    assert Image.open(BytesIO(image)).format == "JPEG"
    assert second["thumbnail"] is None  # too blurred


def test_a_change_of_the_clock_does_not_change_the_recording(studio: Studio, live: Page) -> None:
    record(live)
    live.evaluate("() => { const now = Date.now; Date.now = () => now() - 3_600_000; }")
    live.wait_for_timeout(500)
    session = ask(studio, live, f"/v1/sessions/{stop_recording(live)}")["session"]
    assert 1.5 < session["seconds"] < 600
    assert session["clock"] == pytest.approx(session["started"], abs=60)


def test_a_paused_recording_gives_signs_of_life(live: Page) -> None:
    record(live)
    live.get_by_role("button", name="Pause").click()
    with live.expect_request("**/v1/sessions/*/alive") as sent:
        pass
    assert sent.value.response().ok


FULL = {"error": {"code": "disk_full", "message": "the disk is full; free some space."}}


def test_a_full_disk_is_told_and_what_waits_is_saved_later(studio: Studio, live: Page) -> None:
    record(live)

    def refuse(route: Route) -> None:
        route.fulfill(status=507, json=FULL)

    live.route("**/v1/sessions/*/frames", refuse)
    told = stage(live).get_by_text("The disk is full; free some space. Results wait in this page")
    expect(told).to_be_visible()
    live.get_by_role("button", name="Stop recording").click()
    expect(stage(live).get_by_text("The disk is full; free some space.")).to_be_visible()
    expect(live.get_by_role("button", name="Stop recording")).to_be_visible()
    live.unroute("**/v1/sessions/*/frames", refuse)
    session = ask(studio, live, f"/v1/sessions/{stop_recording(live)}")["session"]
    assert session["last_frame"] + 1 == session["frames"]  # without a gap
    assert session["seconds"] > 3


def test_one_tab_records_at_a_time(studio: Studio, live: Page) -> None:
    record(live)
    other = live.context.new_page()
    other.goto(f"{studio.url}/#/live/start")
    other.get_by_role("button", name="Record", exact=True).click()
    expect(other.get_by_text("Another tab of this browser is recording.")).to_be_visible()
    other.get_by_role("button", name="Record here instead").click()
    expect(other.get_by_role("button", name="Stop recording")).to_be_visible()
    expect(live.get_by_text("Recording saved; another tab records now.")).to_be_visible()
    second, first = ask(studio, live, "/v1/sessions?limit=2")["sessions"]
    assert (first["status"], second["status"]) == ("done", "recording")
    stop_recording(other)


def test_a_recording_that_was_ended_elsewhere_says_so(studio: Studio, live: Page) -> None:
    record(live)
    (session,) = ask(studio, live, "/v1/sessions?limit=1")["sessions"]
    live.request.patch(f"{studio.url}/v1/sessions/{session['id']}", data={"status": "done"})
    expect(live.get_by_text("Recording stopped: it was ended elsewhere.")).to_be_visible()
    expect(live.get_by_role("button", name="Record", exact=True)).to_be_visible()


def test_a_recording_continues_after_a_restart_of_the_server(
    own_studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = start(open_live(own_studio, open_page))
    record(page)
    people = page.get_by_role("region", name=re.compile(r"^Person \d+$")).count()
    own_studio.stop()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The Mien server is not responding.")
    own_studio.start()
    expect(page.get_by_text("Reconnected to the Mien server.")).to_be_visible()
    expect(alert).to_have_count(0)
    # The new server cannot know who was in view before.
    expect(page.get_by_role("region", name=f"Person {people + 1}", exact=True)).to_be_visible()
    page.wait_for_timeout(1500)
    stop_recording(page)
    (session,) = ask(own_studio, page, "/v1/sessions")["sessions"]
    assert session["status"] == "done"
    assert session["last_frame"] + 1 == session["frames"]
