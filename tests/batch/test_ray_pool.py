"""Ray gives the rows of the local engine, even if workers, driver or cluster die."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mien.batch import ray_pool
from mien.batch.errors import BatchError
from mien.batch.plan import Options, Task
from mien.batch.pool import LocalEngine
from mien.batch.ray_pool import RayEngine, StartedTasks
from mien.errors import ModelError
from tests.batch.broken import Deadly, save_broken
from tests.batch.jobs import (
    items_of,
    make_options,
    rows_of,
    run_job,
    save_photos,
    sources_of,
    task_of,
    tasks_of,
)
from tests.inference.media.videos import make_video, regular

pytestmark = pytest.mark.slow

pytest.importorskip("ray", reason="needs the extra 'ray'")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def start_cluster(folder: Path) -> Iterator[tuple[str, int]]:
    """The address of a cluster of two cores, as `ray start` makes one, and its process group."""
    address = f"127.0.0.1:{free_port()}"
    command = [
        *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"),
        *("--node-ip-address=127.0.0.1", f"--port={address.rpartition(':')[2]}"),
        *("--num-cpus=2", "--object-store-memory=100000000", "--include-dashboard=false"),
        *("--disable-usage-stats", f"--temp-dir={folder}"),
    ]
    environment = os.environ | {
        "RAY_AUTH_MODE": "disabled",  # else it needs a token, in the user's home
        "RAY_agent_register_timeout_ms": "120000",  # a busy machine takes its time
    }
    head = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for_cluster(address)
        yield address, head.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(head.pid, signal.SIGKILL)  # asked politely, Ray takes half a minute to go
        head.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with start_cluster(tmp_path_factory.mktemp("r")) as (address, _):
        yield address


def wait_for_cluster(address: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            return ray_pool.check_cluster(address)
        except BatchError:
            time.sleep(0.5)
    raise TimeoutError(address)


@pytest.fixture
def mixed(photos: list[Path]) -> Path:
    """A folder of 228 good photos, a video, a split video, and 5 % of broken inputs."""
    folder = photos[0].parent
    save_photos(folder, 188, first=40)
    make_video(folder / "video.mp4", regular(10, 20))
    make_video(folder / "long.mp4", regular(10, 300))
    assert len(save_broken(folder, photos[0])) == 12
    return folder


def test_rows_and_errors_are_those_of_the_local_engine(
    cluster: str, mixed: Path, tmp_path: Path, options: Options
) -> None:
    options = replace(options, longest_video=10.0)
    engines = {"ray": RayEngine(cluster, 2), "local": LocalEngine(1)}
    for name, engine in engines.items():
        run_job(tmp_path / name, options, mixed, engine=engine)
    for table, count in (("records", 228 + 20 + 300), ("errors", 12)):
        ours, theirs = (rows_of(tmp_path / name, table) for name in engines)
        assert ours == theirs
        assert len(ours) == count


def test_a_worker_that_is_killed_is_replaced(
    cluster: str, photos: list[Path], tmp_path: Path, options: Options
) -> None:
    options = replace(options, columns=pa.schema([("note", pa.string())]))
    items = items_of(photos, [("",)] * len(photos))
    items[20] = replace(items[20], values=(Deadly(tmp_path / "mark"),))
    tasks = [Task(number, (item,), 1.0) for number, item in enumerate(items)]
    found = list(RayEngine(cluster, 2).run(iter(tasks), options))
    assert (tmp_path / "mark").exists()
    assert sorted(task.number for task, _ in found) == list(range(40))
    assert sources_of(found) == sorted(map(str, photos))


def test_an_item_that_kills_its_workers_fails_alone(
    cluster: str, photos: list[Path], options: Options
) -> None:
    (deadly,) = items_of(photos[:1], [(Deadly(),)])
    tasks = [Task(0, (deadly,), 1.0), *(task_of(photos[n : n + 2], n) for n in (1, 3, 5))]
    found = list(RayEngine(cluster, 2).run(iter(tasks), options))
    assert sorted(task.number for task, _ in found) == [0, 1, 3, 5]
    (failure,) = (failure for _, result in found for failure in result.failures)
    assert failure.item is deadly
    assert "died, twice" in failure.text
    assert sources_of(found) == sorted(map(str, photos[1:7]))


KILLED = """
import os, signal, sys
from pathlib import Path
from mien.batch.ray_pool import RayEngine
from tests.batch.jobs import make_options, run_job

