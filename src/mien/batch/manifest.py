"""What a job is, in one file that people and programs read: manifest.json."""

import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mien import __version__
from mien.batch.errors import BatchError
from mien.batch.folder import JobFolder
from mien.batch.items import Options
from mien.batch.journal import Totals
from mien.files import replacing
from mien.inference.classifier import Classifier, shipped_models
from mien.inference.detection.detector import weights_folder
from mien.inference.records import LABELS

_PACKAGES = ("av", "fsspec", "numpy", "onnxruntime", "pillow", "pyarrow", "ray")
_NEEDED = {"model", "options", "versions", "folder", "seconds"}  # to go on


class Manifest:
    """A job's manifest, read and written.

    Args:
        folder: of the job.

    Attributes:
        content: what the file holds; empty where there is none yet.

    Raises:
        BatchError: the file is damaged.
    """

    def __init__(self, folder: JobFolder) -> None:
        self._path = folder.manifest
        self.content: dict[str, Any] = self._read()

    def check(self, job: dict[str, Any]) -> None:
        """Refuses to go on with another model, or with other options.

        Raises:
            BatchError: it names what is not the same.
        """
        for part in ("model", "options"):
            for key, value in job[part].items():
                before = self.content[part].get(key)
                if before != value:
                    raise BatchError(
                        f"{self._path.parent}: the job in this folder began with {key} {before}, "
                        f"not {value}; give the same {part}, or give --out another folder."
                    )

    def write(self, totals: Totals, seconds: float, **changes: Any) -> None:
        """Writes the file anew, with what came of the job so far, and in how many seconds.

        Raises:
            OSError: it cannot be written.
        """
        counts = totals.counts
        self.content |= {**changes, "seconds": round(seconds, 1)}
        self.content["counts"] = {
            name: counts[name] for name in ("photos", "films", "pictures", "faces", "failures")
        }
        self.content["faces_by_emotion"] = {label: counts[label] for label in LABELS}
        self.content["failures_by_reason"] = dict(totals.reasons.most_common())
        self.content["worker_seconds"] = round(totals.seconds, 1)
        with replacing(self._path) as beside:
            beside.write_text(json.dumps(self.content, indent=2) + "\n", encoding="utf-8")

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError:
            content = None
        if not isinstance(content, dict) or not content.keys() >= _NEEDED:
            raise BatchError(f"{self._path}: damaged; give --out another folder.")
        return content


def describe(options: Options) -> dict[str, Any]:
    """Returns what a manifest says of the model and the options, and must go on to say.

    Raises:
        ModelError: the model is missing, or is not one of Mien's, or the detector is not installed.
    """
    weights_folder()  # asked for now, lest every input fails
    classifier = Classifier(options.model)
    return {
        "model": {
            "name": classifier.card.name,
            "version": classifier.card.version,
            "sha256": hashlib.sha256(classifier.path.read_bytes()).hexdigest(),
        },
        "options": {
            "unsure_below": options.unsure_below,
            "crops": options.crops,
            "longest_film": options.longest,
        },
    }


def versions() -> dict[str, str]:
    """Returns the versions of all that has a say in the rows."""
    found = {"mien": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def whole_name(model: str) -> str:
    """Returns a model's name so that a worker elsewhere on this machine finds it, too."""
    return model if model in shipped_models() else str(Path(model).absolute())
