"""A Ray cluster: reached, or started on this machine, and left again."""

import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray
from ray.data import DataContext

from mien.batch.errors import BatchError

_PATIENCE = 5.0  # seconds for an address to answer at all
_SLOW = 30.0  # seconds for a cluster to tell how it is, of which the process that asks takes two
_BUSY = 600  # seconds for a cluster that others use as well to have a core free for a first worker
_STORE = 512 * 2**20  # bytes of the object store of a cluster that is started here: it is memory


@contextmanager
def connected(address: str | None, workers: int | None) -> Iterator[int]:
    """Connects to a cluster, for a while.

    Args:
        address: as for `RayEngine`, and so is `workers`.
        workers: also the cores of a cluster that is started here.

    Yields:
        How many workers there are at most.

    Raises:
        BatchError: the cluster cannot be used, or none can be started here.
    """
    # Ray sends statistics of its use by default; nothing leaves a machine unasked.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray.init(**_settings(address, workers))
    except (ConnectionError, OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        where = "a Ray cluster here" if address is None else f"the Ray cluster at {address}"
        raise BatchError(
            f"{where} cannot be used ({first_line(error)}); 'ray status' tells of those that run."
        ) from None
    try:
        _set_up()
        yield workers or max(int(ray.cluster_resources().get("CPU", 0)), 1)
    finally:
        ray.shutdown()


def first_line(error: Exception) -> str:
    """Returns what an error says first; Ray's go on with traces of other processes."""
    return str(error).strip().partition("\n")[0]


def _settings(address: str | None, workers: int | None) -> dict[str, Any]:
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is not None:
        return {**settings, "address": address}
    own = {"address": "local", "num_cpus": workers, "object_store_memory": _STORE}
    return {**settings, **own, "include_dashboard": False}


def _set_up() -> None:
    """Makes Ray Data quiet, and impatient with a cluster that has no core for it."""
    context = DataContext.get_current()
    context.wait_for_min_actors_s = _BUSY
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)


def check(address: str) -> None:
    """Makes sure that a cluster answers, for Ray itself would wait for it without end.

    Args:
        address: host and port of its head.

    Raises:
        BatchError: it is no address, nothing answers there, or it is no cluster.
    """
    host_and_port = re.fullmatch(r"\[?([\w.:-]+?)\]?:(\d{1,5})", address)
    if not host_and_port:
        raise BatchError(
            f"{address}: no address of a Ray cluster; give HOST:PORT of its head, or 'auto'."
        )
    host, port = host_and_port.groups()
    try:
        socket.create_connection((host, int(port)), _PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise BatchError(
            f"{address}: nothing answers there ({error}); check the address, and that the "
            "cluster runs."
        ) from None
    if not _answers(address):
        raise BatchError(
            f"{address}: no Ray cluster of this version answers there; check the address."
        )


def _answers(address: str) -> bool:
    """Asks from a process of its own, which can be given up."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "status", "--address", address]
    try:
        asked = subprocess.run(command, capture_output=True, timeout=_SLOW, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0