class Killed(RayEngine):
    def run(self, tasks, options):
        for number, done in enumerate(super().run(tasks, options)):
            if number == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            yield done

out, model, inputs, address = sys.argv[1:]
run_job(Path(out), make_options(model, longest_video=10.0), inputs, engine=Killed(address, 1))
"""


def test_a_job_whose_command_is_killed_resumes(
    cluster: str, mixed: Path, tmp_path: Path, tiny_model: Path
) -> None:
    options, out = make_options(tiny_model, longest_video=10.0), tmp_path / "out"
    arguments = [str(out), str(tiny_model), str(mixed), cluster]
    root = Path(__file__).resolve().parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments], cwd=root, capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    run_job(out, options, mixed, engine=RayEngine(cluster, 2))
    run_job(tmp_path / "whole", options, mixed)
    for table, count in (("records", 228 + 20 + 300), ("errors", 12)):
        assert rows_of(out, table) == rows_of(tmp_path / "whole", table)
        assert len(rows_of(out, table)) == count


class Slow:
    """Keeps busy whatever process unpickles it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return time.sleep, (60,)


def test_a_cluster_that_ends_is_one_error(
    photos: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
    options: Options,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ray ends the process that spoke to it, which is not this one."""
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "3")  # a minute, else
    options = replace(options, columns=pa.schema([("note", pa.string())]))
    items = items_of(photos[:9], [*[("",)] * 8, (Slow(),)])
    tasks = [Task(number, (item,), 1.0) for number, item in enumerate(items)]
    with start_cluster(tmp_path_factory.mktemp("r")) as (address, group):
        results = RayEngine(address, 2).run(iter(tasks), options)
        next(results)
        os.killpg(group, signal.SIGKILL)
        with pytest.raises(BatchError, match="what is written stays valid"):
            list(results)


def test_a_missing_model_is_one_error_at_once(
    cluster: str, photos: list[Path], options: Options
) -> None:
    tasks = tasks_of(photos, 5)
    with pytest.raises(ModelError, match="nowhere"):
        list(RayEngine(cluster, 1).run(tasks, replace(options, model="nowhere.onnx")))


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("127.0.0.1:1", "nothing answers there"),
        ("nobody.invalid:6379", "nothing answers there"),
        ("127.0.0.1:99999", "nothing answers there"),
        ("here", "not the address of a Ray cluster; give HOST:PORT"),
        ("ray://127.0.0.1:10001", "not the address of a Ray cluster; give HOST:PORT"),
    ],
)
def test_an_address_where_nothing_answers_is_refused_soon(
    address: str, problem: str, options: Options
) -> None:
    started = time.monotonic()
    with pytest.raises(BatchError, match=f"{address}: {problem}"):
        list(RayEngine(address).run([], options))
    assert time.monotonic() - started < 10


def test_a_server_that_is_no_ray_cluster_is_refused(
    monkeypatch: pytest.MonkeyPatch, options: Options
) -> None:
    monkeypatch.setattr(ray_pool, "_STATUS_TIMEOUT", 1.0)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(BatchError, match="no Ray cluster of this version answers"):
            list(RayEngine(address).run([], options))


def test_a_task_that_starts_twice_was_lost() -> None:
    started = StartedTasks()
    assert started.start(1)
    assert started.start(2)
    assert not started.start(1)
    started.end(1)
    assert started.start(1)
