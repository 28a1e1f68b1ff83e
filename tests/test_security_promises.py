"""Each promise of SECURITY.md names a test that is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
TEXT = (ROOT / "SECURITY.md").read_text("utf-8")


@pytest.mark.parametrize(("file", "name"), _TEST.findall(TEXT))
def test_the_test_of_a_promise_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_promise_names_a_test() -> None:
    promised = TEXT.partition("## What is promised")[2].partition("## What is not")[0]
    rows = [line for line in promised.splitlines() if line.startswith("|") and "---" not in line]
    promises = [row for row in rows if row != "| promise | test |"]
    assert len(promises) > 20
    assert [row for row in promises if not _TEST.search(row)] == []
