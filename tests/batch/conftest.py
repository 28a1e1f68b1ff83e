"""Fixtures that several tests of batches use."""

from pathlib import Path

import pytest

from mien.batch.plan import Options
from tests.batch.jobs import make_options, save_photos


@pytest.fixture
def options(tiny_model: Path) -> Options:
    return make_options(tiny_model)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Forty images in one folder."""
    return save_photos(tmp_path / "photos", 40)
