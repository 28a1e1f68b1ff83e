"""Mien and its peers as they ship, on the same whole photos, by one protocol.

    python benchmarks/as_shipped.py [--data FOLDER] [--environment FOLDER] [--limit N] [--out FILE]

Each program detects faces and labels expressions with its own models and default settings: Mien,
`fer` (PyPI), `@vladmandic/face-api` and `@vladmandic/human` (npm, WebAssembly in Node). A photo of
photos/faces.parquet (PublicTest) asks for its largest face; one of photos/scenes.parquet for the
face that overlaps the labelled box best, by a third at least. A face that is missed is wrong.
Labels are mapped to FER2013's seven. The peers' environments are made in FOLDER (kept, and used
again) or in a temporary folder; photos lie as raw pixels in a temporary folder while it runs.

Intervals are by bootstrap over people where they are known, over photos elsewhere.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pyarrow.parquet import read_table

from mien import Analyzer
from mien.emotions import EMOTIONS
from mien.evaluation.people import accuracy_over_people
from peer_fer import PEER, PEER_NEEDS

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"
MODELS = ("default", "small")
NAMES = {"fearful": "fear", "disgusted": "disgust", "surprised": "surprise", "surprise": "surprise"}
MISSED = -1
_OVERLAP = 1 / 3

Box = tuple[float, float, float, float]  # left, top, width, height
Face = dict[str, Any]  # its "box", and its "scores" by label


@dataclass(frozen=True)
class Photos:
    """A set of labelled photos.

    Attributes:
        name: of the set.
        images: RGB.
        labels: (N,), indices into `EMOTIONS`.
        people: (N,), who each shows; "" where that is not known.
        boxes: of the labelled faces; None where the largest face is meant.
    """

    name: str
    images: list[NDArray[np.uint8]]
    labels: NDArray[np.int64]
    people: NDArray[np.str_]
    boxes: list[Box] | None


@dataclass(frozen=True)
class Answers:
    """What one program answers: faces of each photo, and milliseconds."""

    program: str
    faces: list[list[Face]]
    times: list[float]


def read_sets(data: Path, limit: int | None) -> list[Photos]:
    """Reads both sets; `limit` takes so many photos, evenly, of each."""
    press = read_table(
        data / "photos" / "faces.parquet", filters=[("usage", "=", "PublicTest")]
    ).to_pylist()
    scenes = read_table(data / "photos" / "scenes.parquet").to_pylist()
    return [_to_set("press", press, limit), _to_set("scenes", scenes, limit)]


def _to_set(name: str, rows: list[dict[str, Any]], limit: int | None) -> Photos:
    rows = rows if limit is None else rows[:: max(len(rows) // limit, 1)]
    boxes = None
    if name == "scenes":
        corners = [[float(value) for value in row["box"]] for row in rows]
        boxes = [(a, b, c - a, d - b) for a, b, c, d in corners]
    return Photos(
        name,
        [np.asarray(Image.open(BytesIO(row["image"])).convert("RGB")) for row in rows],
        np.array([row["emotion"] for row in rows]),
        np.array([row.get("person", "") for row in rows]),
        boxes,
    )


def ask_mien(photos: Photos, model: str) -> Answers:
    """Returns Mien's answers."""
    analyzer = Analyzer(model)
    faces, times = [], []
    for pixels in photos.images:
        started = time.perf_counter()
        result = analyzer.analyze(pixels)
        times.append(1000 * (time.perf_counter() - started))
        faces.append(
            [
                {
                    "box": (face.box.x, face.box.y, face.box.width, face.box.height),
                    "scores": dict(zip(face.labels, face.probabilities, strict=True)),
                }
                for face in result.faces
            ]
        )
    return Answers(f"Mien, `{model}`", faces, times)


def ask_peer(name: str, command: list[str], photos: Photos, folder: Path) -> Answers:
    """Returns a peer's answers; photos that it fails on are told."""
    lines = list(_run([*command, str(folder)]))
    if not lines:
        raise SystemExit(f"{name} does not start; see above")
    version, answers = lines[0]["version"], lines[1:]
    if len(answers) != len(photos.images):
        raise SystemExit(f"{name} ended after {len(answers)} of {len(photos.images)} photos")
    for answer in answers:
        if answer.get("error"):
            print(f"{name} fails on {answer['file']}: {answer['error']}", file=sys.stderr)
    program = f"`{name}` {version}"
    return Answers(program, [a["faces"] for a in answers], [a["ms"] for a in answers])


