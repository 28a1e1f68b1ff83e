"""The names of people and the events of recordings, as a report shows them."""

import re
from html import unescape
from pathlib import Path

import pytest

from mien.reporting import write_report
from mien.study.events import Event
from mien.study.recording import Recording, split_records
from tests.reporting.rows import make
from tests.reporting.test_page import Page

TWO = [(at / 10, [(1, "neutral", 0.7), (2, "happy", 0.7)]) for at in range(100)]
EVENTS = (
    Event(1.5, name="starts", note="by hand"),
    Event(2, 3, person="Ada", condition="joy"),
    Event(5, 2.5, name="phone", excluded=True),
)


def write(folder: Path, events: tuple[Event, ...]) -> Page:
    (recording,) = split_records(make(folder, TWO), events, {1: "Ada"})
    path = folder / "page.html"
    write_report([recording], path)
    return Page(path)


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return write(tmp_path, EVENTS)


def tables(page: Page) -> list[list[list[str]]]:
    """The rows of every table, each a list of what its cells say."""
    return [
        [
            [
                unescape(re.sub("<[^>]*>", "", cell)).replace("\xa0", " ")
                for cell in re.findall(CELL, row)
            ]
            for row in re.findall("(?s)<tr.*?>(.*?)</tr>", table)
        ]
        for table in re.findall("(?s)<table.*?>(.*?)</table>", page.source)
    ]


TAG, CELL = re.compile("<[^>]*>"), re.compile(r"(?s)<t[dh]\b.*?>(.*?)</t[dh]>")


def event_tables(page: Page) -> list[list[list[str]]]:
    return [rows for rows in tables(page) if "What" in rows[0]]


def test_people_have_their_names_and_the_share_that_is_usable(page: Page) -> None:
    names, ada, other = tables(page)[0]
    assert names[:3] == ["Who", "In view", "Usable"]
    # Of ten seconds, 2.5 are excluded.
    assert ada[:3] == ["Ada", "10.0 s", "75.0 %"]
    assert other[:3] == ["Person 2", "10.0 s", "75.0 %"]
    sliders = [item["aria-label"] for item in page.all("div") if item.get("role") == "slider"]
    assert sliders == ["Time, Ada", "Time, Person 2"]


def test_events_are_in_a_table_that_needs_no_script(page: Page) -> None:
    (table,) = event_tables(page)
    assert table[1:] == [
        ["0:01.5", "", "starts", "everybody", "", "by hand"],
        ["0:02.0", "0:05.0", "joy", "Ada", "joy", ""],
        ["0:05.0", "0:07.5", "phone excluded", "everybody", "", ""],
    ]


def test_columns_that_no_event_fills_are_left_out(tmp_path: Path) -> None:
    (table,) = event_tables(write(tmp_path, (Event(1, name="a"),)))
    assert table == [["From", "To", "What", "Who"], ["0:01.0", "", "a", "everybody"]]


def test_the_chart_of_a_person_has_the_events_about_them(page: Page) -> None:
    (video,) = page.data["films"]
    ada, other = (person["events"] for person in video["people"])
    assert ada == [
        [1500, 1500, False, "starts"],
        [2000, 5000, False, "joy"],
        [5000, 7500, True, "phone"],
    ]
    assert other == [ada[0], ada[2]]


def test_names_and_events_cannot_smuggle_in_markup(tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script><b onload=x>"
    (recording,) = split_records(make(tmp_path, TWO), (Event(1, person=evil, name=evil),))
    path = tmp_path / "page.html"
    write_report([Recording(recording.name, recording.records, {1: evil}, recording.events)], path)
    page = Page(path)
    assert len(page.all("script")) == 2
    assert not any("onload" in attributes for _, attributes in page.elements)
    assert page.data["films"][0]["people"][0]["events"][0][3] == evil
    assert unescape(page.source).count(evil) >= 3


def test_several_recordings_show_their_own_events(tmp_path: Path) -> None:
    first, second = (
        split_records(make(tmp_path, TWO, source), (Event(at, name=source),), {1: source[0]})[0]
        for at, source in ((1, "a.mp4"), (2, "b.mp4"))
    )
    path = tmp_path / "page.html"
    write_report([first, second], path)
    events = [[row[0], row[2]] for table in event_tables(Page(path)) for row in table[1:]]
    assert events == [["0:01.0", "a.mp4"], ["0:02.0", "b.mp4"]]
