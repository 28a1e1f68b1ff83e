"""A server and a page that look the same each time."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.server.page.conftest import Studio
from tests.server.page.looks.stage import Stage, fill, open_stage


@pytest.fixture(scope="package")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, dict[str, int]]]:
    """A server whose sessions never vary, and their ids by name."""
    folder = tmp_path_factory.mktemp("filled")
    studio = Studio(folder / "studio")
    yield studio, fill(studio, folder)
    studio.stop()


@pytest.fixture
def stage(drawing_browser: Browser, filled: tuple[Studio, dict[str, int]]) -> Iterator[Stage]:
    """A page that looks the same each time, still blank."""
    with open_stage(drawing_browser, *filled) as stage:
        yield stage
