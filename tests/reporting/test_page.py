import base64
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mien.emotions import COLORS, EMOTIONS, UNSURE
from mien.errors import MediaError
from mien.inference.records import Records
from mien.reporting import write_report
from mien.reporting.format import clock, duration
from mien.results import Box
from mien.study.recording import split_records
from tests.reporting.rows import alone, make

LABELS = (*EMOTIONS, UNSURE)
SMILE = ["neutral"] * 20 + ["happy"] * 30 + [None] * 10 + ["unsure"] * 10 + ["neutral"] * 30


class Page(HTMLParser):
    """Every element's name and attributes, and what the scripts and styles hold."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[str] = []
        self.words = ""
        self.source = path.read_text("utf-8")
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.cdata_elem:
            self.raw.append(data)
        else:
            self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def data(self) -> Any:
        return json.loads(self.raw[1])


def write(folder: Path, records: Records, **more: Any) -> Page:
    path = folder / "page.html"
    write_report(split_records(records), path, **more)
    return Page(path)


@pytest.fixture
def smile(tmp_path: Path) -> Records:
    return make(tmp_path, alone(SMILE))


def test_the_page_needs_no_network(smile: Records, tmp_path: Path) -> None:
    page = write(tmp_path, smile)
    assert not re.search(r"(https?:|[^\w]//\w|@import|url\()", strip_free_text(page.source))
    assert not page.all("link")
    assert all(not script.get("src") for script in page.all("script"))
    policy = next(it["content"] for it in page.all("meta") if "http-equiv" in it)
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:;")
    script_hash = base64.b64encode(hashlib.sha256(page.raw[-1].encode()).digest()).decode()
    assert f"script-src 'sha256-{script_hash}'" in policy


def strip_free_text(source: str) -> str:
    """Without comments, and without the font, which is part of the page."""
    without_font = re.sub(r"url\(data:font/woff2;base64,[\w+/=]+\)", "", source)
    return re.sub(r"(?m)(^|\s)// .*$", "", without_font)


@pytest.mark.parametrize(
    "name",
    [
        "</script><img src=x onerror=alert(1)>",
        "</title></style><script>alert(1)</script>",
        "\"'><svg onload=alert(1)>&lt;$data${data}",
        "a\ud800b",
    ],
)
def test_a_hostile_name_is_harmless(name: str, tmp_path: Path) -> None:
    records = make(tmp_path, alone(SMILE))
    records.source[:] = name
    records.source[50:] = name + " 2"  # two sources: each name is a heading
    page = write(tmp_path, records, title=name)
    assert len(page.all("script")) == 2
    assert not page.all("img")
    assert not page.all("svg")
    assert not any(key.startswith("on") for _, attributes in page.elements for key in attributes)
    assert page.words.count(name.replace("\ud800", "\\ud800")) == 4
    assert len(page.data["films"]) == 2


def unpack(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def test_the_script_gets_the_records(smile: Records, tmp_path: Path) -> None:
    (video,) = write(tmp_path, smile).data["films"]
    (person,) = video["people"]
    detected = smile.label >= 0
    assert video["length"] == 10_000
    assert video["interval"] == pytest.approx(100)
    times = unpack(person["times"], "<u4")
    assert times.tolist() == np.rint(smile.time[detected] * 1000).tolist()
    smoothed = unpack(person["smoothed"], "u1").reshape(-1, 7) / 255
    assert np.abs(smoothed - smile.smoothed[detected]).max() < 0.0021
    assert unpack(person["label"], "u1").tolist() == smile.label[detected].tolist()
    assert person["parts"] == [0, 50]
    strip = unpack(person["strip"], "<u4").reshape(-1, 2).tolist()
    assert strip == [[0, 2000], [2000, 5000], [6000, 7000], [7000, 10000]]
    assert [LABELS[it] for it in unpack(person["stripLabel"], "u1")] == [
        *("neutral", "happy", "unsure", "neutral"),
    ]


def test_the_page_says_in_words_what_the_chart_shows(smile: Records, tmp_path: Path) -> None:
    words = " ".join(write(tmp_path, smile).words.replace("\xa0", " ").split())
    for part in (
        "talk.mp4 expressions over time",
        "Mien labels visible expressions, not feelings.",
        "10.0 s, 100 frames, 1 person",
        "Person 1 0:00.0 to 0:09.9, in view for 9.0 s",
        "happy33.3 %3.0 s",
        "unsure11.1 %1.0 s",
        "Transitions 2 in all",
        "happy0:02.0 at 70.0 %from 0:02.0 to 0:05.0",
        "not detected for more than 0.5 s",
        "All 4 segments",
    ):
        assert part in words
    assert all(name in words for name in LABELS)


def test_every_colour_is_the_emotions(smile: Records, tmp_path: Path) -> None:
    style = write(tmp_path, smile).raw[0]
    for index, name in enumerate(LABELS):
        assert f"--code-{index}:{COLORS[name]};" in style
        assert f".code-{index}{{--fill:var(--code-{index})}}" in style


def test_key_moments_have_images(tmp_path: Path) -> None:
    frames = [(at / 10, [(1, "neutral", 0.6), (2, "sad", 0.7)]) for at in range(10)]
    frames += [(at / 10, [(1, "happy", 0.8), (2, "sad", 0.9)]) for at in range(10, 20)]
    asked: list[tuple[float, Box]] = []

    def thumbnail(time: float, box: Box) -> np.ndarray | None:
        asked.append((time, box))
        return None if time == 0 else np.full((300, 200, 3), (200, 30, 30), np.uint8)

    page = write(tmp_path, make(tmp_path, frames), thumbnail=thumbnail)
    box = {1: Box(10, 20, 30, 40), 2: Box(20, 20, 30, 40)}
    assert asked == [(0, box[1]), (1.0, box[1]), (1.0, box[2])]
    images = [it["src"] or "" for it in page.all("img")]
    assert len(images) == 2
    for uri in images:
        kind, _, content = uri.partition(",")
        image = Image.open(BytesIO(base64.b64decode(content)))
        assert kind == "data:image/jpeg;base64"
        assert image.size == (96, 144)
        assert np.abs(np.array(image.getpixel((0, 0))) - (200, 30, 30)).max() < 8


def test_only_one_source_has_images(smile: Records, tmp_path: Path) -> None:
    smile.source[50:] = "other.mp4"
    page = write(tmp_path, smile, thumbnail=lambda *_: pytest.fail("no image can be known"))
    assert "2 sources" in page.words


def test_the_page_says_that_photos_are_left_out(tmp_path: Path) -> None:
    page = write(tmp_path, make(tmp_path, [(0.0, [(None, "happy", 0.9), (None, "sad", 0.9)])]))
    assert "2 faces have no person id" in page.words
    assert "No person was tracked" in page.words


def test_no_records_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="there are no records"):
        write(tmp_path, make(tmp_path, []))


def test_a_place_that_cannot_be_written(smile: Records, tmp_path: Path) -> None:
    path = tmp_path / "none" / "page.html"
    with pytest.raises(MediaError, match=r"page\.html: cannot be written .* choose another"):
        write_report(split_records(smile), path)


@pytest.mark.slow
def test_an_hour_of_five_people_is_a_few_megabytes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frames, people = 108_000, 5
    count = frames * people
    raw = rng.dirichlet(np.full(7, 0.4), count).astype(np.float32)
    records = Records(
        source=np.full(count, "talk.mp4", np.object_),
        frame=np.repeat(np.arange(frames), people),
        time=np.repeat(np.arange(frames) / 30, people),
        person=np.tile(np.arange(people), frames),
        boxes=np.ones((count, 4), np.float32),
        score=np.ones(count, np.float32),
        label=(np.arange(count) // people // 20 % 8).astype(np.int8),
        confidence=raw.max(axis=1),
        raw=raw,
        smoothed=raw,
    )
    page = tmp_path / "page.html"
    write_report(split_records(records), page)
    assert 1e6 < page.stat().st_size < 5e6


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00.0"), (59.96, "1:00.0"), (3727.54, "1:02:07.5"), (-1.5, "-0:01.5")],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (7.46, "7.5 s"),
        (59.97, "1 min 0 s"),
        (127, "2 min 7 s"),
        (3599.7, "1 h 0 min"),
        (7384, "2 h 3 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds).replace("\xa0", " ") == text


PRESS = """<script>
const track = document.querySelector("[role=slider]"), said = [];
const tell = () => said.push(track.getAttribute("aria-valuetext"));
const press = (key) => { track.dispatchEvent(new KeyboardEvent("keydown", {key})); tell(); };
tell();
["End", "ArrowLeft", "Home", "ArrowRight", "+", "PageUp", "0"].forEach(press);
document.querySelector("[data-time]").click(); tell();
document.querySelector("[value=raw]").click(); tell();
document.body.dataset.said = JSON.stringify(said);
</script></body>"""


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs Chromium")
def test_the_keyboard_moves_through_the_video(smile: Records, tmp_path: Path) -> None:
    smile.raw[:] = np.eye(7, dtype=np.float32)[EMOTIONS.index("fear")]
    write(tmp_path, smile)
    page = tmp_path / "page.html"
    source = page.read_text("utf-8").replace("Content-Security-Policy", "none")
    page.write_text(source.replace("</body>", PRESS), "utf-8")
    said = dump(page, tmp_path)
    assert said[0] == "0:00.0, neutral: neutral 70 %, angry 5 %, disgust 5 %, fear 5 %"
    assert [it.partition(",")[0] for it in said[1:6]] == [
        *("0:10.0", "0:09.9", "0:00.0", "0:00.1", "0:00.1"),
    ]
    assert said[6].startswith("0:02.1, happy")  # 20 steps of 0.1 s: a frame is the least
    assert said[7] == said[6]
    assert said[8].startswith("0:00.0, neutral: neutral 70 %")
    assert said[9].startswith("0:00.0, neutral: fear 100 %")


def dump(page: Path, folder: Path) -> Sequence[str]:
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    quiet = ["--disable-background-networking", "--no-first-run", "--disable-component-update"]
    profile = f"--user-data-dir={folder / 'profile'}"
    done = subprocess.run(
        [*command, *quiet, "--disable-sync", profile, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    parsed = Page.__new__(Page)
    HTMLParser.__init__(parsed)
    parsed.elements, parsed.raw, parsed.words = [], [], ""
    parsed.feed(done.stdout)
    said = json.loads(parsed.all("body")[0]["data-said"] or "[]")
    return [it.replace("\xa0", " ") for it in said]
