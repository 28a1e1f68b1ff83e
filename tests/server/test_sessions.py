"""Sessions over HTTP: recorded, read, changed, taken away, and deleted."""

import csv
import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from mien.clocks import format_clock
from mien.emotions import EMOTIONS
from mien.inference.records import parquet as parquet_format
from mien.inference.records import read_records
from mien.server.exports import download_name
from mien.server.store import Store
from mien.study.events import read_events
from tests.server.store.new_frames import NEUTRAL, seen
from tests.server.store.studio import refusal

pytestmark = pytest.mark.slow

NAMED = dict(zip(EMOTIONS, NEUTRAL, strict=True))


def start(studio: TestClient, name: str = "Monday", kind: str = "live") -> str:
    answer = studio.post("/v1/sessions", json={"name": name, "kind": kind})
    assert answer.status_code == 201
    return f"/v1/sessions/{answer.json()['id']}"


def shown(number: int, people: tuple[int | None, ...] = (1,), **more: Any) -> dict[str, Any]:
    """A frame as a client gives it back."""
    faces = [
        {"box": [1, 2, 3, 4], "score": 0.9, "probabilities": NAMED, "person": person}
        | ({} if person is None else {"smoothed": NAMED})
        for person in people
    ]
    return {"frame": number, "time": number / 10, "width": 64, "height": 48, "faces": faces} | more


