"""What a machine offers Mien: versions, processor, codecs, cameras, models, folders, speed."""

import os
import platform
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from mien import __version__
from mien.errors import MienError
from mien.folders import data_folder
from mien.inference.classifier import DEFAULT_MODEL, Classifier, shipped_models
from mien.inference.detection.detectors import DEFAULT_DETECTOR, DETECTORS, open_detector
from mien.storage.errors import DamagedError, StoreError, is_sound, translate_errors

_PACKAGES = ("numpy", "onnxruntime", "pillow", "pillow-heif", "av", "rich", "typer")
_FEATURES = ("SSE42", "AVX2", "FMA3", "AVX512F", "AVX512_ICL", "NEON", "ASIMD", "SVE")
_CODECS = {"H.264": "h264", "HEVC": "hevc", "VP9": "vp9", "AV1": "av1", "motion JPEG": "mjpeg"}
_SIZE = (480, 640)  # rows and columns of the image that is timed
_ROUNDS = 9
DATABASES = ("studio.sqlite", "profiles.sqlite")
"""What may lie in the data folder: the files of `mien serve`, and of profiles."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        group: what it belongs to.
        name: of it.
        value: what was found.
        problem: what is wrong and what to do, as a sentence; empty where all is well.
        needed: whether predictions need it.
    """

    group: str
    name: str
    value: str
    problem: str = ""
    needed: bool = False


def examine() -> Iterator[Check]:
    """Looks at everything in turn; nothing is opened that belongs to others, such as a camera."""
    yield from _versions()
    yield from _processor()
    yield from _codecs()
    yield from _cameras()
    yield from _models()
    yield from _extras()
    yield from _folders()
    yield from _speed()


def _versions() -> Iterator[Check]:
    yield Check("versions", "mien", __version__)
    yield Check("versions", "python", f"{platform.python_version()} ({sys.executable})")
    yield Check("versions", "system", platform.platform())
    for name in _PACKAGES:
        found = _version(name)
        problem = "" if found else f"Not installed: pip install {name}."
        yield Check("versions", name, found or "absent", problem, needed=True)


def _processor() -> Iterator[Check]:
    yield Check("processor", "kind", platform.processor() or platform.machine())
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Check("processor", "cores", f"{usable} usable of {os.cpu_count()}")
    there = [name for name in _FEATURES if _features().get(name)]
    slow = platform.machine() in ("x86_64", "AMD64") and "AVX2" not in there
    problem = "Without AVX2 every network is several times slower." if slow else ""
    yield Check("processor", "features", ", ".join(there) or "unknown", problem)


def _features() -> dict[str, bool]:
    """Returns what NumPy, whose kernels depend on it, found of the processor."""
    try:
        kernels = import_module("numpy._core._multiarray_umath")  # NumPy's own, and may move
    except ImportError:
        return {}
    found: dict[str, bool] = getattr(kernels, "__cpu_features__", {})
    return found


def _codecs() -> Iterator[Check]:
    try:
        import av  # noqa: PLC0415 - takes a while, and its absence is a finding
    except ImportError as error:
        yield Check("codecs", "video", "none", f"PyAV cannot be loaded: {error}.")
        return
    for shown, name in _CODECS.items():
        there = name in av.codecs_available
        problem = "" if there else "Such videos cannot be read: pip install --force-reinstall av."
        yield Check("codecs", shown, "reads" if there else "absent", problem)
    yield from _image_codecs()


def _image_codecs() -> Iterator[Check]:
    try:
        import pillow_heif  # noqa: PLC0415 - as above

        yield Check("codecs", "HEIC, AVIF", f"reads (libheif {pillow_heif.libheif_version()})")
    except ImportError:
        yield Check("codecs", "HEIC, AVIF", "absent", "Phones' photos: pip install pillow-heif.")


def _cameras() -> Iterator[Check]:
    cameras = sorted(Path("/dev").glob("video*")) if sys.platform == "linux" else []
    for path in cameras:
        usable = os.access(path, os.R_OK | os.W_OK)
        problem = "" if usable else "No permission: add yourself to the group 'video'."
        yield Check("cameras", path.name.removeprefix("video"), str(path), problem)
    if not cameras:
        found = "none" if sys.platform == "linux" else "not looked for on this system"
        yield Check("cameras", "found", found)


def _models() -> Iterator[Check]:
    for name, path in shipped_models().items():
        try:
            card = Classifier(path).card
        except MienError as error:
            yield Check("models", name, "broken", str(error), needed=name == DEFAULT_MODEL)
            continue
        size = path.stat().st_size / 1e6
        labels = f"{len(card.labels)} labels, faces {card.face}"
        yield Check("models", name, f"{size:.1f} MB, {labels}")
    for name in DETECTORS:
        try:
            open_detector(name)
        except MienError as error:
            needed = name == DEFAULT_DETECTOR
            yield Check("models", f"detector {name}", "absent", str(error), needed)
        else:
            yield Check("models", f"detector {name}", "there")


def _extras() -> Iterator[Check]:
    for extra in metadata("mien").get_all("Provides-Extra") or []:
        names = [
            match[1]
            for line in requires("mien") or []
            if f'extra == "{extra}"' in line.replace("'", '"')
            and (match := re.match(r"([A-Za-z0-9._-]+)", line))
        ]
        missing = [name for name in names if not _version(name)]
        value = f"absent: pip install 'mien[{extra}]'" if missing else "installed"
        yield Check("extras", extra, value)


def _folders() -> Iterator[Check]:
    folder = data_folder()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    writable = os.access(nearest, os.W_OK)
    problem = "" if writable else "It cannot be written: profiles and Studio need it."
    yield Check("folders", "data", str(folder), problem)
    for name in DATABASES:
        if (path := folder / name).is_file():
            yield Check("folders", name, *_examine_database(path))


def _examine_database(path: Path) -> tuple[str, str]:
    """Returns what is found of a database, and what is wrong with it."""
    name = str(path)
    try:
        with translate_errors(name), closing(sqlite3.connect(path, timeout=1)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if not is_sound(connection):
                raise DamagedError("is damaged", subject=name)
    except DamagedError as error:
        return "damaged", str(error)
    except StoreError as error:
        return f"not examined: it {error.reason}", ""
    return f"intact, {path.stat().st_size / 1e6:.1f} MB", ""


def _speed() -> Iterator[Check]:
    try:
        detector, classifier = open_detector(), Classifier()
    except MienError as error:
        yield Check("speed", "one face", "not measured", str(error), needed=True)
        return
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*_SIZE, 3), np.uint8)
    face = rng.integers(0, 256, (1, *classifier.card.face.shape), np.uint8)
    search = _milliseconds(lambda: detector.detect(image))
    classify = _milliseconds(lambda: classifier.predict(face))
    yield Check("speed", "search 640x480", f"{search:.1f} ms, for an image of noise")
    yield Check("speed", "classify one face", f"{classify:.1f} ms ({DEFAULT_MODEL})")


def _milliseconds(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(_ROUNDS):
        start = perf_counter()
        work()
        times.append(1000 * (perf_counter() - start))
    return median(times)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
