"""Profiles in a folder of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.personalization.store import Profiles


@pytest.fixture
def profiles(tmp_path: Path) -> Iterator[Profiles]:
    opened = Profiles.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def ada(profiles: Profiles) -> Profiles:
    """The same, with a profile that has no corrections yet."""
    profiles.create("Ada")
    return profiles
