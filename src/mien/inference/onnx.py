"""Opens ONNX files for onnxruntime, the same way everywhere."""

import os
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnxruntime as ort
from numpy.typing import NDArray

from mien.errors import ModelError

_ERRORS_ONLY = 3
# At each opening it would warn that a model's input may be left out, which no session's own level
# prevents.
ort.set_default_logger_severity(_ERRORS_ONLY)


class Network:
    """A network on the CPU, for any number of threads; processes that are forked open it again.

    A fork copies the locks of onnxruntime as other threads held them, and none of its threads. It
    can be pickled: its path is, or its content where it has no path.

    Args:
        source: the path of an ONNX file, or its content.
        threads: how many threads one operator may use.

    Raises:
        ModelError: the network cannot be read as ONNX.
    """

    def __init__(self, source: Path | bytes, threads: int) -> None:
        self._source = source if isinstance(source, bytes) else source.absolute()
        self._threads = threads
        self._lock = threading.Lock()
        self._session: ort.InferenceSession | None = _open(source, threads)
        _networks.add(self)

    @property
    def session(self) -> ort.InferenceSession:
        """What onnxruntime calls it, of this process.

        Raises:
            ModelError: this process opens the file again, and it is not there any more.
        """
        if (session := self._session) is not None:
            return session
        with self._lock:
            if self._session is None:
                self._session = _open(self._source, self._threads)
            return self._session

    def run(self, names: Sequence[str] | None, inputs: Mapping[str, NDArray[Any]]) -> list[Any]:
        """Returns the outputs of these names, or all.

        Raises:
            ModelError: the network fails, as one does whose sizes do not fit each other.
        """
        try:
            outputs: list[Any] = self.session.run(names, inputs)
        except ModelError:
            raise
        except Exception as error:  # as in `_open`
            raise ModelError(f"the network fails: {error!s:.300}") from None
        return outputs

    def leave_to_parent(self) -> None:
        """Forgets, in a forked process, what belongs to the one that it was forked from."""
        _inherited.append(self._session)  # to close it would wait for threads that are not here
        self._session, self._lock = None, threading.Lock()

    def __reduce__(self) -> tuple[type["Network"], tuple[Path | bytes, int]]:
        return Network, (self._source, self._threads)


_networks: "weakref.WeakSet[Network]" = weakref.WeakSet()
_inherited: list[ort.InferenceSession | None] = []


def _leave_all() -> None:
    for network in list(_networks):
        network.leave_to_parent()


if sys.platform != "win32":  # which forks no process
    os.register_at_fork(after_in_child=_leave_all)


def open_session(network: Path | bytes, threads: int = 1) -> Network:
    """Opens a network on the CPU.

    Args:
        network: the path of an ONNX file, or its content.
        threads: how many threads one operator may use. For networks as small as Mien's, more
            than one costs more in synchronization than it gains.

    Raises:
        ModelError: the network cannot be read as ONNX.
    """
    return Network(network, threads)


def _open(network: Path | bytes, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    source = network if isinstance(network, bytes) else str(network)
    name = "the network" if isinstance(network, bytes) else network
    try:
        # A fallback to the only provider there is would print a banner.
        return ort.InferenceSession(
            source, options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
    except Exception as error:  # onnxruntime's own errors share no base class that it exports
        raise ModelError(f"cannot be opened as an ONNX model: {error}", subject=name) from None


def read_metadata(session: ort.InferenceSession) -> dict[str, str]:
    """Returns the metadata of a network.

    Raises:
        ModelError: it is no text.
    """
    with readable_names():
        return dict(session.get_modelmeta().custom_metadata_map)


@contextmanager
def readable_names() -> Iterator[None]:
    """Turns the error of a name or text that is not UTF-8, as in a damaged file.

    Raises:
        ModelError: there is one.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise ModelError(f"a name or its metadata is no text ({error.reason})") from None
