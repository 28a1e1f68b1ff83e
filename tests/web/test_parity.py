"""The npm package in Chromium says of shared images what Python says of them.

`benchmarks/browser.py equality` compares five times as many photos.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from mien.inference.analyzer import Analyzer
from tests.web.conftest import Site, block_network
from tests.web.parity.browser import analyze_photos, open_mien, stream_clip, stream_frames
from tests.web.parity.compare import compare
from tests.web.parity.python import expect_clip, expect_photos
from tests.web.parity.sample import CLIP, choose_photos, read_clip

FPS = 30


@pytest.fixture(scope="module")
def page(browser: Browser, isolated_site: Site) -> Iterator[Page]:
    """A page in which the default model is loaded."""
    context = browser.new_context()
    refused = block_network(context)
    page = context.new_page()
    page.goto(f"{isolated_site.url}/blank.html")
    open_mien(page)
    yield page
    context.close()
    assert not refused


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


def test_photos_that_the_browser_decodes_give_the_same_faces_labels_and_probabilities(
    page: Page, analyzer: Analyzer, shared: Path, tmp_path: Path
) -> None:
    photos = choose_photos(shared)[::5]
    expected = expect_photos(analyzer, photos, tmp_path)
    found = compare([photo.name for photo in photos], expected, analyze_photos(page, photos))
    assert len(found.pairs) >= len(photos)
    assert found.unequal == []
    assert found.difference(99) <= 0.02


def test_frames_of_a_video_give_the_same_persons_labels_and_smoothed_probabilities(
    page: Page, analyzer: Analyzer, shared: Path
) -> None:
    expected = expect_clip(analyzer, shared)
    actual = stream_frames(page, read_clip(shared))
    found = compare([f"frame {result['frame']}" for result in expected], expected, actual)
    assert len(found.pairs) == len(expected) == 72
    assert found.unequal == []
    assert found.difference(99) <= 0.02


def test_a_video_that_the_browser_decodes_gives_the_same_persons_and_nearly_the_same_probabilities(
    page: Page, analyzer: Analyzer, shared: Path
) -> None:
    expected = expect_clip(analyzer, shared)
    actual = stream_clip(page, (shared / CLIP).read_bytes(), CLIP.name, FPS)
    assert [result["time"] for result in actual] == pytest.approx(
        [result["time"] for result in expected], abs=0.001
    )
    found = compare([f"frame {result['frame']}" for result in expected], expected, actual)
    assert found.same_persons == 1
    # The browser's conversion of colours differs by a shade: a label may change a frame sooner.
    assert found.same_labels >= 0.97
    assert found.difference(99) <= 0.02
