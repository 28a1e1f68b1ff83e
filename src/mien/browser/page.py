"""`lab.html`: Mien as one HTML file, which needs no server and no network.

The script, the WASM runtime and the networks lie in the file, built from `web/lab`. Its policy lets
it load nothing else.
"""

import base64
import gzip
import hashlib
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from jinja2 import Environment, StrictUndefined

from mien.design import inline_tokens
from mien.errors import MediaError, ModelError
from mien.files import replacing
from mien.inference.classifier import shipped_models
from mien.inference.detection.onet import weights_folder

MODEL = "default"
"""The model of a page: Python's own."""

MOST_BYTES = 12_000_000
"""Of a page, so that it can be sent by mail."""

_RUNTIME, _WORKER = "ort-wasm-simd-threaded.wasm.gz", "lab.worker.js"
_BASE, _FIRST = 85, ord("(")
_LESS_THAN, _STAND_IN = ord("<"), ord("~")


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file within the page.

    Attributes:
        name: as the script asks for it.
        bytes: how many it has, compressed.
        text: them, in base 85.
    """

    name: str
    bytes: int
    text: str


def write_page(path: str | os.PathLike[str], model: str = MODEL, title: str = "Mien") -> None:
    """Writes the page.

    Args:
        path: the file to write, or to replace.
        model: the name of a model of the package, see `shipped_models`.
        title: of the page.

    Raises:
        ModelError: there is no such model, the page would be larger than `MOST_BYTES`, or the
            install lacks a file.
        MediaError: the page cannot be written.
    """
    path = Path(path)
    page = _render(model, title).encode()
    if len(page) > MOST_BYTES:
        raise ModelError(
            f"a page with it has {len(page):,} bytes, of {MOST_BYTES:,} at most",
            subject=model,
            remedy="choose a smaller model",
        )
    try:
        with replacing(path) as beside:
            beside.write_bytes(page)
    except OSError as error:
        raise MediaError(
            f"cannot be written ({error.strerror})",
            subject=path,
            remedy="choose another place for the page",
        ) from None


def encode(data: bytes) -> str:
    """Encodes bytes in base 85, without letters that mean something in HTML.

    Five digits stand for four bytes, the highest first; the last bytes are filled up with zeros.
    The digits are the characters from `(` on, with `~` in the place of `<`. Base 64 would take 7 %
    more, and the page would not fit into `MOST_BYTES`.

    Example:
        >>> encode(b"mien")
        'K6(Y('
    """
    words = np.frombuffer(data + bytes(-len(data) % 4), ">u4").astype(np.int64)
    digits = words[:, None] // _BASE ** np.arange(4, -1, -1) % _BASE + _FIRST
    digits[digits == _LESS_THAN] = _STAND_IN
    return digits.astype(np.uint8).tobytes().decode("ascii")


def _render(model: str, title: str) -> str:
    script = _read_built("lab.js").decode().replace("</script", "<\\/script")
    template = (files("mien.browser") / "lab.html").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.from_string(template).render(
        title=title,
        model=model,
        tokens=inline_tokens(),
        style=_read_built("lab.css").decode(),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        embedded=_embed(model),
    )


def _embed(model: str) -> list[Embedded]:
    folder = Path(str(files("mien")))
    contents = {
        "yunet.onnx": folder / "inference" / "detection" / "yunet.onnx",
        "onet.onnx": weights_folder() / "onet.onnx",
        f"{model}.onnx": _find_model(model),
    }
    packed = {name: _pack(path.read_bytes()) for name, path in contents.items()}
    packed[_WORKER] = _pack(_read_built(_WORKER))
    packed[_RUNTIME] = _read_built(_RUNTIME)
    return [Embedded(name, len(data), encode(data)) for name, data in packed.items()]


def _pack(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def _read_built(name: str) -> bytes:
    try:
        return (files("mien.browser") / "built" / name).read_bytes()
    except FileNotFoundError:
        raise ModelError(f"this install lacks '{name}'", remedy="install Mien again") from None


def _find_model(name: str) -> Path:
    shipped = shipped_models()
    if name not in shipped:
        raise ModelError(
            f"unknown model '{name}'", remedy=f"choose from {', '.join(sorted(shipped))}"
        )
    return shipped[name]
