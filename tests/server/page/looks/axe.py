"""axe-core, which checks a page against the rules of WCAG and of good practice."""

import os
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

_SOURCE = Path(__file__).parents[4] / "node_modules/axe-core/axe.min.js"

_RUN = """async () => {
  const {violations} = await axe.run(document, {resultTypes: ["violations"]});
  return violations.flatMap(({id, help, nodes}) => nodes.map(({target, failureSummary}) =>
    `${id}: ${help} (${target.join(" ")}) ${failureSummary.split("\\n").slice(1).join(";")}`));
}"""


def find_violations(page: Page) -> list[str]:
    """Returns a sentence for each element of the page that breaks a rule."""
    if not page.evaluate("'axe' in window"):
        # Not by a script element, which the page's content security policy refuses.
        page.evaluate(_read())
    violations: list[str] = page.evaluate(_RUN)
    return violations


@cache
def _read() -> str:
    if not _SOURCE.is_file():
        assert "CI" not in os.environ, "CI runs these tests, so it needs axe-core; see `make page`"
        pytest.skip("needs axe-core, which is not here; see `make page`")
    return _SOURCE.read_text("utf-8")
