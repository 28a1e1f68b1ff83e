"""A whole study on simulated participants, by the commands that a laboratory would give.

Usage: python benchmarks/worked_study.py --out DIR [--people N] [--data DATA]
Looks at a clip first, as a pilot. Then it makes a video for each participant from press photos of
one person (PublicTest; nothing of them is kept but in DIR): six seconds of a neutral face, then two
conditions in turn, calm and comedy, in which photos hold for two seconds and dissolve into one
another. How much of each condition is happy is drawn by chance, so the truth is known. Two
simulated coders give the photos' labels, a tenth of them drawn anew, at times that are off by up to
0.2 seconds. Every command is printed with its output.
"""

import argparse
import csv
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image
from pyarrow.parquet import read_table

from mien import Analyzer
from mien.emotions import EMOTIONS
from mien.inference.records import read_records
from mien.study.bootstrap import bootstrap_people

HAPPY, NEUTRAL = EMOTIONS.index("happy"), EMOTIONS.index("neutral")
RATE, HOLD, DISSOLVE = 10, 2.0, 0.8
BASELINE, SEGMENTS = 3, 6  # photos: of the neutral stretch, and of each condition
HAPPY_SHARE = {"calm": 0.15, "comedy": 0.6}
MISTAKES, JITTER = 0.1, 0.2
COMMANDS: tuple[tuple[str, int | None], ...] = (
    ("mien baseline P??.csv --out corrected.csv", None),
    ("mien summarize P??.csv --contrast calm,comedy --out summary.html", None),
    ("mien summarize P??.csv --by condition --baseline none --contrast calm,comedy", None),
    ("python docs/scripts/analysis.py happy comedy calm P??.csv", -1),
    ("mien segments P??.csv --out expressions.csv", None),
    ("mien agree P01.csv coder1.csv coder2.csv --also=P{02..12}.csv", None),
    ("mien export-bids P??.csv --out bids --task clips --dataset-name Comedy", None),
    ("bids-validator-deno bids --ignoreWarnings", None),
    ("mien cite P??.csv --model default", 9),
)
"""What is run of all participants, and how many lines of output are printed: None for all, and
a negative number for the last ones."""
PILOT = ("mien predict clip.mp4 --records clip.csv", "mien report clip.csv")
ROOT = Path(__file__).resolve().parents[1]
PLAIN = os.environ | {"NO_COLOR": "1", "COLUMNS": "110"}
EYES = (130 + 95j, 190 + 95j)
"""Where the eyes are in each image, x + iy in pixels."""
Photos = dict[int, list[NDArray[np.uint8]]]


@dataclass(frozen=True)
class Participant:
    """A simulated participant.

    Attributes:
        code: P01 and so on.
        photos: of one person, by label.
        shown: the label of each photo of the video, in order.
        order: the conditions, in order.
    """

    code: str
    photos: Photos
    shown: tuple[int, ...]
    order: tuple[str, str]

    @property
    def truth(self) -> dict[str, float]:
        """The share of each condition's photos that are happy."""
        first = self.shown[BASELINE : BASELINE + SEGMENTS]
        second = self.shown[BASELINE + SEGMENTS :]
        shares = [np.mean([label == HAPPY for label in part]) for part in (first, second)]
        return dict(zip(self.order, map(float, shares), strict=True))


