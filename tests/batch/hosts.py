"""Hosts on this machine, each a network namespace, joined by a switch: for clusters of several.

A host has its own network, shared memory and folder of Ray; files are shared, as by a file server.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

_NET = "10.219.77"
_PORT = 6379
_RAY = (sys.executable, "-m", "ray.scripts.scripts")
_NODE = ("--num-cpus=1", "--object-store-memory=100000000", "--disable-usage-stats", "--block")
# What else would be shared with other hosts: the object store, and Ray's sockets.
_OWN_FOLDERS = "mount -t tmpfs tmpfs /dev/shm; mkdir -p /tmp/ray; mount -t tmpfs tmpfs /tmp/ray; "
_numbers = count()


def why_not() -> str:
    """Returns why no hosts can be made here; empty where they can."""
    if sys.platform != "linux" or not shutil.which("ip") or not shutil.which("nsenter"):
        return "needs Linux with iproute2 and nsenter"
    probe = f"mien-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False)
    if made.returncode:
        return f"no network namespace may be made here ({made.stderr.decode().strip()})"
    subprocess.run(["ip", "netns", "del", probe], check=False)
    return ""


@dataclass
class Host:
    """One host.

    Attributes:
        name: of its network namespace.
        address: its IPv4 address.
        cable: the switch's end of its cable.
    """

    name: str
    address: str
    cable: str
    _node: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def cluster(self) -> str:
        """The address of the cluster whose head is here."""
        return f"{self.address}:{_PORT}"

    @property
    def is_running(self) -> bool:
        """Whether a node of a cluster runs here."""
        return self._node is not None and self._node.poll() is None

    def start_head(self) -> None:
        """Starts a cluster here."""
        self._start("--head", f"--port={_PORT}", "--include-dashboard=false")

    def join(self, cluster: str) -> None:
        """Adds this host to a cluster."""
        self._start(f"--address={cluster}")

    def run(self, command: Sequence[str], cwd: Path) -> subprocess.Popen[bytes]:
        """Starts a command here, beside the node of the cluster."""
        assert self._node is not None
        inside = ("nsenter", f"--target={self._node.pid}", "--mount", "--net", f"--wd={cwd}", "--")
        return subprocess.Popen(
            [*inside, *command], cwd=cwd, env=_environment(), stderr=subprocess.PIPE
        )

    def kill(self) -> None:
        """Kills all of the cluster's processes here, as a power cut would."""
        if self._node is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._node.pid, signal.SIGKILL)
            self._node.wait()
            self._node = None

    def _start(self, *how: str) -> None:
        command = [*_RAY, "start", f"--node-ip-address={self.address}", *_NODE, *how]
        inside = ("ip", "netns", "exec", self.name, "sh", "-c", f'{_OWN_FOLDERS} exec "$@"', "sh")
        self._node = subprocess.Popen(
            [*inside, *command],
            env=_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


@dataclass
class Hosts:
    """Hosts on one switch.

    Attributes:
        switch: its network namespace.
        each: the hosts.
    """

    switch: str
    each: list[Host]

    def cut(self, host: Host) -> None:
        """Unplugs a host's cable."""
        _ip("-n", self.switch, "link", "set", host.cable, "down")

    def mend(self, host: Host) -> None:
        """Plugs it in again."""
        _ip("-n", self.switch, "link", "set", host.cable, "up")


@contextmanager
def make_hosts(how_many: int) -> Iterator[Hosts]:
    """Makes hosts for the block, and ends them with all that runs there."""
    tag = f"m{os.getpid()}-{next(_numbers)}"
    hosts = Hosts(f"{tag}-s", [])
    _ip("netns", "add", hosts.switch)
    try:
        _ip("-n", hosts.switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", hosts.switch, "link", "set", "bridge", "up")
        for number in range(1, how_many + 1):
            host = Host(f"{tag}-{number}", f"{_NET}.{number}", f"cable{number}")
            _ip("netns", "add", host.name)
            hosts.each.append(host)
            _plug_in(host, hosts.switch)
        yield hosts
    finally:
        for host in hosts.each:
            host.kill()
            _ip("netns", "del", host.name)
        _ip("netns", "del", hosts.switch)


def _plug_in(host: Host, switch: str) -> None:
    peer = ("peer", "name", host.cable, "netns", switch)
    _ip("-n", host.name, "link", "add", "eth0", "type", "veth", *peer)
    _ip("-n", switch, "link", "set", host.cable, "master", "bridge", "up")
    _ip("-n", host.name, "addr", "add", f"{host.address}/24", "dev", "eth0")
    for link in ("lo", "eth0"):
        _ip("-n", host.name, "link", "set", link, "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def _environment() -> dict[str, str]:
    return os.environ | {
        "RAY_AUTH_MODE": "disabled",  # else it needs a token, in the user's home
        "RAY_agent_register_timeout_ms": "120000",  # a busy machine takes its time
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_gcs_rpc_server_reconnect_timeout_s": "3",  # a minute, else
    }
