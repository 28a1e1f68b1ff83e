"""Three hosts give the rows of the local engine, though one dies, one is cut off, the head ends."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.batch.broken import save_broken
from tests.batch.hosts import Hosts, make_hosts, why_not
from tests.batch.jobs import make_options, rows_of, run_job, save_photos
from tests.inference.media.videos import make_video, regular

pytestmark = pytest.mark.slow

pytest.importorskip("ray", reason="needs the extra 'ray'")
if reason := why_not():
    pytest.skip(reason, allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 240.0  # seconds for whatever is waited for; a busy machine takes its time
_PARTITION = 30.0  # seconds; longer than Ray believes in a node that does not answer

JOB = """
import sys
from pathlib import Path
from mien.batch import plan
from mien.batch.errors import BatchError
from mien.batch.ray_pool import RayEngine
from tests.batch.jobs import make_options, run_job

class Told(RayEngine):
    def run(self, tasks, options):
        for number, done in enumerate(super().run(tasks, options)):
            if number == 3:
                Path(out + ".begun").touch()
            yield done

plan._TASK_SECONDS = 0.01  # a task for each video
out, model, inputs, address = sys.argv[1:]
try:
    run_job(Path(out), make_options(model), inputs, engine=Told(address, 3))
except BatchError as error:
    sys.exit(f"Error: {error}")
"""

NODES = """
import sys
import ray
ray.init(address=sys.argv[1], log_to_driver=False, logging_level=40)
sys.exit(sum(node["Alive"] for node in ray.nodes()) != int(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hosts") / "inputs"
    photos = save_photos(folder, 60)
    for number in range(14):
        make_video(folder / f"video-{number}.mp4", regular(10, 120))
    save_broken(folder, photos[0])
    return folder


@pytest.fixture(scope="module")
def expected(inputs: Path, tiny_model: Path) -> dict[str, list[dict[str, Any]]]:
    out = inputs.parent / "local"
    run_job(out, make_options(tiny_model), inputs)
    return tables(out)


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with make_hosts(3) as made:
        yield made


@pytest.fixture
def cluster(hosts: Hosts) -> None:
    """A cluster of three nodes, whatever a test before did to it."""
    start_cluster(hosts)


def start_cluster(hosts: Hosts) -> None:
    head, *others = hosts.each
    if not head.is_running:
        head.start_head()
        wait_until(lambda: has_nodes(hosts, 1))
    for host in others:
        if not host.is_running:
            host.join(head.cluster)
    wait_until(lambda: has_nodes(hosts, len(hosts.each)))


def tables(out: Path) -> dict[str, list[dict[str, Any]]]:
    return {table: rows_of(out, table) for table in ("records", "errors")}


def has_nodes(hosts: Hosts, how_many: int) -> bool:
    head = hosts.each[0]
    asked = head.run([sys.executable, "-c", NODES, head.cluster, str(how_many)], ROOT)
    try:
        asked.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        asked.kill()
        asked.communicate()
    return asked.returncode == 0


def wait_until(holds: Any) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def start_job(hosts: Hosts, out: Path, *arguments: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", JOB, str(out), *map(str, arguments)]
    return hosts.each[0].run([*command, hosts.each[0].cluster], ROOT)


def finish(job: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Waits for a job; returns its status and what it printed."""
    try:
        _, printed = job.communicate(timeout=_PATIENCE)
    finally:
        job.kill()
        job.wait()
    return job.returncode, printed.decode()


def wait_until_begun(out: Path) -> None:
    """Waits until some tasks have ended, though not all."""
    begun = out.with_name(f"{out.name}.begun")
    wait_until(begun.exists)


@pytest.mark.usefixtures("cluster")
def test_three_hosts_give_the_rows_of_one(
    hosts: Hosts, inputs: Path, tiny_model: Path, expected: Any, tmp_path: Path
) -> None:
    job = start_job(hosts, tmp_path / "out", tiny_model, inputs)
    assert finish(job) == (0, "")
    assert tables(tmp_path / "out") == expected


@pytest.mark.usefixtures("cluster")
def test_a_host_that_is_killed_loses_nothing(
    hosts: Hosts, inputs: Path, tiny_model: Path, expected: Any, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    job = start_job(hosts, out, tiny_model, inputs)
    wait_until_begun(out)
    hosts.each[1].kill()
    assert finish(job) == (0, "")
    assert tables(out) == expected


@pytest.mark.usefixtures("cluster")
def test_a_host_that_is_cut_off_for_a_while_loses_nothing(
    hosts: Hosts, inputs: Path, tiny_model: Path, expected: Any, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    job = start_job(hosts, out, tiny_model, inputs)
    wait_until_begun(out)
    hosts.cut(hosts.each[2])
    time.sleep(_PARTITION)
    hosts.mend(hosts.each[2])
    assert finish(job) == (0, "")
    assert tables(out) == expected


@pytest.mark.usefixtures("cluster")
def test_a_job_whose_head_is_restarted_resumes(
    hosts: Hosts,
    inputs: Path,
    tiny_model: Path,
    expected: Any,
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    job = start_job(hosts, out, tiny_model, inputs)
    wait_until_begun(out)
    hosts.each[0].kill()
    status, printed = finish(job)
    assert status == 1
    assert "give the same command again" in printed
    for host in hosts.each:
        host.kill()
    start_cluster(hosts)
    assert finish(start_job(hosts, out, tiny_model, inputs)) == (0, "")
    assert tables(out) == expected