def send(studio: TestClient, url: str, *frames: dict[str, Any]) -> dict[str, Any]:
    answer = studio.post(f"{url}/frames", json={"frames": list(frames)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_nothing_is_stored_until_a_recording_starts(studio: TestClient) -> None:
    refusal(studio.post("/v1/sessions/1/frames", json={"frames": [shown(0)]}), 404)
    assert studio.get("/v1/sessions").json() == {"sessions": []}


def test_a_recording_from_start_to_end(studio: TestClient) -> None:
    url = start(studio)
    assert send(studio, url, shown(0), shown(1, ())) == {"stored": 2, "last_frame": 1}
    assert send(studio, url, shown(1, ()), shown(2, (1, 7))) == {"stored": 1, "last_frame": 2}
    answer = studio.patch(url, json={"status": "done", "notes": "went well"})
    assert answer.json()["status"] == "done"
    assert answer.json()["ended"] >= answer.json()["started"]
    found = studio.get(url).json()
    assert (found["session"]["frames"], found["session"]["faces"]) == (3, 3)
    assert (found["session"]["model"], found["session"]["notes"]) == ("tiny", "went well")
    assert [one["number"] for one in found["people"]] == [1, 7]
    refusal(studio.post(f"{url}/frames", json={"frames": [shown(3)]}), 409)


def test_frames_come_in_pages(studio: TestClient) -> None:
    url = start(studio)
    send(studio, url, *(shown(at) for at in range(5)))
    first = studio.get(f"{url}/frames", params={"limit": 3}).json()
    rest = studio.get(f"{url}/frames", params={"limit": 3, "after": first["next"]}).json()
    assert [one["frame"] for one in first["frames"] + rest["frames"]] == [0, 1, 2, 3, 4]
    assert rest["next"] is None
    face = first["frames"][0]["faces"][0]
    assert (face["box"], face["person"], face["emotion"]) == ([1, 2, 3, 4], 1, "neutral")
    assert face["probabilities"] == NAMED
    assert isinstance(face["id"], int)


def test_the_list_is_filtered(studio: TestClient) -> None:
    start(studio, "Monday")
    start(studio, "photos", kind="photo")
    names = [
        [one["name"] for one in studio.get("/v1/sessions", params=query).json()["sessions"]]
        for query in ({}, {"text": "MON"}, {"kind": "photo"}, {"status": "done"}, {"limit": 1})
    ]
    assert names == [["photos", "Monday"], ["Monday"], ["photos"], [], ["photos"]]


def test_the_list_finds_people_and_markers(studio: TestClient) -> None:
    url = start(studio, "first")
    start(studio, "second")
    send(studio, url, shown(0, (1,)))
    studio.patch(f"{url}/people/1", json={"name": "Ada Straße"})
    studio.post(f"{url}/marks", json={"time": 0, "name": "Stimulus", "note": "50% louder_"})
    for text in ("STRASSE", "timul", "50%", "_"):
        found = studio.get("/v1/sessions", params={"text": text}).json()["sessions"]
        assert [it["name"] for it in found] == ["first"], text
    assert studio.get("/v1/sessions", params={"text": "nobody"}).json()["sessions"] == []


def test_an_entry_tells_what_a_session_shows_at_a_glance(studio: TestClient) -> None:
    url = start(studio)
    send(studio, url, shown(0, (1, 2)), shown(1, ()), shown(2, (1,)))
    for number, name in ((1, "Ada"), (2, "Bob")):
        studio.patch(f"{url}/people/{number}", json={"name": name})
    for _ in ("recording", "done"):
        (entry,) = studio.get("/v1/sessions").json()["sessions"]
        assert entry == studio.get(url).json()["session"]
        assert (entry["strip"], entry["names"]) == (["neutral", None, "neutral"], ["Ada", "Bob"])
        assert (entry["thumbnail"], entry["bytes"] > 100) == (None, True)
        studio.patch(url, json={"status": "done"})
    studio.put(f"{url}/people/2/merge", json={"into": 1})
    assert studio.get(url).json()["session"]["names"] == ["Ada"]


def test_figures_are_of_a_stretch_and_of_merged_people(studio: TestClient) -> None:
    url = start(studio)
    send(studio, url, *(shown(at, (1,) if at < 10 else (2,)) for at in range(20)))
    whole = studio.get(f"{url}/figures").json()
    assert [(it["person"], it["visible"]) for it in whole] == [(1, 1.0), (2, 1.0)]
    assert whole[0]["shares"]["neutral"] == 1
    assert whole[0]["means"]["neutral"] == pytest.approx(0.7)
    assert whole[0]["peaks"]["neutral"] == {"time": 0, "value": 0.7}
    part = studio.get(f"{url}/figures", params={"start": 0.5, "end": 0.75}).json()
    assert [it["visible"] for it in part] == [0.25, 0]
    assert part[1]["shares"] == {}
    studio.put(f"{url}/people/2/merge", json={"into": 1})
    assert [it["visible"] for it in studio.get(f"{url}/figures").json()] == [2.0]
    refusal(studio.get(f"{url}/figures", params={"start": -1}), 422)
    refusal(studio.get("/v1/sessions/99/figures"), 404)


def test_people_are_named_and_merged_everywhere(studio: TestClient) -> None:
    url = start(studio)
    send(studio, url, shown(0, (1, 2)), shown(1, (2,)))
    people = studio.patch(f"{url}/people/2", json={"name": "Ada <b>"}).json()
    assert people[1] == {
        "number": 2,
        "name": "Ada <b>",
        "merged_into": None,
        "thumbnail": None,
    }
    assert studio.put(f"{url}/people/2/merge", json={"into": 1}).json()[1]["merged_into"] == 1
    assert persons(studio, url) == ["1", "1", "1"]
    assert studio.get("/v1/sessions").json()["sessions"][0]["people"] == 1
    assert [one["person"] for one in studio.get(f"{url}/timeline").json()] == [1]
    assert "undo that merge" in refusal(studio.put(f"{url}/people/1/merge", json={"into": 2}), 409)
    studio.delete(f"{url}/people/2/merge")
    assert persons(studio, url) == ["1", "2", "2"]
    assert "no person 9" in refusal(studio.patch(f"{url}/people/9", json={"name": "x"}), 404)


def persons(studio: TestClient, url: str) -> list[str]:
    rows = csv.DictReader(io.StringIO(studio.get(f"{url}/records").text))
    return [row["person"] for row in rows]


def test_marks(studio: TestClient) -> None:
    url = start(studio)
    late = studio.post(f"{url}/marks", json={"time": 9.5, "note": "laughs"}).json()
    studio.post(f"{url}/marks", json={"time": 1})
    moved = studio.patch(f"{url}/marks/{late['id']}", json={"time": 0.5}).json()
    assert {name: moved[name] for name in ("id", "time", "note", "duration", "person")} == {
        "id": late["id"],
        "time": 0.5,
        "note": "laughs",
        "duration": 0,
        "person": None,
    }
    assert [one["time"] for one in studio.get(url).json()["marks"]] == [0.5, 1]
    assert studio.delete(f"{url}/marks/{late['id']}").status_code == 204
    other = start(studio)
    refusal(studio.patch(f"{other}/marks/{late['id'] + 1}", json={"note": "mine"}), 404)
    refusal(studio.post("/v1/sessions/99/marks", json={"time": 1}), 404)
    assert len(studio.get(url).json()["marks"]) == 1


def test_intervals_say_what_happened_to_whom(studio: TestClient) -> None:
    url = start(studio)
    send(studio, url, shown(0, (1, 2)))
    given = {
        "time": 1,
        "duration": 2,
        "person": 2,
        "name": "stimulus",
        "condition": "joy",
        "code": "happy",
        "note": "loud",
        "author": "jo",
        "excluded": True,
    }
    made = studio.post(f"{url}/marks", json=given).json()
    assert {name: made[name] for name in given} == given
    changed = studio.patch(f"{url}/marks/{made['id']}", json={"person": None, "name": "x"}).json()
    assert (changed["person"], changed["name"], changed["code"]) == (None, "x", "happy")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"time": 1, "person": 9}, "no person 9"),
        ({"time": 1, "duration": -1}, "duration"),
        ({"time": 1, "name": "x" * 1001}, "name"),
        ({"time": 1, "kind": "x"}, "kind"),
    ],
)
def test_a_marker_that_makes_no_sense_is_refused(
    studio: TestClient, given: dict[str, Any], message: str
) -> None:
    url = start(studio)
    send(studio, url, shown(0, (1,)))
    answer = studio.post(f"{url}/marks", json=given)
    assert message in refusal(answer, 404 if "person" in given else 422)


