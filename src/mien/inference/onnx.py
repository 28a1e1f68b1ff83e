"""Opens ONNX files for onnxruntime, the same way everywhere."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnxruntime as ort
from numpy.typing import NDArray

from mien.errors import ModelError

_ERRORS_ONLY = 3
# At each opening it would warn that a model's input may be left out, which no session's own level
# prevents.
ort.set_default_logger_severity(_ERRORS_ONLY)


def open_session(network: Path | bytes, threads: int = 1) -> ort.InferenceSession:
    """Opens a network on the CPU.

    Args:
        network: the path of an ONNX file, or its content.
        threads: how many threads one operator may use. For networks as small as Mien's, more
            than one costs more in synchronization than it gains.

    Raises:
        ModelError: the network cannot be read as ONNX.
    """
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
    try:
        return dict(session.get_modelmeta().custom_metadata_map)
    except UnicodeDecodeError as error:
        raise ModelError(f"its metadata is no text ({error.reason})") from None


def run_network(
    session: ort.InferenceSession, outputs: Sequence[str], inputs: Mapping[str, NDArray[Any]]
) -> list[NDArray[Any]]:
    """Returns outputs of a network.

    Raises:
        ModelError: it fails, as one does whose sizes do not fit each other.
    """
    try:
        found: list[NDArray[Any]] = session.run(outputs, inputs)
    except Exception as error:  # as above
        raise ModelError(f"the network fails: {error!s:.300}") from None
    return found
