"""The harness of mutated inputs: planted failures are counted as what they are."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from reliability.fuzz.campaign import Options, Result, prepared, run, write_json
from reliability.fuzz.case import Input, Kind, Outcome
from reliability.fuzz.corpus import Corpus
from reliability.fuzz.formats import FORMATS
from reliability.fuzz.minimize import Budget, minimize
from reliability.fuzz.pool import Worker
from reliability.fuzz.worker import Task

from tests.reliability import planted

BAD = Input("bad.bin", planted.SEED + planted.BAD)
OPTIONS = Options(registry="tests.reliability.planted:FORMATS", deadline=60)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with prepared(OPTIONS) as plan, Worker(plan, OPTIONS.deadline) as worker:
        yield worker


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "kind", "signature"),
    [
        ("answer", Kind.ANSWER, ""),
        ("refuse", Kind.ERROR, ""),
        ("fail", Kind.TRACEBACK, "ValueError"),
        ("fail-in-thread", Kind.TRACEBACK, "ValueError"),
        ("swell", Kind.SWELL, "bin: answer"),
        ("hide-lack-of-memory", Kind.SWELL, "memory"),
        ("die", Kind.DEATH, "SIGSEGV"),
        ("connect", Kind.CONNECTION, "127.0.0.9"),
    ],
)
def test_each_outcome_is_counted_as_what_it_is(
    worker: Worker, target: str, kind: Kind, signature: str
) -> None:
    outcome = worker.run(Task(target, BAD))

    assert (outcome.kind, signature in outcome.signature) == (kind, True), outcome
    # Whatever it was, the next input is read.
    assert worker.run(Task("answer", BAD)).kind is Kind.ANSWER


@pytest.mark.slow
def test_a_hang_ends_at_the_deadline() -> None:
    with prepared(OPTIONS) as plan, Worker(plan, deadline=2) as worker:
        outcome = worker.run(Task("hang", BAD))

    assert outcome.kind is Kind.HANG
    assert outcome.signature == "over 2 s in reliability/planted.py:hang"


@pytest.mark.slow
def test_a_run_counts_minimizes_and_keeps_failures(tmp_path: Path) -> None:
    options = replace(OPTIONS, inputs=120, only=("fail", "answer"), keep=tmp_path / "kept")

    result = run(options)

    assert result.failed
    assert result.inputs == 120
    assert result.counts["answer"] == {Kind.ANSWER: 60}
    (finding,) = result.findings.values()
    assert finding.count == result.counts["fail"][Kind.TRACEBACK]
    assert Path(finding.kept).read_bytes() == planted.BAD  # all else was left out
    assert Path(finding.kept).parent == tmp_path / "kept" / "fail"
    write_json(result, tmp_path / "result.json")
    written = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert written["formats"]["answer"] == {"answer": 60}


def test_a_table_has_a_line_for_each_format() -> None:
    result = Result()
    result.add(Task("png", 0), Outcome(Kind.ANSWER, seconds=0.5))
    result.add(Task("png", 1), Outcome(Kind.HANG, "somewhere", seconds=30.0))

    head, png, whole = str(result).splitlines()

    assert head.split()[:4] == ["format", "inputs", "answer", "error"]
    assert png.split() == ["png", "2", "1", "0", "0", "1", "0", "0", "0", "30.00", "s"]
    assert whole.split()[:2] == ["all", "2"]


def test_the_same_seed_makes_the_same_inputs() -> None:
    corpus = Corpus(planted.seeds(), FORMATS["png"].mutations)
    inputs = [corpus.make(corpus.recipe("7", number)) for number in range(50)]

    assert inputs[0].data == planted.SEED
    assert inputs == [corpus.make(corpus.recipe("7", number)) for number in range(50)]
    assert inputs != [corpus.make(corpus.recipe("8", number)) for number in range(50)]


def test_minimization_keeps_the_outcome() -> None:
    corpus = Corpus(planted.seeds(), planted.FORMATS["fail"].mutations)

    def fails(given: Input) -> bool:
        return given.data.count(planted.BAD) >= 2

    recipes = (corpus.recipe("0", number) for number in range(1, 1000))
    recipe = next(it for it in recipes if fails(corpus.make(it)))

    smallest = minimize(corpus, recipe, fails, Budget(tries=5000))

    assert smallest.data == planted.BAD * 2


def test_minimization_ends_with_its_budget() -> None:
    corpus = Corpus(planted.seeds(), planted.FORMATS["fail"].mutations)
    tried: list[Input] = []

    def fails(given: Input) -> bool:
        tried.append(given)
        return True

    minimize(corpus, corpus.recipe("0", 1), fails, Budget(tries=3))

    assert len(tried) == 3


def seed_digests() -> str:
    return "\n".join(
        f"{name} {file} {sha256(content).hexdigest()}"
        for name, form in FORMATS.items()
        for file, content in form.seeds().items()
    )


@pytest.mark.slow
def test_seeds_are_the_same_in_every_process() -> None:
    code = "from tests.reliability.test_fuzz import seed_digests; print(seed_digests())"
    other = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert other.stdout.splitlines() == seed_digests().splitlines()


@pytest.mark.slow
def test_the_command_prints_counts_and_fails_where_an_input_fails(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reliability.fuzz", "--inputs", "8", "--only", "people"]
    ended = subprocess.run(
        [*command, "--keep", tmp_path, "--json", tmp_path / "a.json"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "people" in ended.stdout
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["inputs"] == 8