@pytest.fixture
def noted(studio: TestClient) -> str:
    """A session of two people, one named, with two markers and an interval."""
    url = start(studio)
    send(studio, url, *(shown(frame, (1, 2)) for frame in range(5)), shown(5, ()))
    studio.patch(f"{url}/people/2", json={"name": "Ada"})
    times = [row["time"] for row in csv.DictReader(io.StringIO(studio.get(f"{url}/records").text))]
    last = float(times[-1])
    studio.post(f"{url}/marks", json={"time": 0, "name": "start"})
    studio.post(f"{url}/marks", json={"time": last / 2, "note": "laughs", "person": 2})
    interval = {"time": 0, "duration": last, "name": "clip", "condition": "joy", "excluded": True}
    studio.post(f"{url}/marks", json=interval)
    return url


def test_records_have_names_and_events(studio: TestClient, noted: str) -> None:
    rows = list(csv.DictReader(io.StringIO(studio.get(f"{noted}/records").text)))
    assert {row["name"] for row in rows if row["person"] == "2"} == {"Ada"}
    assert {row["name"] for row in rows if row["person"] != "2"} == {""}
    assert rows[0]["event"] == "clip; start"
    assert sum("laughs (Ada)" in row["event"] for row in rows) in (1, 2)  # the frame's faces
    assert {row["condition"] for row in rows[:-1]} == {"joy"}
    assert {row["excluded"] for row in rows[:-1]} == {"1"}
    assert (rows[-1]["condition"], rows[-1]["excluded"]) == ("", "")


