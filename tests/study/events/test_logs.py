"""Logs of experiments and subtitles, as the other programs write them."""

import zipfile
from pathlib import Path

import pytest

from mien.errors import StudyError
from mien.study.events import Event, read_log


def read(tmp_path: Path, name: str, content: str, encoding: str = "utf-8") -> tuple[Event, ...]:
    path = tmp_path / name
    path.write_bytes(content.encode(encoding))
    return read_log(path).events


def test_bids(tmp_path: Path) -> None:
    content = "onset\tduration\ttrial_type\tstim_file\n1.5\t2\tcalm\tn/a\n4\tn/a\tn/a\ta.mp4\n"

    assert read(tmp_path, "sub-1_events.tsv", content) == (
        Event(1.5, 2.0, condition="calm"),
        Event(4.0, name="a.mp4"),
    )


def test_datavyu(tmp_path: Path) -> None:
    content = (
        "look.ordinal,look.onset,look.offset,look.where,look.sure,blink.ordinal,blink.onset,"
        "blink.offset\n1,1500,3500,left,yes,1,2000,2100\n2,4000,4000,right,,,,\n"
    )
    assert read(tmp_path, "talk.csv", content) == (
        Event(1.5, 2.0, name="look", code="left", note="sure=yes"),
        Event(2.0, 0.1, code="blink"),
        Event(4.0, name="look", code="right"),
    )


def test_datavyu_opf(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "talk.opf", "w") as archive:
        lines = "#4\nlook (MATRIX,true,)-where|NOMINAL,sure|NOMINAL\n00:00:01:500,00:00:03:500,"
        archive.writestr("db", lines + "(left,yes)\n")

    assert read_log(tmp_path / "talk.opf").events == (
        Event(1.5, 2.0, name="look", code="left", note="sure=yes"),
    )


def test_psychopy(tmp_path: Path) -> None:
    content = (
        "image_file,condition,image.started,image.stopped,key.keys,key.rt,key.started,key.stopped\n"
        "a.png,calm,1.5,3.5,space,0.51,1.75,None\n,,,,,,,\n"
    )
    assert read(tmp_path, "talk.csv", content) == (
        Event(1.5, 2.0, name="image", condition="calm"),
        Event(1.75, name="key", condition="calm", note="keys=space; rt=0.51"),
    )


def test_psychopy_log(tmp_path: Path) -> None:
    content = (
        "0.5000 \tEXP \tCreated image = ImageStim(...)\n1.5000 \tEXP \timage: autoDraw = True\n"
        "2.0000 \tDATA \tKeypress: space\n3.5000 \tEXP \timage: autoDraw = False\n"
    )
    assert read(tmp_path, "talk.log", content) == (
        Event(1.5, 2.0, name="image"),
        Event(2.0, name="Keypress: space"),
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
def test_eprime(tmp_path: Path, encoding: str) -> None:
    content = (
        "*** Header Start ***\r\nExperiment: x\r\n*** Header End ***\r\n"
        "\t*** LogFrame Start ***\r\n"
        "\tCondition: calm\r\n\tFace.OnsetTime: 1500\r\n\tFace.Duration: 2000\r\n"
        "\tFace.RESP: 1\r\n\tFace.RT: 510\r\n\tUnseen.OnsetTime: 0\r\n\t*** LogFrame End ***\r\n"
    )
    assert read(tmp_path, "talk.txt", content, encoding) == (
        Event(1.5, 2.0, name="Face", condition="calm", note="RESP=1; RT=510"),
    )


def test_webvtt(tmp_path: Path) -> None:
    content = (
        "WEBVTT\n\nNOTE by hand\n\nSTYLE\n::cue {}\n\nintro\n00:01.500 --> 00:03.500 align:left\n"
        "<v Zoë>good <i>morning</i>\n&amp; welcome\n"
    )
    assert read(tmp_path, "talk.vtt", content) == (
        Event(1.5, 2.0, "Zoë", "good morning & welcome"),
    )


def test_srt(tmp_path: Path) -> None:
    content = "1\r\n00:00:01,500 --> 00:00:03,500\r\n<b>good</b>\r\nmorning\r\n\r\n"

    assert read(tmp_path, "talk.srt", content) == (Event(1.5, 2.0, name="good morning"),)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.vtt", "1\n00:01.500 --> 00:03.500\nx\n", "does not start with WEBVTT"),
        ("a.vtt", "WEBVTT\n\n00:03.500 --> 00:01.000\nx\n", "cue in line 3: its duration is neg"),
        ("a.srt", "1\n00:0x --> 00:03,500\nx\n", "line 2: '00:0x --> 00:03,500' are no times"),
        ("a.srt", "hello\n", "has no cue"),
        ("a.log", "hello\n", "has no line as PsychoPy logs them"),
        ("a.opf", "hello\n", "is no .opf file of Datavyu"),
        ("a_events.tsv", "onset\tduration\nn/a\t1\n", "line 2, column onset: the onset is missing"),
        ("a.csv", "a.onset,a.offset\n2000,1000\n", "line 2, column a: its duration is negative"),
        ("a.csv", "b.started,b.stopped\n2,1\n", "line 2, component b: its duration is negative"),
        ("a.mp4", "x", "no format of events ends in '.mp4'"),
    ],
)
def test_bad_input_is_one_clear_error(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    with pytest.raises(StudyError, match=message):
        read(tmp_path, name, content)
