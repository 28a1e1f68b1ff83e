"""The engine that runs in a browser: its modules, its runtime and its networks."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request, Response

from mien.inference.detection.onet import weights_folder
from mien.server.browser_files import BrowserFile
from mien.server.errors import NotFoundError

router = APIRouter(include_in_schema=False)

_WORKER = "mien.worker.js"
# The worker compiles WebAssembly; the page itself may not.
_WORKER_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; "
    "frame-ancestors 'none'"
)
_MODULES = frozenset({"mien.js", _WORKER})
_RUNTIME = "ort-wasm-simd-threaded.wasm.gz"


@router.get("/browser/models/{name:path}.onnx")
def model(request: Request, name: str) -> Response:
    """Returns the file of one of the served models.

    Raises:
        NotFoundError: there is no such model.
    """
    return _read(request.app.state.engine.models.file(name)).answer(request)


@router.get("/browser/{name}")
def part(request: Request, name: str) -> Response:
    """Returns a file of the engine.

    Raises:
        NotFoundError: the engine has no such file, or it was not built.
    """
    entry = _find(name)
    if entry is None:
        raise NotFoundError("the engine for browsers has no such file")
    if not entry.is_file():
        raise NotFoundError(
            "the engine for browsers is not part of this install",
            remedy="install Mien again, or run 'npm run build -w web' in its source folder",
        )
    headers = {"Content-Security-Policy": _WORKER_POLICY} if name == _WORKER else None
    return _read(entry).answer(request, headers)


def _find(name: str) -> Path | None:
    """Returns where a file should be; names of clients are only compared here."""
    if name in _MODULES or name == _RUNTIME:
        return _folder("mien.browser") / "built" / name
    if name == "yunet.onnx":
        return _folder("mien.inference.detection") / name
    return weights_folder() / name if name == "onet.onnx" else None


def _folder(package: str) -> Path:
    return Path(str(files(package)))


@cache
def _read(entry: Path) -> BrowserFile:
    is_module = entry.name.endswith(".js")
    kind = "text/javascript; charset=utf-8" if is_module else "application/octet-stream"
    return BrowserFile.read(entry, kind)
