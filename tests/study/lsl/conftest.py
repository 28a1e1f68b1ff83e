"""liblsl stays on this machine in these tests."""

import pytest

from tests.study.lsl.streams import configure


@pytest.fixture(scope="session", autouse=True)
def on_this_machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    configure(tmp_path_factory.mktemp("lsl"))
