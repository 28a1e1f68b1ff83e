"""Memory that was freed goes back to the system."""

import subprocess
import sys

import pytest

# Blocks below glibc's threshold for mapping lie in the heap, where one at the end keeps the others.
SWELL = """
import time
from mien.processes.slack import Slack, resident_memory
slack = Slack()
before = resident_memory()
blocks = [bytes([1]) * 100_000 for _ in range(3000)]
last = bytes([1]) * 100_000
full = resident_memory()
del blocks
freed = resident_memory()
slack.give_back()
deadline = time.monotonic() + 60
while resident_memory() - before > 50e6 and time.monotonic() < deadline:
    time.sleep(0.05)
slack.close()
print(*(size - before for size in (full, freed, resident_memory())))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone")
def test_freed_memory_goes_back() -> None:
    ran = subprocess.run([sys.executable, "-c", SWELL], capture_output=True, text=True, check=True)
    full, freed, after = map(int, ran.stdout.split())
    assert full > 250 * 10**6
    assert freed > 250 * 10**6
    assert after < 50 * 10**6
