"""The container file, as far as it can be checked without an engine."""

import json
import re
from pathlib import Path

import pytest

from mien.cli import main

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """Its instructions: each one's name, and what follows."""
    text = (ROOT / "Containerfile").read_text().replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def of(steps: list[tuple[str, str]], name: str) -> list[str]:
    return [rest for step, rest in steps if step == name]


def test_what_is_copied_is_there_and_not_ignored(steps: list[tuple[str, str]]) -> None:
    ignored = (ROOT / ".containerignore").read_text().splitlines()
    taken = [one for rest in of(steps, "COPY") if "--from" not in rest for one in rest.split()[:-1]]
    assert {"src", "locks"} <= set(taken)
    for name in taken:
        assert (ROOT / name).exists()
        assert f"!{name}" in ignored


def test_what_it_runs_is_a_command_that_asks_for_a_token(
    steps: list[tuple[str, str]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MIEN_TOKEN", raising=False)
    program, *arguments = json.loads(of(steps, "ENTRYPOINT")[-1])
    assert program == "mien"
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 1
    assert "so the server needs a token" in capsys.readouterr().err


def test_it_is_nobody_special_from_before_it_runs(steps: list[tuple[str, str]]) -> None:
    names = [name for name, _ in steps]
    (user,) = of(steps, "USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert "RUN" not in names[names.index("USER") :]
    assert of(steps, "VOLUME") == ["/data"]
    (variables,) = of(steps, "ENV")
    assert {"XDG_DATA_HOME=/data", "ORT_DISABLE_TELEMETRY=1"} <= set(variables.split())