def _run(command: list[str]) -> Iterator[dict[str, Any]]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{"):  # some say more than they are asked for
                yield json.loads(line)


def write_raw(photos: Photos, folder: Path) -> None:
    """Writes the photos as raw RGB, so that every program gets the same pixels."""
    index = []
    for number, pixels in enumerate(photos.images):
        file = f"{number}.rgb"
        pixels.tofile(folder / file)
        index.append({"file": file, "width": pixels.shape[1], "height": pixels.shape[0]})
    (folder / "index.json").write_text(json.dumps(index))


def make_peers(folder: Path) -> dict[str, list[str]]:
    """Installs the peers where they are not yet; returns the command of each."""
    python = folder / "fer" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "fer", with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *PEER_NEEDS], check=True)
        subprocess.run([*pip, "--no-deps", PEER], check=True)
    npm = folder / "npm"
    npm.mkdir(exist_ok=True)
    for name in ("package.json", "peer.cjs"):
        shutil.copy(HERE / "peers" / name, npm / name)
    if not (npm / "node_modules").exists():
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(install, cwd=npm, check=True)
    node = ["node", str(npm / "peer.cjs")]
    return {
        "fer": [str(python), str(HERE / "peers" / "fer_peer.py")],
        "@vladmandic/face-api": [*node, "face-api"],
        "@vladmandic/human": [*node, "human"],
    }


def to_labels(photos: Photos, answers: Answers) -> NDArray[np.int64]:
    """Returns the label of each photo's face; `MISSED` where it is not found."""
    labels = np.full(len(photos.images), MISSED)
    for index, faces in enumerate(answers.faces):
        box = None if photos.boxes is None else photos.boxes[index]
        face = _pick(faces, box)
        if face is not None and face["scores"]:
            scores = {NAMES.get(name, name): value for name, value in face["scores"].items()}
            labels[index] = EMOTIONS.index(max(scores, key=lambda name: scores[name]))
    return labels


def _pick(faces: list[Face], box: Box | None) -> Face | None:
    if box is None:
        return max(faces, key=lambda face: face["box"][2] * face["box"][3], default=None)
    best = max(faces, key=lambda face: _overlap(face["box"], box), default=None)
    return best if best is not None and _overlap(best["box"], box) >= _OVERLAP else None


def _overlap(one: Box, other: Box) -> float:
    """Returns the intersection over the union."""
    sides = [
        min(one[axis] + one[axis + 2], other[axis] + other[axis + 2]) - max(one[axis], other[axis])
        for axis in (0, 1)
    ]
    shared = max(sides[0], 0) * max(sides[1], 0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def row(photos: Photos, answers: Answers) -> str:
    """Returns a row of the table."""
    labels = to_labels(photos, answers)
    right = labels == photos.labels
    found = accuracy_over_people(right, photos.people)
    low, high = found.accuracy_interval
    recalls = {label: right[photos.labels == label].mean() for label in np.unique(photos.labels)}
    cells = (
        photos.name,
        answers.program,
        f"{found.accuracy:.1%} ({low:.1%} to {high:.1%})",
        f"{np.mean(list(recalls.values())):.1%}",
        f"{recalls[EMOTIONS.index('neutral')]:.1%}",
        f"{(labels == MISSED).mean():.1%}",
        f"{np.median(answers.times):.0f}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="Mien against its peers, as they ship.")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--environment", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--out", type=Path, help="Write each program's labels to this JSON file.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.environment or Path(scratch, "peers")
        folder.mkdir(parents=True, exist_ok=True)
        peers = make_peers(folder)
        saved: dict[str, list[int]] = {}
        print(
            "| photos | program | right, % (95 %) | mean recall | neutral | missed | ms a photo |"
        )
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for photos in read_sets(given.data, given.limit):
            raw = Path(scratch, photos.name)
            raw.mkdir()
            write_raw(photos, raw)
            each = [ask_mien(photos, model) for model in MODELS]
            each += [ask_peer(name, command, photos, raw) for name, command in peers.items()]
            for answers in each:
                print(row(photos, answers), flush=True)
                key = f"{photos.name}, {answers.program}"
                saved[key] = to_labels(photos, answers).tolist()
            shutil.rmtree(raw)
        if given.out:
            given.out.write_text(json.dumps(saved))


if __name__ == "__main__":
    main()
