"""What is learned from: faces with boxes and landmarks, as other detectors see them.

Photos by CenterFace, which finds more of them than any other detector at hand; FER2013's crops,
which have nothing around the face, by O-Net.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from PIL import Image
from rich.progress import track

from mien.inference.detection.boxes import square
from mien.inference.detection.centerface import CenterFaceDetector
from mien.inference.detection.mtcnn import Pyramid
from mien.inference.detection.onet import ONET_SIDE, ONet

_SURE = 0.6  # O-Net's score from which its box and landmarks are taken
# The mean box and landmarks of FER2013's crops, for those that O-Net is not sure of.
_BOX = np.array([4.4, -0.9, 43.7, 49.0], np.float32)
_MARKS = np.array([[15, 18], [32.7, 17.8], [23.9, 28.4], [16.7, 37.3], [31.5, 37.1]], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """An image and all faces in it: boxes (N, 4), landmarks (N, 5, 2), how sure each is, (N,)."""

    image: np.ndarray
    boxes: np.ndarray
    marks: np.ndarray
    sure: np.ndarray


def load_crops(data: Path, cache: Path, split: str) -> list[Patch]:
    """Returns the faces of FER2013 that O-Net or all taggers hold to be one."""
    path = cache / "crops.npz"
    if not path.exists():
        _look_at_crops(data / "fer2013" / "fer2013.parquet", path)
    seen = dict(np.load(path))
    votes = seen["votes"]
    known = ((seen["score"] > _SURE) & (votes <= 2)) | (votes == 0)
    patches = []
    for row in np.flatnonzero((seen["split"] == split) & known):
        sure = seen["score"][row] > _SURE
        boxes = (seen["box"][row] if sure else _BOX)[None]
        marks = (seen["marks"][row] if sure else _MARKS)[None]
        patches.append(Patch(seen["image"][row], boxes, marks, np.array([1.0 if sure else 0.7])))
    return patches


def load_photos(data: Path, cache: Path, split: str) -> list[Patch]:
    """Returns the photos in which CenterFace finds a face."""
    source, path = data / "photos" / "faces.parquet", cache / "photos.npz"
    if not path.exists():
        _look_at_photos(source, path)
    seen = dict(np.load(path))
    images = pq.read_table(source, columns=["image"]).column(0).to_pylist()
    ends = np.cumsum(seen["count"])
    patches = []
    for row in np.flatnonzero(seen["split"] == split):
        found = seen["rows"][ends[row] - seen["count"][row] : ends[row]]
        if len(found):
            image = np.asarray(Image.open(BytesIO(images[row])).convert("RGB"))
            marks = found[:, 5:].reshape(-1, 5, 2)
            patches.append(Patch(image, found[:, :4], marks, found[:, 4]))
    return patches


def _look_at_photos(source: Path, path: Path) -> None:
    table = pq.read_table(source, columns=["image", "usage"])
    detector, rows, counts = CenterFaceDetector(max_side=640, threshold=0.2), [], []
    for data in track(table["image"].to_pylist(), "photos"):
        image = Image.open(BytesIO(data)).convert("RGB")
        size = image.width * 2, image.height * 2
        faces = detector.detect(np.asarray(image.resize(size, Image.Resampling.BICUBIC)))
        counts.append(len(faces))
        for face in faces:
            edges = (face.box.x, face.box.y, face.box.right, face.box.bottom)
            places = np.array([*edges, *np.ravel(face.landmarks)]) / 2
            rows.append([*places[:4], face.score, *places[4:]])
    np.savez(
        path,
        count=counts,
        rows=np.array(rows, np.float32).reshape(-1, 15),
        split=table["usage"].to_pylist(),
    )


def _look_at_crops(source: Path, path: Path) -> None:
    """Looks at each crop three times, with more and with less around it; keeps the surest look."""
    table = pq.read_table(source, columns=["usage", "image", "votes_nf"])
    images = np.stack(
        [
            np.asarray(Image.open(BytesIO(data)).convert("RGB"))
            for data in table["image"].to_pylist()
        ]
    )
    onet, looks = ONet(), []
    for around in track((0, 4, -3), "crops"):
        window = np.array([-around, -around, 48 + around, 48 + around], np.float32)
        first, boxes, _ = _look(onet, images, np.tile(window, (len(images), 1)))
        second, boxes, marks = _look(onet, images, square(boxes))
        looks.append((np.minimum(first, second), boxes, marks))
    surest = np.argmax([score for score, _, _ in looks], axis=0), np.arange(len(images))
    score, box, marks = (np.stack(values)[surest] for values in zip(*looks, strict=True))
    np.savez(
        path,
        score=score,
        box=box,
        marks=marks,
        votes=table["votes_nf"].to_numpy(),
        split=table["usage"].to_pylist(),
        image=images[..., 0],
    )


def _look(
    onet: ONet, images: np.ndarray, windows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns O-Net's scores, boxes and landmarks: means of each window and its mirror image."""
    cuts = np.concatenate(
        [
            Pyramid(image).cut(window[None], ONET_SIDE)
            for image, window in zip(images, windows.astype(np.float32), strict=True)
        ]
    )
    boxes, marks, scores = onet.confirm(cuts, windows)
    return scores, boxes, marks
