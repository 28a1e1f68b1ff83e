"""The soak: a small one passes, and each planted fault is found."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reliability.soak.checks import check_deleted
from reliability.soak.ledger import (
    FeedbackRecord,
    Ledger,
    MarkerRecord,
    PersonRecord,
    ProfileRecord,
    SessionRecord,
    make_secret,
)
from reliability.soak.register import Register, intend
from reliability.soak.report import draw, to_dict
from reliability.soak.run import Settings, soak
from reliability.soak.samples import MIB, Sample, find_growth
from reliability.soak.server import find_tracebacks
from reliability.soak.stored import compare
from starlette.testclient import TestClient

from mien.server.models import AS_SERVED
from mien.server.store import Store
from tests.server.conftest import open_client
from tests.server.conftest import settings as settings  # noqa: PLC0414 - a fixture
from tests.server.store.new_frames import NEUTRAL
from tests.server.store.studio import open_studio


@pytest.mark.slow
def test_a_small_soak_passes(tmp_path: Path) -> None:
    result = soak(Settings(requests=150, clients=4, minutes=3), tmp_path, lambda _: None)
    assert [it for it in result.checks if not it.passed] == []
    assert result.tally.total >= 150
    assert to_dict(result)["passed"] is True


def test_memory_that_grows_is_not_flat() -> None:
    warm = [100.0 * MIB] * 20 + [200.0 * MIB] * 180
    assert find_growth(warm, 20 * MIB) == ""
    leaking = [(200 + number / 2) * MIB for number in range(200)]
    assert find_growth(leaking, 20 * MIB) != ""


def test_a_write_that_overlaps_leaves_both_values_possible() -> None:
    register = Register.of("a")
    with intend((register, "b")) as first, intend((register, "c")) as second:
        first.settle(200)
        second.settle(200)
    assert register.allows("b")
    assert register.allows("c")
    with intend((register, "d")) as alone:
        alone.settle(200)
    assert register.is_surely("d")


def test_a_write_without_an_answer_may_be_stored_at_any_later_time() -> None:
    register = Register.of("a")
    with intend((register, "b")):
        pass
    with intend((register, "c")) as later:
        later.settle(200)
    assert [value for value in "abc" if register.allows(value)] == ["b", "c"]


def test_a_refused_write_changes_nothing() -> None:
    register = Register.of("a")
    for status in (404, 409, 503, 507):
        with intend((register, "b")) as intent:
            intent.settle(status)
    assert register.is_surely("a")


@pytest.fixture
def studio(tmp_path: Path, tiny_model: Path) -> Iterator[TestClient]:
    with open_studio(tmp_path / "studio", tiny_model) as client:
        yield client


@pytest.fixture
def store(studio: TestClient) -> Store:
    found: Store = studio.app.state.store  # type: ignore[attr-defined]
    return found


@pytest.fixture
def acknowledged(studio: TestClient) -> Ledger:
    """What a server of one session acknowledged: a frame, a name, a marker."""
    labels = studio.app.state.engine.models.get(AS_SERVED).classifier.card.labels  # type: ignore[attr-defined]
    face = {"box": [1, 2, 3, 4], "probabilities": dict(zip(labels, NEUTRAL, strict=True))}
    frame = {"frame": 3, "time": 0.3, "width": 64, "height": 48, "faces": [face | {"person": 1}]}
    studio.post("/v1/sessions", json={"name": "Monday", "kind": "live"})
    studio.post("/v1/sessions/1/frames", json={"frames": [frame]})
    studio.patch("/v1/sessions/1/people/1", json={"name": "Ada"})
    studio.post("/v1/sessions/1/marks", json={"time": 1.5, "name": "stimulus"})
    session = SessionRecord(
        *(1, 0, "live", Register.of("Monday")),
        frames={3: 0.3},
        attempted={3},
        people={1: PersonRecord(Register.of("Ada"))},
        markers={1: MarkerRecord(Register.of((1.5, "stimulus")))},
        marker_names={"stimulus"},
    )
    return Ledger(sessions={1: session})


def test_what_is_stored_as_acknowledged_is_no_problem(
    studio: TestClient, acknowledged: Ledger
) -> None:
    assert list(compare(acknowledged, studio)) == []


FAULTS: dict[str, Callable[[Store], object]] = {
    "session 1: lost": lambda store: store.sessions.delete(1),
    "session 1: name is 'Tuesday'": lambda store: store.sessions.change(1, name="Tuesday"),
    "session 1, person 1: name is 'Ben'": lambda store: store.people.rename(1, 1, "Ben"),
    "session 1, marker 1: lost": lambda store: store.markers.delete(1, 1),
    "session 1, marker 1: is (1.5, 'x')": lambda store: store.markers.change(1, 1, {"name": "x"}),
    "session 1: frames [3] lost": lambda store: run(store, "UPDATE faces SET frame = 4"),
    "session 1: nobody sent the frames [4]": lambda store: run(store, "UPDATE faces SET frame = 4"),
    "session 1: frame 3 is at 9.0 s": lambda store: run(store, "UPDATE faces SET time = 9"),
}


def run(store: Store, sql: str) -> None:
    with store.database.transaction() as write:
        write.execute(sql)


@pytest.mark.parametrize("problem", FAULTS)
def test_a_planted_loss_is_found(
    studio: TestClient, store: Store, acknowledged: Ledger, problem: str
) -> None:
    FAULTS[problem](store)
    assert [it for it in compare(acknowledged, studio) if it.startswith(problem)] != []


def test_a_session_that_was_deleted_and_is_there_is_found(
    studio: TestClient, acknowledged: Ledger
) -> None:
    acknowledged.sessions[1].exists = Register.of(False)
    assert "session 1: is there again" in list(compare(acknowledged, studio))


@pytest.mark.slow
def test_lost_profiles_and_feedback_are_found(settings: object) -> None:
    ledger = Ledger(
        profiles={"Ada": ProfileRecord("Ada")}, feedback={7: FeedbackRecord(7, "happy", None)}
    )
    with open_client(settings) as client:  # type: ignore[arg-type]
        assert list(compare(ledger, client)) == ["profile Ada: lost", "feedback 7: lost"]


def test_what_a_deleted_session_leaves_is_found(tmp_path: Path) -> None:
    secret = make_secret(random.Random(1))
    session = SessionRecord(1, 0, "live", Register.of(secret), secrets={secret})
    tmp_path.joinpath("studio.sqlite").write_bytes(b"\0\0" + secret.encode() + b"\0")
    assert check_deleted("deleted", Ledger(sessions={1: session}), tmp_path).passed
    session.exists = Register.of(False)
    assert not check_deleted("deleted", Ledger(sessions={1: session}), tmp_path).passed


def test_a_traceback_is_told_by_its_place() -> None:
    try:
        Path("/nowhere/at/all").read_text()
    except OSError:
        import traceback  # noqa: PLC0415

        text = traceback.format_exc()
    (key,) = find_tracebacks(f"WARNING: nothing\n{text}")
    assert key.endswith("FileNotFoundError: [Errno 2] No such file or directory: '/nowhere/at/all'")
    assert find_tracebacks("WARNING: nothing\n") == {}


@pytest.mark.slow
def test_the_plot_of_an_hour_is_small(tmp_path: Path) -> None:
    samples = [
        Sample(float(at), at, (300 + at % 7) * MIB, 20 + at % 3, 30, 0, 0, at * MIB, 0, 0.01, 0.2)
        for at in range(3600)
    ]
    draw(samples, tmp_path / "soak.svg")
    assert 5_000 < tmp_path.joinpath("soak.svg").stat().st_size < 150_000
