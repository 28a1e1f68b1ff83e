"""What the system sees of `mien predict`, `serve` and `train`: no socket but on this machine.

strace lists every call that has to do with a network. Loopback is what a server needs; a socket of
Unix stays on the machine, but the one of a name service would be a look-up of a name.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import pytest

from mien.data import FaceDataset
from tests.training.conftest import TINY_RECIPE, faces, write_folders

pytestmark = pytest.mark.slow

__all__ = ["faces"]

IMAGE = Path(__file__).parent / "golden" / "frames" / "portrait-ada.png"
_LOCAL = re.compile(
    r'127\.0\.0\.1"|inet_pton\(AF_INET6, "::1"|sa_family=AF_UNSPEC|NULL|sa_family=AF_NETLINK'
)
_SENDS = ("connect", "sendto", "sendmsg", "sendmmsg", "bind")
# nscd also says who the user is, which torch asks; where it is not there, names go to port 53.
_LOOKUP = re.compile(r"htons\(53\)|resolve|mdns|sssd|nscd(?!.*ENOENT)")


@pytest.fixture(scope="session")
def strace(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program; a test that asks for it is skipped where it is absent or may not trace."""
    found = shutil.which("strace")
    if found is None:
        pytest.skip("needs strace (apt install strace) to list what reaches the network")
    done = subprocess.run([found, "-f", "-o", os.devnull, "true"], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"strace may not trace here: {done.stderr.decode().strip()}")
    return found


def traced(strace: str, log: Path, *words: object) -> list[str]:
    """The command that runs `mien` and lists what it does with the network."""
    tracing = [
        strace,
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-e",
        "trace=network",
        "-e",
        "signal=none",
        "-o",
        str(log),
    ]
    return [*tracing, sys.executable, "-m", "mien", *map(str, words)]


def find_leaks(calls: Sequence[str]) -> list[str]:
    """The calls that reach beyond the machine, or ask for a name."""
    return [call for call in calls if _leaks(call)]


def _leaks(call: str) -> bool:
    _, _, rest = call.partition(" ")
    name, _, arguments = rest.strip().partition("(")
    if name in {"socket", "socketpair"}:
        return not re.match(r"AF_(UNIX|INET6?|NETLINK),", arguments)
    if _LOOKUP.search(arguments):
        return True
    has_address = "sa_family=" in arguments and "AF_UNIX" not in arguments
    return name in _SENDS and has_address and not _LOCAL.search(arguments)


def test_a_leak_is_found() -> None:
    def inet(address: str, port: int) -> str:
        return f'{{sa_family=AF_INET, sin_port=htons({port}), sin_addr=inet_addr("{address}")}}, 16'

    leaks = [
        "7 socket(AF_PACKET, SOCK_RAW, 0) = 3",
        f"7 connect(3, {inet('192.0.2.1', 443)}) = 0",
        f"7  connect(3, {inet('127.0.0.53', 53)}) = 0",
        f'7 sendto(3, "x", 1, 0, {inet("192.0.2.1", 9)}) = 1',
        f"7 bind(3, {inet('0.0.0.0', 8000)}) = 0",
        '7 connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = 0',
        '7 sendmsg(3, {msg_name={sa_family=AF_INET6, sin6_port=htons(9), inet_pton(AF_INET6, "2001'
        ':db8::1")}}, 0) = 1',
    ]
    local = [
        "7 socket(AF_INET, SOCK_STREAM, 0) = 3",
        f"7 connect(3, {inet('127.0.0.1', 443)}) = 0",
        "7 socketpair(AF_UNIX, SOCK_STREAM, 0, [3, 4]) = 0",
        '7 sendto(3, "x", 1, 0, NULL, 0) = 1',
        '7 connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT',
        f"7 getsockname(3, {inet('192.0.2.1', 443)}) = 0",
    ]
    assert find_leaks([*leaks, *local]) == leaks


def test_predict_reaches_nothing(strace: str, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    command = traced(strace, log, "predict", IMAGE, "--json")
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert json.loads(done.stdout)["faces"]
    assert find_leaks(log.read_text().splitlines()) == []


def test_train_reaches_nothing(strace: str, tmp_path: Path, faces: FaceDataset) -> None:
    write_folders(tmp_path / "data", faces)
    recipe = TINY_RECIPE.replace("epochs = 3", "epochs = 1")
    (tmp_path / "tiny.toml").write_text(recipe)
    log = tmp_path / "calls"
    command = traced(strace, log, "train", "tiny.toml", "--data", "data", "--device", "cpu")
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=300, check=True)
    assert (tmp_path / "runs" / "tiny").is_dir()
    assert find_leaks(log.read_text().splitlines()) == []


def test_a_server_reaches_nothing_but_its_clients(strace: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    log = tmp_path / "calls"
    words = ("serve", "--port", port, "--folder", tmp_path / "studio")
    with subprocess.Popen(
        traced(strace, log, *words), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        try:
            assert server.stdout
            assert "is running at" in server.stdout.readline()
            address = f"http://127.0.0.1:{port}/v1/analyze"
            request = urllib.request.Request(address, IMAGE.read_bytes())
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with direct.open(request, timeout=300) as answer:
                assert json.load(answer)["faces"]
        finally:
            os.killpg(server.pid, 15)
    calls = log.read_text().splitlines()
    assert find_leaks(calls) == []
    assert any("accept4(" in call and '"127.0.0.1"' in call for call in calls)
