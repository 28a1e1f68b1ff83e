"""Mien's own table, as laboratories save it."""

from pathlib import Path

import pandas as pd
import pytest

from mien.errors import StudyError
from mien.study.events import Event, read_events, read_log, write_events


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "talk.events.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_pandas_reads_what_mien_wrote(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    write_events(path, [Event(2.5, 1.0, "Zoë", 'a, "b"\nc'), Event(1.0, excluded=True)])

    table = pd.read_csv(path, keep_default_na=False)

    assert table["onset"].tolist() == [1.0, 2.5]
    assert table["name"].tolist() == ["", 'a, "b"\nc']
    assert table["excluded"].tolist() == [1, 0]


def test_a_spreadsheet_runs_no_text(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    write_events(path, [Event(1.0, name="=HYPERLINK(1)")])

    assert ",'=HYPERLINK(1)," in path.read_text("utf-8")
    assert read_events(path)[0].name == "=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("content", "times"),
    [
        ("onset,duration\n1.5,2\n", (1.5, 2.0)),
        ("onset;duration\n1,5;2,25\n", (1.5, 2.25)),
        ("onset\tduration\n0,125\t2\n", (0.125, 2.0)),
        ('onset,duration\n"1,5","2,25"\n', (1.5, 2.25)),
        ("onset_ms,duration_ms\n1500,2000\n", (1.5, 2.0)),
        ("onset,duration\n00:01:02.500,00:00:03\n", (62.5, 3.0)),
        ("onset,duration\n1:02.5,3\n", (62.5, 3.0)),
        ("onset,end\n1.5,4\n", (1.5, 2.5)),
        ("Onset,Offset\n1.5,4\n", (1.5, 2.5)),
        ("onset_ms,offset_ms\n1500,4000\n", (1.5, 2.5)),
        ("\n".join(["onset", "1.5", "", " ", ""]), (1.5, 0.0)),
        ("onset,duration\r\n1.5,n/a\r\n", (1.5, 0.0)),
    ],
)
def test_times_as_people_write_them(
    tmp_path: Path, content: str, times: tuple[float, float]
) -> None:
    (event,) = read_events(write(tmp_path, content))

    assert (event.onset, event.duration) == pytest.approx(times)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    content = "onset\tname\n1\tgrüß, Zoë\n".encode(encoding)

    assert read_events(write(tmp_path, content))[0].name == "grüß, Zoë"


def test_a_header_alone_has_no_events(tmp_path: Path) -> None:
    assert read_events(write(tmp_path, "onset,duration\n")) == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"is empty; give a file with events"),
        (" \n\n", r"is empty"),
        ("onset,name\n1,gr\xfcn\n".encode("latin-1"), r"no UTF-8 \(byte 0xFC in line 2\).*1252"),
        ("name\nx\n", r"has no column 'onset'; it has name; give onset in seconds"),
        ("onset,duration\n1,-2\n", r"line 2: its duration is negative \(-2 s\)"),
        ("onset,end\n3,2\n", r"line 2: its duration is negative"),
        ("onset\n1\nNaN\n", r"line 3, column onset: 'NaN' is no time"),
        ("onset\ninf\n", r"'inf' is no time"),
        ("onset\n1e999\n", r"line 2: its onset is no finite number"),
        ("onset,name\n,x\n", r"line 2, column onset: the onset is missing"),
        ("onset,name\nsoon,x\n", r"line 2, column onset: 'soon' is no time; use seconds"),
        ("onset;name\n1,500;x\n", r"line 2, column onset: '1,500' may be 1500 or 1\.500"),
        ("onset;name\n1.234,5;x\n", r"'1\.234,5' is no time"),
        ("onset,duration\n1,5,2,0\n", r"line 2: it has 4 cells, but the header has 2; write dec"),
        ('onset,name\n1,"x\n2,y\n', r"line 2: its quotes do not match"),
        ("onset,name,name\n1,a,b\n", r"two columns are named 'name'"),
        ("onset,durration\n1,2\n", r"unknown column 'durration'; is it 'duration'\?"),
        ("onset,excluded\n1,maybe\n", r"line 2, column excluded: 'maybe' is neither; use 1 or 0"),
        ("onset,name\n1," + "x" * 1001 + "\n", r"name of the event at 1 s has more than 1000"),
    ],
)
def test_bad_input_is_one_clear_error(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = write(tmp_path, content)

    with pytest.raises(StudyError, match=message) as caught:
        read_events(path)
    assert str(caught.value).startswith(str(path))


def test_a_line_is_named_where_it_starts(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="line 4, column onset"):
        read_events(write(tmp_path, 'onset,name\n1,"a\nb"\nx,c\n'))


def test_columns_of_the_laboratory_are_left_out_with_a_note(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, "trial,onset,name\n7,1,tone\n"))

    assert log.events == (Event(1.0, name="tone"),)
    assert log.notes == ("columns left out: trial",)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"cannot be read \(No such file or directory\)"):
        read_events(tmp_path / "none.csv")


def test_commas_of_a_column_that_has_others_are_decimal(tmp_path: Path) -> None:
    """1,500 alone could be 1500; beside 2,25 it cannot."""
    events = read_events(write(tmp_path, "onset;name\n1,500;a\n2,25;b\n"))

    assert [event.onset for event in events] == [1.5, 2.25]
