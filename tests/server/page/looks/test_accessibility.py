"""axe-core finds no violation in any state of the page, light and dark, wide and on a phone."""

import pytest

from tests.server.page.looks.axe import find_violations
from tests.server.page.looks.stage import Stage
from tests.server.page.looks.states import LOOKS, STATES, look

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", STATES)
def test_a_state_has_no_violation(stage: Stage, name: str) -> None:
    STATES[name](stage)
    violations = []
    for appearance in LOOKS:
        look(stage, appearance)
        violations += [f"{appearance}: {found}" for found in find_violations(stage.page)]
    if violations:
        pytest.fail("\n".join(violations), pytrace=False)


def test_a_violation_is_found(stage: Stage) -> None:
    STATES["first-run"](stage)
    stage.page.evaluate("document.body.append(document.createElement('button'))")
    (violation,) = find_violations(stage.page)
    assert violation.startswith("button-name")
