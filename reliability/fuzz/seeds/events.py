"""Events in each format that Mien reads, and the folder of a study."""

import json
import re
import zipfile
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from mien.study.design import StudyFolder
from mien.study.design.stretch import Stretch
from mien.study.events import FORMATS, Event
from reliability.fuzz.seeds import Seeds

EVENTS = (
    Event(0.5, 1.5, person="Ann", code="smile", note="wide"),
    Event(1.0, name="stimulus", condition="calm"),
    Event(2.25, 0.5, excluded=True, name="hand before the face"),
    Event(3.0, 2.0, person="Ben", condition="loud", code="frown"),
)
_NAMES = {
    "csv": "talk.csv",
    "boris": "talk.boris",
    "boris-table": "boris.csv",
    "elan": "talk.eaf",
    "datavyu": "datavyu.csv",
    "datavyu-opf": "talk.opf",
    "psychopy": "psychopy.csv",
    "eprime": "talk.txt",
    "webvtt": "talk.vtt",
    "srt": "talk.srt",
    "bids": "sub-1_events.tsv",
}
_NOW = re.compile(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d")
_LOG = (
    b"0.5000 \tEXP \tCreated image = ImageStim(...)\n1.5000 \tEXP \timage: autoDraw = True\n"
    b"2.0000 \tDATA \tKeypress: space\n3.5000 \tEXP \timage: autoDraw = False\n"
)
_EPRIME = (
    "*** Header Start ***\r\nExperiment: x\r\n*** Header End ***\r\n\t*** LogFrame Start ***\r\n"
    "\tCondition: calm\r\n\tFace.OnsetTime: 1500\r\n\tFace.Duration: 2000\r\n"
    "\tFace.RESP: 1\r\n\tFace.RT: 510\r\n\t*** LogFrame End ***\r\n"
)
_DATAVYU = (
    b"look.ordinal,look.onset,look.offset,look.where,look.sure,blink.ordinal,blink.onset,"
    b"blink.offset\n1,1500,3500,left,yes,1,2000,2100\n2,4000,4000,right,,,,\n"
)
_PSYCHOPY = (
    b"image_file,condition,image.started,image.stopped,key.keys,key.rt,key.started,key.stopped\n"
    b"a.png,calm,1.5,3.5,space,0.51,1.75,None\n,,,,,,,\n"
)
_FOREIGN = (
    ("psychopy-log", "talk.log", _LOG),
    ("eprime", "wide.txt", _EPRIME.encode("utf-16")),
    ("datavyu", "look.csv", _DATAVYU),
    ("psychopy", "trials.csv", _PSYCHOPY),
    ("webvtt", "style.vtt", b"WEBVTT\n\nSTYLE\na\n\n1\n00:01.000 --> 00:02.000 line:0\n<v A>b"),
    ("csv", "tabs.tsv", b"onset\tduration\tperson\tcode\n1\t2\tAnn\tsmile\n3,5\t\t\tx\n"),
)


def written(name: str) -> Seeds:
    """The events of one format as Mien writes it, and one as the other program does."""
    write = FORMATS[name].write
    seeds = dict(_foreign(name))
    if write is not None:
        content = write(EVENTS)
        data = content.encode() if isinstance(content, str) else content
        data = _NOW.sub(b"2024-05-01T12:00:00", data)  # when it was written
        seeds[_NAMES[name]] = _settled(data) if data.startswith(b"PK") else data
    return seeds


def _settled(archive: bytes) -> bytes:
    """Returns a ZIP archive whose files have one fixed time."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name))
    return buffer.getvalue()


def _foreign(of: str) -> Seeds:
    return {name: content for kind, name, content in _FOREIGN if kind == of}


def studies() -> Seeds:
    """The files of a study's folder, as one JSON object: name to text."""
    stretches = [Stretch(1, "talk", "talk.mp4", "Ann", 1, 0.0, 2.0, "calm", 0.5)]
    recordings = [{"name": "talk", "source": "talk.mp4", "records": "talk.csv", "sha256": {}}]
    with TemporaryDirectory() as folder:
        path = Path(folder, "study")
        study = StudyFolder.create(path, stretches, {"seed": 1}, ("happy", "sad"), recordings)
        names = ("study.json", "stretches.csv")
        texts = {name: (study.path / name).read_text(encoding="utf-8") for name in names}
    texts["codes/anna.csv"] = "stretch,code,clock\n1,happy,2024-05-01T12:00:00.000Z\n"
    return {"study.json": json.dumps(texts).encode()}


def people() -> Seeds:
    """The names of people beside records."""
    return {"talk.people.csv": b"person,name\n0,Ann\n1,Ben\n"}
