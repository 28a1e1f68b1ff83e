import pytest


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer resamples: no test here looks at the limits of agreement."""
    monkeypatch.setattr("mien.study.design.results.DRAWS", 100)
