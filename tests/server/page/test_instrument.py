"""A session as a laboratory keeps it: recorded live, with a name, two markers and an interval."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import httpx2
import numpy as np
import openpyxl
import pandas as pd
import pympi
import pytest
from playwright.sync_api import Page, expect

from mien.emotions import EMOTIONS
from mien.study.scales import intensity, log_odds, ranges
from tests.server.page.camera import open_live, record, stage, start, stop_recording
from tests.server.page.conftest import WAIT, OpenPage, Studio

pytestmark = pytest.mark.slow


@pytest.fixture
def url(studio: Studio, open_page: OpenPage, shared: Path) -> str:
    """Records with the camera: markers by button and key, an interval; then names the person."""
    page = start(open_live(studio, open_page))
    page.get_by_role("button", name="Recording options").click()
    page.get_by_label("Consent").fill("Ada, in writing")
    record(page)
    expect(page.get_by_label("Consent")).to_be_hidden()
    page.get_by_role("button", name="Add marker").click()
    expect(page.get_by_text("Marker at 0:0")).to_be_visible()
    page.keyboard.press("i")
    expect(page.get_by_role("button", name="End interval")).to_be_visible()
    page.wait_for_timeout(1200)
    page.keyboard.press("i")
    expect(page.get_by_text("Interval from 0:0")).to_be_visible()
    page.keyboard.press("m")
    expect(page.get_by_text("Marker at 0:0")).to_be_visible()
    session = stop_recording(page)
    describe(page)
    return f"{studio.url}/v1/sessions/{session}"


def describe(page: Page) -> None:
    page.get_by_role("link", name="Open session").click()
    name = page.get_by_role("region", name="People").get_by_label("Name").first
    name.fill("Ada")
    name.blur()
    markers = page.get_by_role("region", name="Markers and intervals")
    expect(markers.get_by_role("listitem")).to_have_count(3)
    for number, note in enumerate(("starts", "talks", "ends")):
        item = markers.get_by_role("listitem").nth(number)
        field = item.get_by_role("textbox", name="Note at")
        field.fill(note)
        field.blur()
        expect(field).to_have_value(note)
    interval = markers.get_by_role("listitem").nth(1)
    interval.get_by_text("Details").click()
    interval.get_by_role("textbox", name="Condition at").fill("joy")
    interval.get_by_role("textbox", name="Condition at").blur()
    interval.get_by_label("Who").select_option("Ada")
    expect(interval.get_by_label("Leave out of summaries")).to_be_visible()
    expect(markers.get_by_role("listitem").nth(0).get_by_label("Leave out")).to_be_hidden()
    page.wait_for_load_state("networkidle")


def download(url: str, path: str) -> bytes:
    answer = httpx2.get(f"{url}{path}", timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.content


def check_records(table: pd.DataFrame) -> None:
    assert set(table["name"].dropna()) == {"Ada"}
    told = "; ".join(table["event"].dropna().unique())
    assert all(note in told for note in ("starts", "joy (Ada)", "ends")), told
    assert set(table["condition"].dropna()) == {"joy"}
    assert table["clock"].str.endswith("Z").all()


def check_csv(url: str) -> None:
    check_records(pd.read_csv(io.BytesIO(download(url, "/records?format=csv"))))


def check_parquet(url: str) -> None:
    check_records(pd.read_parquet(io.BytesIO(download(url, "/records?format=parquet"))))


def check_excel(url: str) -> None:
    content = io.BytesIO(download(url, "/records?format=xlsx"))
    check_records(pd.read_excel(content, sheet_name="records"))
    events = pd.read_excel(content, sheet_name="events")
    lengths = events.set_index("note")["duration"]
    assert {note: length > 0.5 for note, length in lengths.items()} == {
        "starts": False,
        "talks": True,
        "ends": False,
    }
    assert openpyxl.load_workbook(content)["people"][2][1].value == "Ada"


def check_elan(url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.eaf"
    path.write_bytes(download(url, "/events?format=elan"))
    elan = pympi.Eaf(str(path))
    values = [
        value
        for tier in elan.get_tier_names()
        for _, _, value, *_ in elan.get_annotation_data_for_tier(tier)
    ]
    assert all(any(note in value for value in values) for note in ("starts", "talks", "ends"))
    assert any("Ada" in tier for tier in elan.get_tier_names())


def check_report(url: str) -> None:
    page = download(url, "/report").decode()
    assert all(word in page for word in ("Ada", "starts", "talks", "ends", "joy"))


def check_bids(url: str) -> None:
    archive = zipfile.ZipFile(io.BytesIO(download(url, "/bids")))
    (events,) = [name for name in archive.namelist() if name.endswith("_events.tsv")]
    assert "sub-Ada" in events
    table = pd.read_csv(io.BytesIO(archive.read(events)), sep="\t", na_values="n/a")
    assert set(table["note"].dropna()) == {"starts", "talks", "ends"}
    (series,) = [name for name in archive.namelist() if name.endswith("_physio.tsv.gz")]
    columns = json.loads(archive.read(series.replace(".tsv.gz", ".json")))["Columns"]
    rows = gzip.decompress(archive.read(series)).decode().splitlines()
    assert len(rows[0].split("\t")) == len(columns)


def check_session(url: str) -> None:
    session = httpx2.get(url).json()["session"]
    assert session["consent"] == "Ada, in writing"
    assert session["clock"] >= session["started"] - 1
    assert session["clock"] + session["seconds"] <= session["ended"]


def test_what_is_noted_is_in_every_export(url: str, tmp_path: Path) -> None:
    for check in (check_csv, check_parquet, check_excel, check_report, check_bids):
        check(url)
    check_session(url)
    check_elan(url, tmp_path)


def test_ten_neutral_seconds_become_a_baseline(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = start(open_live(studio, open_page))
    record(page)
    page.get_by_role("button", name="Be neutral for 10 seconds").click()
    expect(stage(page).get_by_role("timer").filter(has_text="Be neutral: ")).to_be_visible()
    expect(page.get_by_text("Baseline on")).to_be_visible(timeout=3 * WAIT)
    page.get_by_role("button", name="Remove baseline").click()
    expect(page.get_by_role("button", name="Be neutral for 10 seconds")).to_be_visible()
    session = httpx2.get(f"{studio.url}/v1/sessions/{stop_recording(page)}").json()
    (marker,) = session["marks"]
    assert marker["name"] == "baseline"
    assert marker["duration"] == pytest.approx(10, abs=2)


INTENSITIES = """async ([neutral, later, shift]) => {
  const {Intensity} = await import("/page/js/live/intensity.js"), person = new Intensity();
  const toFace = (probabilities) => ({emotion: "happy", probabilities});
  for (const row of neutral) person.add(toFace(row));
  person.rest(shift);
  return later.map((row) => person.of(toFace(row)));
}"""


def test_intensity_is_that_of_derived_measures(studio: Studio, open_page: OpenPage) -> None:
    random = np.random.default_rng(0)
    peak = np.where(random.random(201) < 0.5, 6.0, 0.0)
    logits = random.normal(0, 0.5, (241, len(EMOTIONS)))
    logits[:, EMOTIONS.index("neutral")] += 2
    logits[40:, EMOTIONS.index("happy")] += peak
    rows = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    named = [dict(zip(EMOTIONS, row, strict=True)) for row in rows.tolist()]
    shift = dict.fromkeys(EMOTIONS, 0.0)
    page = open_page(studio.url)
    *_, displayed = page.evaluate(INTENSITIES, [named[:40], named[40:], shift])
    odds = log_odds(rows, EMOTIONS)
    start, length = ranges(odds, np.ones(len(odds)), np.median(odds[:40], axis=0))
    expected = intensity(odds, start, length)[-1, EMOTIONS.index("happy")]
    assert displayed == pytest.approx(expected, abs=0.02)
    assert 0 < expected < 1


# Of three frames that the camera gives, the page is given one.
SKIP = """
  const original = HTMLVideoElement.prototype.requestVideoFrameCallback;
  let given = 0;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
    return original.call(this, (now, metadata) => {
      given += 3;
      callback(now, {...metadata, presentedFrames: given});
    });
  };
"""


def test_frames_that_are_not_analyzed_are_counted(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = open_page("about:blank")
    page.add_init_script(SKIP)
    page.goto(f"{studio.url}/#/live")
    record(start(page))
    number = stop_recording(page)
    session = httpx2.get(f"{studio.url}/v1/sessions/{number}").json()["session"]
    assert session["dropped"] == 2 * (session["frames"] - 1)
    page.get_by_role("link", name="Open session").click()
    expect(page.get_by_text(f"{session['dropped']} skipped")).to_be_visible()


def test_an_open_interval_is_saved_when_the_view_is_left(
    studio: Studio, open_page: OpenPage, shared: Path
) -> None:
    page = start(open_live(studio, open_page))
    record(page)
    page.keyboard.press("i")
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        page.get_by_role("link", name="Analyze").click()
    (session,) = httpx2.get(f"{studio.url}/v1/sessions?limit=1").json()["sessions"]
    (marker,) = httpx2.get(f"{studio.url}/v1/sessions/{session['id']}").json()["marks"]
    assert marker["time"] > 0
