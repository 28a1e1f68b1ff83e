"""A study of the drawn video, for the view in which a coder labels its stretches."""

from pathlib import Path

from mien import Analyzer
from mien.emotions import EMOTIONS
from mien.inference.records import open_records
from mien.study.design.folder import Stretch, StudyFolder

SECONDS = 0.5
COUNT = 4  # stretches


def make_study(folder: Path, video: Path) -> Path:
    """Returns the folder of a study with Ada as its coder."""
    records = folder.parent / "drawn.csv"
    with open_records(records) as written:
        for result in Analyzer().stream(str(video)):
            written.write(result)
    times = [(at * SECONDS, (at + 1) * SECONDS) for at in range(COUNT)]
    stretches = [
        Stretch(number, video.name, str(video), "Ada", 1, *limits, "", 0.5)
        for number, limits in enumerate(times, 1)
    ]
    source = {"name": video.name, "source": str(video), "records": str(records), "sha256": {}}
    return StudyFolder.create(folder, stretches, {"seed": 1}, EMOTIONS, [source]).path
