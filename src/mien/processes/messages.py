"""Objects through a connection: arrays are sent as they lie in memory, and received within a time.

`Connection.send` and `recv` copy an array four times, and `recv` waits without end.
"""

import os
import pickle
import time
from multiprocessing.connection import Connection, wait
from typing import Any

_PROTOCOL = 5  # of pickle: the first that leaves arrays out of the stream


def send(connection: "Connection[Any, Any]", message: object) -> None:
    """Sends an object, and the memory of its arrays.

    Raises:
        OSError: the other end is closed.
    """
    arrays: list[pickle.PickleBuffer] = []
    content = pickle.dumps(message, _PROTOCOL, buffer_callback=arrays.append)
    views = [array.raw() for array in arrays]
    connection.send_bytes(pickle.dumps([view.nbytes for view in views]))
    connection.send_bytes(content)
    for view in views:
        _write(connection, view)


def receive(connection: "Connection[Any, Any]", timeout: float | None = None) -> Any:
    """Receives an object that `send` sent.

    Args:
        connection: to a process of our own; pickle runs what it is told to.
        timeout: seconds until the whole object must be here; None for no limit.

    Raises:
        TimeoutError: it is not.
        EOFError: the other end is closed.
        OSError: the other end is closed.
    """
    due = None if timeout is None else time.monotonic() + timeout
    _wait(connection, due)
    sizes = pickle.loads(connection.recv_bytes())  # noqa: S301 - see above
    _wait(connection, due)
    content = connection.recv_bytes()
    arrays = [bytearray(size) for size in sizes]
    for array in arrays:
        _read_into(connection, memoryview(array), due)
    return pickle.loads(content, buffers=arrays)  # noqa: S301 - see above


def _write(connection: "Connection[Any, Any]", view: memoryview) -> None:
    while view.nbytes:
        view = view[os.write(connection.fileno(), view) :]


def _read_into(connection: "Connection[Any, Any]", view: memoryview, due: float | None) -> None:
    while view.nbytes:
        _wait(connection, due)
        count = os.readv(connection.fileno(), [view])
        if not count:
            raise EOFError
        view = view[count:]


def _wait(connection: "Connection[Any, Any]", due: float | None) -> None:
    if due is not None and not wait([connection], max(0.0, due - time.monotonic())):
        raise TimeoutError
