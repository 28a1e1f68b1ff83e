"""What must hold after the clients have gone."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx2

from mien.folders import count_bytes
from reliability.soak.ledger import Ledger, find_secrets
from reliability.soak.samples import MIB, Sample, count_descriptors, find_growth
from reliability.soak.server import END_LIMIT, Server, find_tracebacks
from reliability.soak.stored import compare
from reliability.soak.tally import TEMPORARY, Tally

QUIET_LIMIT = 90.0
"""Seconds within which jobs, connections and temporary files must be gone."""

_SLACK = {"memory": 20 * MIB, "threads": 4, "descriptors": 16}
_CHILD_LIMIT = 1024 * MIB  # of one worker
_LEFT = 28  # descriptors more than before the run: six decoders and four readers stay open
_TIMEOUT = 60.0  # seconds of one request
_SHOWN = 10  # problems of one check that are told


@dataclass(frozen=True)
class Check:
    """One of the things that must hold.

    Attributes:
        name: what must hold.
        problems: why it does not; none if it does.
        note: what was measured.
    """

    name: str
    problems: tuple[str, ...]
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether it holds."""
        return not self.problems

    @classmethod
    def of(cls, name: str, problems: Iterable[str], note: str = "") -> "Check":
        """Makes a check of all its problems; tells the first of them, and how many more."""
        found = list(problems)
        shown = found[:_SHOWN]
        if more := len(found) - len(shown):
            shown.append(f"and {more} more")
        return cls(name, tuple(shown), note)


def open_http(server: Server) -> httpx2.Client:
    """Opens a client of the checks."""
    return httpx2.Client(base_url=server.url, timeout=_TIMEOUT, trust_env=False)


def check_quiet(server: Server, before: int) -> Check:
    """Waits until the server has nothing to do.

    Args:
        server: without clients.
        before: how many descriptors it had before the run.
    """
    started, left = time.monotonic(), [""]
    while left and time.monotonic() - started < QUIET_LIMIT:
        time.sleep(0.5)
        left = list(_left(server, before))
    seconds = time.monotonic() - started
    return Check.of("the server becomes quiet, and scratch empty", left, f"{seconds:.0f} s")


def _left(server: Server, before: int) -> Iterable[str]:
    with open_http(server) as http:
        jobs = http.get("/v1/jobs?limit=500").json()["jobs"]
    if unfinished := [job["id"] for job in jobs if job["status"] in ("queued", "running")]:
        yield f"jobs {unfinished} go on"
    if bytes_left := count_bytes(server.folder / "scratch"):
        yield f"{bytes_left:,} bytes of temporary files"
    if (count := count_descriptors(server.process.pid)) > before + _LEFT:
        yield f"{count} descriptors, {before} before the run"


def check_answers(tally: Tally) -> list[Check]:
    """Checks what the clients were answered."""
    counts = tally.problem_counts
    failed = sum(
        count
        for statuses in tally.statuses.values()
        for status, count in statuses.items()
        if status >= 500 and status not in TEMPORARY
    )
    others = [
        f"{kind} ({counts[kind]}): {text}"
        for kind in sorted(counts)
        if kind != "hang"
        for text in tally.problems[kind][:3]
    ]
    return [
        Check.of("no status 5xx but 503 and 507", [f"{failed} answers"] if failed else []),
        Check.of("no request hangs", tally.problems.get("hang", [])),
        Check.of("no other answer than expected", others, f"{tally.total:,} requests"),
    ]


def check_samples(samples: list[Sample]) -> list[Check]:
    """Checks that the server does not grow."""
    checks = []
    for name, slack in _SLACK.items():
        series = [float(getattr(sample, name)) for sample in samples]
        growth = find_growth(series, slack)
        note = f"{min(series, default=0):,.0f} to {max(series, default=0):,.0f}"
        checks.append(
            Check.of(f"{name} flat after the first tenth", [growth] if growth else [], note)
        )
    largest = max((sample.child_memory for sample in samples), default=0)
    too_large = [f"{largest / MIB:,.0f} MiB"] if largest > _CHILD_LIMIT else []
    checks.append(Check.of("no worker above 1 GiB", too_large, f"{largest / MIB:,.0f} MiB"))
    return checks


def check_stored(name: str, ledger: Ledger, server: Server) -> Check:
    """Checks that all that was acknowledged is stored, and equal."""
    with open_http(server) as http:
        problems = list(compare(ledger, http))
    count = len(ledger.alive())
    return Check.of(name, problems, f"{count} sessions, {len(ledger.feedback)} corrections")


def check_deleted(name: str, ledger: Ledger, folder: Path) -> Check:
    """Checks that no text of a deleted session is anywhere in the data folder."""
    secrets = ledger.deleted_secrets()
    files = (path for path in folder.rglob("*") if path.is_file())
    found = {path: secrets & find_secrets(path.read_bytes()) for path in files}
    problems = [
        f"{path.name} has {len(some)} of them, such as {min(some)}"
        for path, some in found.items()
        if some
    ]
    return Check.of(name, problems, f"{len(secrets):,} texts")


def check_log(server: Server) -> Check:
    """Checks that the server logged no traceback."""
    found = find_tracebacks(server.log.read_text())
    return Check.of("no traceback in the log", (f"{n} times {it}" for it, n in found.items()))


def check_end(server: Server) -> Check:
    """Ends the server with SIGTERM."""
    status, seconds = server.end()
    problems = [] if status == 0 else [f"exit status {status} after {seconds:.1f} s"]
    return Check.of(f"SIGTERM ends it within {END_LIMIT:g} s", problems, f"{seconds:.1f} s")