def test_an_excel_file_has_all_tables(studio: TestClient, noted: str) -> None:
    answer = studio.get(f"{noted}/records", params={"format": "xlsx"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["records", "events", "people", "codebook"]
    assert [cell.value for cell in book["people"][2]] == [2, "Ada"]
    assert {row[3].value for row in book["events"].iter_rows(min_row=2)} == {"start", "clip", None}
    assert book["records"].max_row == 12


@pytest.mark.parametrize("kind", ["csv", "elan", "boris", "bids", "webvtt", "srt", "datavyu"])
def test_events_go_to_other_programs_and_come_back(
    studio: TestClient, noted: str, kind: str, tmp_path: Path
) -> None:
    answer = studio.get(f"{noted}/events", params={"format": kind})
    assert answer.status_code == 200
    path = tmp_path / "events"
    path.write_bytes(answer.content)
    found = read_events(path, kind)
    assert [(event.title, event.person) for event in found] == [
        ("clip", ""),
        ("start", ""),
        ("laughs", "Ada"),
    ]
    assert found[0].excluded


def test_an_unknown_format_of_events_is_refused(studio: TestClient) -> None:
    refusal(studio.get(f"{start(studio)}/events", params={"format": "word"}), 422)


def test_a_session_is_a_bids_dataset(studio: TestClient, noted: str) -> None:
    answer = studio.get(f"{noted}/bids")
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert "dataset_description.json" in names
    assert any(name.endswith("_events.tsv") and "Ada" in name for name in names)


def test_the_report_has_names_and_events(studio: TestClient, noted: str) -> None:
    page = studio.get(f"{noted}/report").text
    assert "Ada" in page
    assert "laughs" in page
    assert "excluded" in page
    assert "Person 2" not in page


def test_consent_clock_and_dropped_frames_are_kept(studio: TestClient) -> None:
    new = {"name": "a", "kind": "live", "consent": "Ada, in writing", "clock": 1795751892.5}
    made = studio.post("/v1/sessions", json=new).json()
    url = f"/v1/sessions/{made['id']}"
    send(studio, url, shown(0, (1,)))
    changed = studio.patch(url, json={"dropped": 3}).json()
    assert (changed["consent"], changed["clock"], changed["dropped"]) == (
        *("Ada, in writing", 1795751892.5),
        3,
    )
    studio.patch(url, json={"clock": 1795751893.25})
    row = next(csv.DictReader(io.StringIO(studio.get(f"{url}/records").text)))
    assert row["clock"] == format_clock(1795751893.25 + float(row["time"]))
    refusal(studio.patch(url, json={"clock": -1}), 422)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_records_in_every_format(studio: TestClient, kind: str, tmp_path: Path) -> None:
    url = start(studio, "Monday / 1")
    send(studio, url, shown(0, (1, 2)), shown(1, ()))
    answer = studio.get(f"{url}/records", params={"format": kind})
    assert answer.headers["content-disposition"].endswith(f"Monday-1.{kind}")
    path = tmp_path / f"a.{kind}"
    path.write_bytes(answer.content)
    records = read_records(path)
    assert records.person.tolist() == [1, 2, -1]
    assert records.source.tolist() == ["Monday / 1"] * 3
    if kind == "parquet":
        assert pq.read_table(path).num_rows == 3


def test_without_pyarrow_the_extra_is_named(
    studio: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = start(studio)
    send(studio, url, shown(0))
    monkeypatch.delitem(sys.modules, parquet_format.__name__)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delattr("mien.inference.records.parquet")
    answer = studio.get(f"{url}/records", params={"format": "parquet"})
    assert "pip install 'mien[parquet]'" in refusal(answer, 422)


def test_the_report_opens_without_network_or_video(studio: TestClient) -> None:
    url = start(studio, "</script><b>Monday")
    send(studio, url, *(shown(at) for at in range(20)))
    answer = studio.get(f"{url}/report")
    assert answer.headers["content-type"].startswith("text/html")
    assert "attachment" in answer.headers["content-disposition"]
    assert "<b>Monday" not in answer.text
    assert "has no frames" in refusal(studio.get(f"{start(studio)}/report"), 409)


def test_what_was_not_kept_is_not_there(studio: TestClient) -> None:
    url = start(studio)
    send(studio, url, shown(0))
    assert "was not saved" in refusal(studio.get(f"{url}/film"), 404)
    assert "was not saved" in refusal(studio.post(f"{url}/annotated"), 409)


def test_deleting_leaves_nothing(studio: TestClient) -> None:
    url = start(studio)
    send(studio, url, shown(0))
    assert studio.delete(url).status_code == 204
    for path in ("", "/frames", "/timeline", "/records", "/report", "/film"):
        refusal(studio.get(f"{url}{path}"), 404)
    refusal(studio.delete(url), 404)
    store: Store = studio.app.state.store  # type: ignore[attr-defined]
    for table in ("faces", "embeddings", "people", "marks"):
        assert store.database.rows(f"SELECT * FROM {table}") == []


@pytest.mark.parametrize(
    "name", ["..", "../../etc/passwd", "a\x00b", "C:\\x", "\u202egnp", "x" * 200]
)
def test_names_are_data_and_no_paths(studio: TestClient, name: str) -> None:
    url = start(studio, name)
    send(studio, url, shown(0))
    assert studio.get(url).json()["session"]["name"] == name
    header = studio.get(f"{url}/records").headers["content-disposition"]
    assert not set("/\\\0") & set(header.partition("utf-8''")[2])


@given(st.text())
def test_download_names_are_plain(name: str) -> None:
    found = download_name(name, 3, "csv")
    assert found.endswith(".csv")
    assert not found.startswith((".", "-"))
    assert all(letter.isalnum() or letter in "_.-" for letter in found)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/sessions/../../etc/passwd", None),
        ("GET", "/v1/sessions/..%2f..%2fetc", None),
        ("GET", "/v1/sessions/0", None),
        ("GET", f"/v1/sessions/{2**63}", None),
        ("GET", "/v1/sessions?limit=0", None),
        ("GET", "/v1/sessions?kind=x", None),
        ("POST", "/v1/sessions", {"name": "", "kind": "live"}),
        ("POST", "/v1/sessions", {"name": "x" * 201, "kind": "live"}),
        ("POST", "/v1/sessions", {"name": "x", "kind": "film"}),
        ("POST", "/v1/sessions", {"name": "x", "kind": "live", "model": "../paper"}),
        ("POST", "/v1/sessions/1/frames", {"frames": []}),
        ("POST", "/v1/sessions/1/frames", {"frames": [{"frame": -1}]}),
        ("POST", "/v1/sessions/1/marks", {"time": -1}),
        ("GET", "/v1/sessions/1/records?format=../x", None),
        ("GET", "/v1/sessions/1/records?format=exe", None),
    ],
)
def test_hostile_requests_are_refused(
    studio: TestClient, method: str, path: str, body: object
) -> None:
    answer = studio.request(method, path, json=body) if body else studio.request(method, path)
    assert answer.status_code in {400, 404, 422}, answer.text
    assert studio.get("/v1/sessions").status_code == 200


def test_broken_unicode_is_refused(studio: TestClient) -> None:
    refusal(studio.post("/v1/sessions", content=rb'{"name": "\ud800", "kind": "live"}'), 422)


def test_numbers_that_are_none_are_refused(studio: TestClient) -> None:
    url = start(studio)
    for bad in ("NaN", "Infinity", "1e400"):
        body = f'{{"time": {bad}, "note": "x"}}'
        refusal(studio.post(f"{url}/marks", content=body), 422)


def test_a_timeline_keeps_every_peak(studio: TestClient) -> None:
    url = start(studio)
    store: Store = studio.app.state.store  # type: ignore[attr-defined]
    store.faces.add(1, [seen(at) for at in range(3000)])
    (curve,) = studio.get(f"{url}/timeline", params={"points": 20}).json()
    assert len(curve["times"]) <= 7 * 20 + 2
    assert curve["visible"] == pytest.approx(100)
    assert sum(curve["seconds"].values()) == pytest.approx(100)
    assert max(curve["values"]["happy"]) == 0.7
    (part,) = studio.get(f"{url}/timeline", params={"start": 10, "end": 11}).json()
    assert (part["visible"], sum(part["seconds"].values())) == pytest.approx((1, 1))
    assert part["frames"] == list(range(299, 331))  # one more on each side: it reaches the edges


def test_a_timeline_grows_with_its_session(studio: TestClient) -> None:
    url = start(studio)
    for count in (1, 2, 3):
        send(studio, url, shown(count))
        (curve,) = studio.get(f"{url}/timeline").json()
        assert len(curve["frames"]) == count


def test_a_timeline_ends_where_someone_is_out_of_view(studio: TestClient) -> None:
    url = start(studio)
    send(studio, url, *(shown(at) for at in (*range(10), *range(50, 60))))
    query = {"start": 2, "end": 5.2}
    (part,) = studio.get(f"{url}/timeline", params=query).json()
    assert part["frames"] == [50, 51, 52]
    assert part["visible"] == pytest.approx(0.2)
    (gone,) = studio.get(f"{url}/timeline", params={"start": 7}).json()
    assert (gone["times"], gone["visible"]) == ([], 0)


def test_a_session_tells_what_its_videos_take(studio: TestClient) -> None:
    url = start(studio)
    entry = studio.get(url).json()["session"]
    assert (entry["film_bytes"], entry["annotated"]) == (0, False)
    store: Store = studio.app.state.store  # type: ignore[attr-defined]
    store.files.video(1).write_bytes(b"12345")
    store.files.annotated(1).write_bytes(b"678")
    (entry,) = studio.get("/v1/sessions").json()["sessions"]
    assert (entry["film_bytes"], entry["annotated"]) == (8, True)


def test_a_baseline_comes_from_an_interval_of_that_name(studio: TestClient) -> None:
    url = start(studio)
    refusal(studio.get(f"{url}/baselines"), 409)
    send(studio, url, *(shown(frame, (1, 2)) for frame in range(6)))
    assert "no usable record in an interval" in studio.get(f"{url}/baselines").json()["problems"][0]
    interval = {"time": 0, "duration": 100, "name": "baseline", "person": 1}
    studio.post(f"{url}/marks", json=interval)
    answer = studio.get(f"{url}/baselines").json()
    (found,) = answer["baselines"]
    assert found["person"] == 1
    assert 0 < found["weight"] < 1
    assert set(found["shift"]) == set(EMOTIONS)
    assert len(answer["problems"]) == 1
