import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from mien.errors import StudyError
from mien.study.events import Event
from mien.study.summary import summarize
from mien.study.summary.page import write_page
from mien.study.summary.plots import draw_plots, write_plots
from tests.study.summary.studies import probabilities, record, study

pytestmark = pytest.mark.slow

JOKE = [Event(1.0, name="joke")]
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def summary():
    recordings = [
        record(
            f"{at}{condition}.mp4",
            probabilities([0.2] * 15 + [top] * 15),
            person=f"{EVIL} {at}",
            condition=condition,
            events=JOKE,
            yaw=[80 if at == 0 else 0] * 20 + [0] * 10,
        )
        for at in range(3)
        for condition, top in (("control", 0.5), ("joy", 0.9))
    ]
    return summarize(recordings, around="joke", window=(-1, 1))


def test_the_page_stands_alone(summary, tmp_path: Path) -> None:
    page = write_page(summary, tmp_path / "page.html").read_text("utf-8")

    assert "default-src 'none'" in page
    assert "<script" not in page
    font = r"url\(data:font/woff2;base64,[\w+/=]+\)"
    assert not re.search(r"(src|href)=|url\(|@import|https?:", re.sub(font, "", page))


def test_names_are_text(summary, tmp_path: Path) -> None:
    page = write_page(summary, tmp_path / "page.html").read_text("utf-8")

    assert "&lt;script&gt;alert(1)&lt;/script&gt; 1" in page


def test_every_plot_has_its_values_and_what_is_poor_is_marked(summary, tmp_path: Path) -> None:
    page = write_page(summary, tmp_path / "page.html").read_text("utf-8")

    plots = re.findall(r'<div class="panels (\w+)">', page)
    assert plots == ["conditions", "contrasts", "course", "people"]
    assert page.count("<details><summary>Values</summary>") == len(plots)
    assert '<tr class="poor">' in page
    assert page.index("What was usable") < page.index("<svg")


def test_plots_are_xml_files(summary, tmp_path: Path) -> None:
    paths = write_plots(summary, tmp_path / "new" / "figures")

    assert [path.name for path in paths] == [
        "conditions.svg",
        "contrasts.svg",
        "course.svg",
        "people.svg",
    ]
    for path in paths:
        root = ET.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "nan" not in path.read_text("utf-8").replace("nance", "")
        assert root.find("{http://www.w3.org/2000/svg}title").text


def test_a_course_is_drawn_where_its_values_are(summary) -> None:
    """The line of happy in "joy" rises from 0.2 to 0.9 half a second after the event."""
    panel = next(it for it in draw_plots(summary)[2].panels if it.title == "happy")

    line = next(shape for shape in panel.shapes if 'stroke-dasharray="7 3"' in shape)
    points = np.array(re.findall(r"[ML]([\d.]+) ([\d.]+)", line), float)
    top, bottom = 28, 148  # 1 and 0
    shown = (bottom - points[:, 1]) / (bottom - top)
    assert shown.min() == pytest.approx(0.2, abs=0.01)
    assert shown.max() == pytest.approx(0.9, abs=0.01)
    before = points[shown < 0.5, 0]
    middle = 42 + (290 - 42) / 2  # the event
    assert (before > middle + 1).sum() == 4  # 0.1 to 0.4 s


def test_photos_without_conditions_have_one_plot() -> None:
    photos = [
        record(f"{at}.jpg", probabilities([at / 4]), person="", interval=0) for at in range(4)
    ]

    (plot,) = draw_plots(summarize(photos))

    assert plot.name == "conditions"
    assert plot.svg.count("<circle") == 4 * 7


def test_many_people_have_thin_rows_without_names() -> None:
    plot = draw_plots(summarize(study(45, seconds=1)))[-1]

    assert plot.name == "people"
    assert ">P1<" not in plot.svg
    assert plot.panels[0].height < 700


def test_a_place_that_cannot_be_written_is_told(summary, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StudyError, match="cannot be written"):
        write_page(summary, tmp_path / "absent" / "page.html")
    with pytest.raises(StudyError, match="cannot be written"):
        write_plots(summary, tmp_path / "file")
