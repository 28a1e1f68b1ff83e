"""Models with other labels than FER2013's seven, and the attributes of faces, in every view."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from mien.emotions import EMOTIONS
from tests.server.page.camera import answer_live, open_live
from tests.server.page.conftest import OpenPage, Studio
from tests.server.page.recorded import record
from tests.server.page.viewing import EMPTY, wait_for_color

pytestmark = pytest.mark.slow

EIGHT = (*EMOTIONS, "contempt")
PAIN = ("pain", "no pain")
ATTRIBUTES = {"yaw": -12.345, "face_side": 128.0}
COLOR = "(name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)"


def make_face(labels: Sequence[str], attributes: Mapping[str, float] | None = None) -> Any:
    """A face of the last label, as the server answers it."""
    rest = 0.1 / (len(labels) - 1)
    face = {
        "box": [100, 80, 90, 120],
        "score": 0.99,
        "landmarks": None,
        "emotion": labels[-1],
        "confidence": 0.9,
        "probabilities": dict.fromkeys(labels[:-1], rest) | {labels[-1]: 0.9},
        "face_id": "abc",
        "person": 1,
    }
    return face if attributes is None else face | {"attributes": attributes}


def make_result(face: Any) -> Any:
    return {"source": "", "frame": 0, "time": 0, "width": 640, "height": 360, "faces": [face]}


def analyze(studio: Studio, open_page: OpenPage, face: Any, photo: Path) -> Locator:
    """Analyzes a photo on a server that answers with this face; returns its details."""
    page = open_page(f"{studio.url}/#/analyze")
    page.route("**/v1/analyze?*", lambda route: route.fulfill(json=make_result(face)))
    page.locator("input[type=file]").first.set_input_files(photo)
    details = page.get_by_role("region", name="Face 1")
    expect(details).to_be_visible()
    return details


@pytest.fixture
def photo(shared: Path) -> Path:
    return shared / "media" / "one_face.jpg"


@pytest.mark.parametrize("labels", [EMOTIONS, EIGHT, PAIN])
def test_a_photo_shows_and_offers_the_labels_of_its_model(
    studio: Studio, open_page: OpenPage, photo: Path, labels: Sequence[str]
) -> None:
    face = analyze(studio, open_page, make_face(labels), photo)
    expect(face.locator("caption .chip")).to_have_text(f"{labels[-1]} 90\u00a0%")
    expect(face.locator("tbody th").first).to_have_text(labels[-1])
    if len(labels) > 3:
        face.get_by_role("button", name="All labels").click()
        expect(face.locator("tbody th")).to_have_text(list(labels))
    else:
        expect(face.get_by_role("button", name="All labels")).to_be_hidden()
    face.get_by_role("button", name="Wrong?").click()
    expect(face.get_by_role("group").get_by_role("button")).to_have_text(list(labels))


def test_a_correction_sends_the_chosen_label_of_the_model(
    studio: Studio, open_page: OpenPage, photo: Path
) -> None:
    face = analyze(studio, open_page, make_face(PAIN), photo)
    answer = {"id": 1, "correction": None}
    face.page.route("**/v1/feedback", lambda route: route.fulfill(status=201, json=answer))
    face.get_by_role("button", name="Wrong?").click()
    with face.page.expect_request("**/v1/feedback") as request:
        face.get_by_role("button", name="pain", exact=True).click()
    assert request.value.post_data_json == {"label": "pain", "face_id": "abc"}
    expect(face.page.get_by_text("Saved as pain (no image stored)")).to_be_visible()
    expect(face.get_by_role("button", name="pain", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_an_unknown_label_gets_a_colour_by_its_position(
    studio: Studio, open_page: OpenPage, photo: Path
) -> None:
    face = analyze(studio, open_page, make_face(EIGHT), photo)
    color = face.page.evaluate(COLOR, "label-1")
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    expect(face.locator("caption .swatch")).to_have_css(
        "background-color", f"rgb({red}, {green}, {blue})"
    )


def test_attributes_are_listed_in_details_that_are_closed_at_first(
    studio: Studio, open_page: OpenPage, photo: Path
) -> None:
    face = analyze(studio, open_page, make_face(EMOTIONS, ATTRIBUTES), photo)
    face.get_by_role("button", name="Wrong?").click()
    expect(face.get_by_text("face side")).to_be_hidden()
    face.get_by_text("Attributes").click()
    expect(face.locator("dl > div")).to_have_text(["yaw-12.3", "face side128"])


@pytest.mark.parametrize("attributes", [None, {}])
def test_a_face_without_attributes_shows_none(
    studio: Studio, open_page: OpenPage, photo: Path, attributes: Mapping[str, float] | None
) -> None:
    face = analyze(studio, open_page, make_face(EMOTIONS, attributes), photo)
    face.get_by_role("button", name="Wrong?").click()
    expect(face.get_by_role("button", name="happy")).to_be_visible()
    expect(face.get_by_text("Attributes")).to_be_hidden()


def test_a_person_card_in_live_follows_a_change_of_the_model(
    studio: Studio, open_page: OpenPage
) -> None:
    faces = [make_face(EMOTIONS, ATTRIBUTES)]
    page = open_live(studio, open_page)
    answer_live(page, lambda: faces[-1:])
    page.get_by_role("button", name="Start camera").click()
    card = page.get_by_role("region", name=re.compile("^Person ")).last
    card.get_by_role("button", name="All labels").click()
    expect(card.locator("tbody th")).to_have_text(list(EMOTIONS))
    faces.append(make_face(PAIN))
    expect(card.locator("tbody th")).to_have_text(list(PAIN))
    expect(card.get_by_role("img")).to_have_attribute("aria-label", re.compile("mostly "))
    card.get_by_role("button", name="Wrong?").click()
    expect(card.get_by_role("group").get_by_role("button")).to_have_text(list(PAIN))
    expect(card.get_by_text("Attributes")).to_be_hidden()


def rename_labels(route: Route) -> None:
    """Answers for a session as if its model had two labels."""
    body = route.fetch().json()
    if "session" in body:
        route.fulfill(json=body | {"labels": PAIN})
    elif isinstance(body, list):  # timelines
        for curve in body:
            points = len(curve["times"])
            curve["labels"] = ["pain"] * points
            curve["seconds"] = {"pain": curve["visible"], "no pain": 0}
            curve["values"] = {"pain": [0.8] * points, "no pain": [0.2] * points}
        route.fulfill(json=body)
    else:  # frames
        for frame in body["frames"]:
            for face in frame["faces"]:
                face |= {"emotion": "pain", "confidence": 0.8}
                face["smoothed"] = face["probabilities"] = {"pain": 0.8, "no pain": 0.2}
        route.fulfill(json=body)


def open_pain_session(studio: Studio, open_page: OpenPage) -> Page:
    with httpx2.Client(base_url=studio.url, timeout=60) as api:
        path = record(api, "Ward 3", [{1: "happy"}] * 20, ended=True)
    page = open_page(f"{studio.url}/#/live")
    page.route(re.compile(rf"{path}(/timeline|/frames)?(\?|$)"), rename_labels)
    page.goto(f"{studio.url}/#/sessions/{path.rpartition('/')[2]}")
    expect(page.get_by_role("heading", name="Ward 3")).to_be_visible()
    return page


def test_a_session_shows_the_labels_of_its_model(studio: Studio, open_page: OpenPage) -> None:
    page = open_pain_session(studio, open_page)
    legend = page.get_by_role("group", name="Visible labels")
    expect(legend.get_by_role("checkbox")).to_have_count(2)
    expect(page.get_by_role("region", name="People")).to_contain_text("pain 100")
    expect(page.get_by_role("slider", name="Timeline")).to_have_attribute(
        "aria-valuetext", re.compile("^0:00.0, pain 80\u00a0%")
    )
    face = page.get_by_role("region", name="Current frame")
    expect(face.locator("tbody th")).to_have_text(list(PAIN))
    wait_for_color(page, 0.5, page.evaluate(COLOR, "label-1"))  # pain, up to 80 % from the foot
    legend.get_by_role("checkbox", name="pain", exact=True).press("Space")
    wait_for_color(page, 0.5, EMPTY)