def load(data: Path, count: int) -> list[Participant]:
    """Returns participants: people with three neutral photos and two happy ones, or more."""
    rows = read_table(
        data / "photos" / "faces.parquet", filters=[("usage", "=", "PublicTest")]
    ).to_pylist()
    people: dict[str, dict[int, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if not row["person"].startswith("film:") and row["emotion"] in (HAPPY, NEUTRAL):
            people[row["person"]][row["emotion"]].append(row["image"])
    enough = [name for name, it in people.items() if len(it[NEUTRAL]) > 2 and len(it[HAPPY]) > 1]
    analyzer = Analyzer()
    rng = np.random.default_rng(0)
    return [
        draw(f"P{number:02}", place(people[name], analyzer), number, rng)
        for number, name in enumerate(sorted(enough)[:count], 1)
    ]


def place(images: dict[int, list[bytes]], analyzer: Analyzer) -> Photos:
    """Returns the first photos of each label, as the video shows them."""
    placed = {
        label: [on_gray(image, analyzer) for image in photos[:SEGMENTS]]
        for label, photos in images.items()
    }
    return {label: [it for it in them if it is not None] for label, them in placed.items()}


def draw(code: str, photos: Photos, number: int, rng: np.random.Generator) -> Participant:
    """Draws what a participant shows; every other one has comedy first."""
    order = ("calm", "comedy") if number % 2 else ("comedy", "calm")
    shown = [NEUTRAL] * BASELINE
    for condition in order:
        happy = rng.random(SEGMENTS) < HAPPY_SHARE[condition]
        shown += [HAPPY if it else NEUTRAL for it in happy]
    return Participant(code, photos, tuple(shown), order)


def on_gray(image: bytes, analyzer: Analyzer) -> NDArray[np.uint8] | None:
    """Returns a face on a plain image, its eyes where all have them; None if it is not found."""
    photo = Image.open(BytesIO(image)).convert("RGB")
    face = next(iter(analyzer.analyze(photo).faces), None)
    if face is None:
        return None
    left, right = (complex(*point) for point in face.landmarks[:2])
    turn = (right - left) / (EYES[1] - EYES[0])  # from the plain image to the photo
    shift = left - turn * EYES[0]
    matrix = (turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag)
    size, bicubic = (320, 240), Image.Resampling.BICUBIC
    placed = photo.transform(size, Image.Transform.AFFINE, matrix, bicubic, fillcolor=(150,) * 3)
    return np.asarray(placed)


def write_video(participant: Participant, folder: Path) -> None:
    """Writes the participant's video, with the noise of a camera."""
    rng = np.random.default_rng(int(participant.code[1:]))
    used: dict[int, int] = defaultdict(int)
    images = []
    for number, label in enumerate(participant.shown):
        photos = participant.photos[label]
        images.append(photos[0 if number < BASELINE else used[label] % len(photos)].astype(float))
        used[label] += 1
    count = round(len(images) * HOLD * RATE)
    with av.open(str(folder / f"{participant.code}.mp4"), "w") as video:
        # One thread and a fixed quality: the same bits in each run.
        stream = video.add_stream("mpeg4", RATE, {"qscale": "2", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(count):
            frame = VideoFrame.from_ndarray(draw_frame(images, number / RATE, rng), "rgb24")
            video.mux(stream.encode(frame))
        video.mux(stream.encode(None))


def draw_frame(
    images: list[NDArray[np.float64]], time: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Returns the image at a time: a photo, or two that dissolve, and noise."""
    now = int(time / HOLD)
    share = max(0.0, (time % HOLD - (HOLD - DISSOLVE)) / DISSOLVE)
    after = images[min(now + 1, len(images) - 1)]
    image = (1 - share) * images[now] + share * after + rng.normal(0, 2, after.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def write_log(people: Sequence[Participant], path: Path) -> None:
    """Writes the experiment's log: when each condition ran; a telephone rang once."""
    rows = []
    for participant in people:
        recording = f"{participant.code}.mp4"
        rows.append((recording, 0, BASELINE * HOLD, "baseline", "", 0))
        onset = BASELINE * HOLD
        for condition in participant.order:
            rows.append((recording, onset, SEGMENTS * HOLD, f"{condition} clip", condition, 0))
            onset += SEGMENTS * HOLD
    rows.append((f"{people[-1].code}.mp4", onset - 4, 2, "telephone", "", 1))
    _write(path, ("recording", "onset", "duration", "name", "condition", "excluded"), rows)


def write_codes(people: Sequence[Participant], author: str, seed: int, path: Path) -> None:
    """Writes what a simulated coder says of each video."""
    rng = np.random.default_rng(seed)
    rows = []
    for participant in people:
        inner = np.arange(1, len(participant.shown)) * HOLD - DISSOLVE / 2
        moved = inner + rng.uniform(-JITTER, JITTER, len(inner))
        cuts = [0, *np.round(moved * 64) / 64, len(participant.shown) * HOLD]  # exact in binary
        for (start, end), label in zip(pairwise(cuts), participant.shown, strict=True):
            wrong = rng.random() < MISTAKES
            code = EMOTIONS[rng.choice([HAPPY, NEUTRAL]) if wrong else label]
            place = (f"{participant.code}.mp4", participant.code)
            rows.append((*place, start, end - start, code, author))
    _write(path, ("recording", "person", "onset", "duration", "code", "author"), rows)


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def name_people(code: str, folder: Path) -> str:
    """Returns the command that names everybody in a video by its participant.

    The tracker may lose a face while two photos dissolve, so one person may have several ids.
    """
    ids = np.unique(read_records(folder / f"{code}.csv").person)
    return f"mien people {code}.csv " + " ".join(f"{it}={code}" for it in ids if it >= 0)


def run(folder: Path, command: str, lines: int | None = None, show: bool = True) -> None:
    """Runs a command in the study's folder, and prints it with the first lines of its output."""
    words = [name for word in shlex.split(command) for name in expand(folder, word)]
    words[0] = str(Path(sys.executable).with_name(words[0]))
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, env=PLAIN)
    output = (done.stdout + done.stderr).strip("\n").splitlines()
    text = [line.rstrip() for line in output if line.strip()]
    if done.returncode:
        sys.exit("\n".join([f"$ {command}", *text, f"status {done.returncode}"]))
    if show:
        print("\n".join([f"$ {command}", *shorten(text, lines)]), end="\n\n")


def shorten(text: list[str], lines: int | None) -> list[str]:
    """Returns the first lines of a text, or the last ones, and where some are left out."""
    if lines is None or len(text) <= abs(lines):
        return text
    return [*text[:lines], "..."] if lines > 0 else ["...", *text[lines:]]


def expand(folder: Path, word: str) -> list[str]:
    """Returns the words that P??.csv or P{02..12}.csv mean, as a shell would."""
    if found := re.fullmatch(r"(.*)\{(\d+)\.\.(\d+)\}(.*)", word):
        numbers = range(int(found[2]), int(found[3]) + 1)
        return [f"{found[1]}{number:02}{found[4]}" for number in numbers]
    if word.startswith("docs/"):
        return [str(ROOT / word)]
    return sorted(it.name for it in folder.glob(word)) if "?" in word else [word]


def print_truth(people: Sequence[Participant]) -> None:
    """Prints the true contrast of the conditions, as the simulation drew it."""
    truth = np.array([it.truth["comedy"] - it.truth["calm"] for it in people])
    interval = bootstrap_people(len(truth), lambda drawn: float(truth[drawn].mean()))
    over = f"95 % over people {interval.low:+.3f} to {interval.high:+.3f}"
    print(f"{len(people)} participants; share of photos with the label happy:")
    print(f"comedy - calm, truth: {truth.mean():+.3f} ({over})\n")


def main() -> None:
    """Makes the study, and analyzes it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    folder: Path = given.out
    folder.mkdir(parents=True)
    people = load(given.data, given.people)
    shutil.copy(given.data / "media" / "one_face.mp4", folder / "clip.mp4")
    for command in PILOT:
        run(folder, command)
    print_truth(people)
    for participant in people:
        write_video(participant, folder)
    write_log(people, folder / "log.csv")
    for author, seed in (("coder1", 1), ("coder2", 2)):
        write_codes(people, author, seed, folder / f"{author}.csv")
    for participant in people:
        code, first = participant.code, participant is people[0]
        run(folder, f"mien predict {code}.mp4 --records {code}.csv", 4, show=first)
        run(folder, name_people(code, folder), 2, show=first)
        run(folder, f"mien events import log.csv --records {code}.csv", show=first)
    print(f"... the same for {people[1].code} to {people[-1].code}\n")
    run(folder, f"mien events list {people[-1].code}.csv")
    for command, lines in COMMANDS:
        run(folder, command.replace("..12}", f"..{len(people):02}}}"), lines)


if __name__ == "__main__":
    main()
