"""A study of a made video, for tests of its coding."""

from io import BytesIO
from pathlib import Path

import av
import numpy as np

from mien.emotions import EMOTIONS
from mien.inference.media.images import Pixels
from mien.inference.media.video_writer import VideoWriter
from mien.inference.records import open_records
from mien.results import Box, Face, FrameResult
from mien.study.design.folder import Stretch, StudyFolder

RATE = 25
BOX = Box(200, 100, 40, 40)
FRAMES = 150


def gray(frame: int) -> int:
    """The brightness of the face in a frame; 41 frames in a row differ, and neighbours by 20."""
    return 30 + frame * 37 % 41 * 5


def write_video(path: Path, frames: int = FRAMES) -> None:
    """Writes a blue video in which the face is a gray square."""
    with VideoWriter(path) as writer:
        for frame in range(frames):
            pixels = np.full((240, 320, 3), (0, 0, 255), np.uint8)
            pixels[100:140, 200:240] = gray(frame)
            writer.write(frame / RATE, pixels)


def write_faces(path: Path, source: str, box: Box = BOX, frames: int = FRAMES) -> None:
    """Writes records of one face; all are labelled happy."""
    values = tuple(float(label == "happy") for label in EMOTIONS)
    face = Face(box=box, probabilities=values, score=0.9, person=1, smoothed=values)
    with open_records(path) as records:
        for frame in range(frames):
            records.write(FrameResult(source, 320, 240, (face,), frame, frame / RATE))


def make_study(
    folder: Path, source: str, count: int = 3, labels: tuple[str, ...] = EMOTIONS
) -> StudyFolder:
    """Makes a study of stretches of two seconds, of the records `folder`/faces.csv."""
    name = Path(source).name
    stretches = [
        Stretch(at + 1, name, source, "Ada Secret", 1, 2.0 * at, 2.0 * at + 2, "sad film", 0.5)
        for at in range(count)
    ]
    recordings = [{"name": name, "source": source, "records": "../faces.csv", "sha256": {}}]
    return StudyFolder.create(folder / "study", stretches, {"seed": 5}, labels, recordings)


def read_clip(content: bytes) -> tuple[list[float], list[Pixels]]:
    """The times and the images of a clip, as FFmpeg decodes them; it has one track."""
    with av.open(BytesIO(content), "r") as container:
        (track,) = container.streams
        assert track.type == "video"
        frames = list(container.decode(video=0))
    images = [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in frames]
    return [frame.time for frame in frames], images
