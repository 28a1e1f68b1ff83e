"""The documentation site: built without a warning, complete, searchable without a network."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from mien.cli import app
from tests.server.page.conftest import launch_chromium
from tests.website import folder_site

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; links and anchors that lead nowhere are warnings, and warnings are errors."""
    pytest.importorskip("material")
    pytest.importorskip("mkdocstrings")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(out)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return out


def test_every_command_and_every_public_name_is_there(site: Path) -> None:
    commands = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    for command in app.registered_commands:
        name = (command.name or command.callback.__name__).replace("_", "-")
        assert f"mien {name}" in commands, name
    names = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for name in ("mien.predict", "Analyzer.analyze_many", "Probabilities", "fine_tune"):
        assert name in names
    rest = (site / "reference" / "rest.html").read_text(encoding="utf-8")
    assert "POST /v1/analyze" in rest
    assert "webhook" in rest


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(
            r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(https?://[^\"]+)", text
        )
        assert not [it for it in loaded if 'rel="canonical"' not in it], page


def test_llms_txt_lists_every_page(site: Path) -> None:
    lines = (site / "llms.txt").read_text(encoding="utf-8").splitlines()
    places = re.findall(r"\]\(([^)]+)\)", "\n".join(lines))
    assert len(places) > 45
    for place in places:
        assert (site / place).is_file(), place


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    with folder_site(site) as found:
        yield found


def test_a_word_is_found_without_a_network(address: str) -> None:
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright, None)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.route(
            "**/*",
            lambda route: (
                route.continue_() if route.request.url.startswith(address) else route.abort()
            ),
        )
        page.goto(f"{address}/index.html")
        page.get_by_role("textbox", name="Search").fill("webhook")
        expect(page.locator(".md-search-result__item").first).to_contain_text(
            re.compile("webhook", re.I), timeout=20_000
        )
        browser.close()
