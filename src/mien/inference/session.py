"""Opens ONNX files for onnxruntime, the same way everywhere."""

from pathlib import Path

import onnxruntime as ort

from mien.errors import ModelError

_ERRORS_ONLY = 3


def open_session(path: Path, threads: int = 1) -> ort.InferenceSession:
    """Opens a network on the CPU.

    Args:
        path: of the ONNX file.
        threads: how many threads one operator may use. For networks as small as Mien's, more
            than one costs more in hand-overs than it gains.

    Raises:
        ModelError: the file cannot be read as ONNX.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own errors share no base class that it exports
        raise ModelError(f"{path}: cannot be opened as an ONNX model: {error}") from None
