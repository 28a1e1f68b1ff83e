"""What each ingredient of a recipe is worth: the recipe with one key changed, on the same faces.

    .venv/bin/python benchmarks/ablation.py [--recipe NAME] [--epochs N] [--seeds 0 1 2]
                                            [--only NAME ...] [--out DIR] [--audit CSV]

Trains by the recipe, shortened, and by each of its variants, and measures all on PublicTest with
the recipe's views. What leaves faces out wants the file that `mien audit` wrote. Stopped anywhere,
the same command goes on; finished runs are kept in DIR. The table's difference to the recipe as it
is has a paired 95 % interval over the faces, seeds pooled: what it does not tell is how much
another seed would change, so the seeds' spread stands beside.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mien.data import load_dataset
from mien.data.align import align_as
from mien.data.dataset import FaceDataset
from mien.files import replacing
from mien.training.batches import Faces
from mien.training.curation import curation_weights
from mien.training.networks.composition import Averaged
from mien.training.recipe import load_recipe, parse_recipe
from mien.training.settings import Settings
from mien.training.trainer import Trainer
from mien.tuning.space import Scalar, with_values

DATA = Path(__file__).parents[2] / "shared" / "data" / "fer2013" / "fer2013.parquet"
AS_IT_IS = "as it is"
VARIANTS: dict[str, dict[str, Scalar]] = {
    AS_IT_IS: {},
    "no turn, no scale": {"augmentation.rotation": 0, "augmentation.scale": 0.0},
    "no shift": {"augmentation.width_shift": 0.0, "augmentation.height_shift": 0.0},
    "no mirror": {"augmentation.horizontal_flip": False},
    "no light": {"augmentation.brightness": 0.0, "augmentation.contrast": 0.0},
    "no erasing": {"augmentation.erasing": 0.0},
    "whole faces": {"augmentation.crop": 48},
    "mixup 0.2": {"augmentation.mixup": 0.2},
    "CutMix 1": {"augmentation.cutmix": 1.0},
    "no label smoothing": {"objective.label_smoothing": 0.0},
    "no votes": {"objective.votes_weight": 0.0},
    "no EMA": {"optimization.ema": 0.0},
    "constant rate": {"optimization.schedule": "constant"},
    "AdamW": {
        "optimization.optimizer": "adamw",
        "optimization.learning_rate": 2e-3,
        "optimization.weight_decay": 0.05,
    },
    "SAM 0.05": {"optimization.sam_radius": 0.05},
    "squeeze-excitation": {"network.squeeze_excitation": 8},
    "anti-aliasing": {"network.antialias": True},
    "aligned faces": {"data.alignment": "landmarks"},
    "no doubtful labels": {"curation.wrong_label": 0.0, "curation.contradiction": 0.0},
    "doubtful labels weigh half": {"curation.wrong_label": 0.5, "curation.contradiction": 0.5},
    "no copies, no non-faces": {"curation.copy": 0.0, "curation.non_face": 0.0},
    "no mirrored view": {"views.flip": False},
    "views shifted by 2": {"views.shift": 2},
}


def main() -> None:
    options = parse_options()
    torch.set_num_threads(options.threads)
    data = load_dataset(options.data)
    options.out.mkdir(parents=True, exist_ok=True)
    for seed in options.seeds:
        for name in options.only or VARIANTS:
            right(options, data, name, seed)
    report(options, data)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--recipe", default="small")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--only", nargs="+", choices=VARIANTS)
    parser.add_argument("--audit", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    return parser.parse_args()


def right(
    options: argparse.Namespace, data: FaceDataset, name: str, seed: int
) -> NDArray[np.bool_]:
    """Returns which PublicTest faces a variant gets right, training it unless that is known."""
    changes = VARIANTS[name]
    # Views change nothing in the training, so these variants share the run of the recipe itself.
    views = {key: value for key, value in changes.items() if key.startswith("views.")}
    path = options.out / f"{options.recipe}-{options.epochs}-{slug(name)}-{seed}.json"
    if not path.exists():
        settings = variant(options, {"optimization.epochs": options.epochs} | changes)
        if views and name != AS_IT_IS:
            network = restored(options, settings, data, seed)
        else:
            network = trained(options, settings, data, seed, name).network
            torch.save(network.state_dict(), weights_file(options, seed, name))
        found = answer(network, settings, data)
        with replacing(path) as beside:
            beside.write_text(json.dumps(found.tolist()))
    return np.array(json.loads(path.read_text()))


def variant(options: argparse.Namespace, changes: dict[str, Scalar]) -> Settings:
    return parse_recipe(with_values(load_recipe(options.recipe).text, changes), options.recipe)


def slug(name: str) -> str:
    return name.replace(" ", "_").replace(",", "")


def weights_file(options: argparse.Namespace, seed: int, name: str) -> Path:
    return Path(options.out / f"{options.recipe}-{options.epochs}-{slug(name)}-{seed}.pt")


def restored(
    options: argparse.Namespace, settings: Settings, data: FaceDataset, seed: int
) -> torch.nn.Module:
    right(options, data, AS_IT_IS, seed)
    network = trainer(options, settings, data, seed).network
    network.load_state_dict(torch.load(weights_file(options, seed, AS_IT_IS), weights_only=True))
    return network


def trainer(
    options: argparse.Namespace, settings: Settings, data: FaceDataset, seed: int
) -> Trainer:
    weights = curation_weights(settings.curation, data, options.audit)
    lying = align_as(settings.data.alignment, data)
    train = Faces.of(lying.subset("Training"), weights=weights)
    validation = Faces.of(lying.subset("PublicTest"))
    return Trainer(settings, train, validation, seed, torch.device("cpu"))


def trained(
    options: argparse.Namespace, settings: Settings, data: FaceDataset, seed: int, name: str
) -> Trainer:
    learner = trainer(options, settings, data, seed)
    for epoch in range(settings.optimization.epochs):
        record = learner.run_epoch(epoch)
        print(f"{name}, seed {seed}, epoch {record.epoch}: {record.validation_accuracy:.2%}")
    return learner


@torch.no_grad()
def answer(network: torch.nn.Module, settings: Settings, data: FaceDataset) -> NDArray[np.bool_]:
    faces = Faces.of(align_as(settings.data.alignment, data.subset("PublicTest")))
    averaged = Averaged(network.eval(), settings.views)
    labels = torch.cat([averaged(part).logits.argmax(1) for part in faces.images.split(256)])
    found: NDArray[np.bool_] = (labels == faces.labels).numpy()
    return found


def report(options: argparse.Namespace, data: FaceDataset) -> None:
    """Prints a Markdown table of what is known by now."""
    base = [right(options, data, AS_IT_IS, seed) for seed in options.seeds]
    print("\n| variant | accuracy, % | seeds | difference, points | 95 % interval |")
    print("|---|---|---|---|---|")
    for name in options.only or VARIANTS:
        runs = [right(options, data, name, seed) for seed in options.seeds]
        shares = ", ".join(f"{100 * run.mean():.1f}" for run in runs)
        gap = np.mean(
            [ours.astype(float) - theirs for ours, theirs in zip(runs, base, strict=True)], 0
        )
        spread = 1.96 * gap.std() / math.sqrt(len(gap))
        print(
            f"| {name} | {100 * np.mean(runs):.1f} | {shares} | {100 * gap.mean():+.1f} | "
            f"{100 * (gap.mean() - spread):+.1f} to {100 * (gap.mean() + spread):+.1f} |"
        )


if __name__ == "__main__":
    main()
