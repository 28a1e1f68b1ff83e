"""A session on the Lab Streaming Layer: the file of events, and what is missing."""

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mien.errors import StudyError
from mien.study.events import Event, read_events
from mien.study.lsl import LslSession
from mien.study.lsl.library import load_pylsl
from mien.study.lsl.session import EventFile
from tests.study.lsl.streams import CLOCK, LAYOUT, lsl, open_inlet, open_outlet, result, until


def test_a_missing_pylsl_is_one_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pylsl", None)
    with pytest.raises(StudyError, match=r"needs 'pylsl', which .* pip install 'mien\[lsl\]'"):
        LslSession(LAYOUT, "camera 0", 0.0)


def test_a_missing_liblsl_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pylsl.py").write_text("raise RuntimeError('no library')")
    monkeypatch.delitem(sys.modules, "pylsl", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(StudyError, match="finds no library liblsl; install liblsl"):
        load_pylsl()


def test_events_that_exist_already_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "talk.events.csv").write_text("onset\n1\n")
    with pytest.raises(StudyError, match=r"talk\.events\.csv: exists already; name other"):
        LslSession(LAYOUT, "camera 0", 0.0, tmp_path / "talk.csv")
    assert (tmp_path / "talk.events.csv").read_text() == "onset\n1\n"


def test_events_are_in_the_file_before_the_end_and_all_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "talk.events.csv"
    events = EventFile(path)
    events.save()
    assert not path.exists()
    events.add(Event(2.0, name="b"))
    events.save_now_and_then()
    assert [event.name for event in read_events(path)] == ["b"]
    events.add(Event(1.0, name='a, "first"\n'))
    events.save()
    assert [event.name for event in read_events(path)] == ['a, "first"\n', "b"]


def test_a_folder_that_is_gone_is_one_error(tmp_path: Path) -> None:
    events = EventFile(tmp_path / "gone" / "talk.events.csv")
    events.add(Event(2.0))
    with pytest.raises(StudyError, match=r"cannot be written .*another place"):
        events.save()


@pytest.mark.slow
def test_results_go_out_and_markers_come_in(tmp_path: Path) -> None:
    outlet: Any = open_outlet("Stimuli")
    told: list[str] = []
    start = time.monotonic()
    options: dict[str, Any] = {"notify": told.append, "markers": "Stimuli"}
    records = tmp_path / "talk.csv"
    with LslSession(LAYOUT, "camera 0", CLOCK - start, records, **options) as session:
        inlet = open_inlet("Mien")
        until(lambda: told)
        session.write(result(1, 0, 0.0))
        sample, stamp = inlet.pull_sample(timeout=20)
        assert len(sample) == session.channels == 16
        assert stamp == pytest.approx(start, abs=0.01)
        outlet.push_sample(["never"], float("nan"))
        sent = lsl().local_clock()
        outlet.push_sample(["tone"], sent)
        until(lambda: session.write(result(1, 1, 0.1)) or (tmp_path / "talk.events.csv").exists())
        outlet.push_sample(["last"], sent + 1)
        until(lambda: session._receiver and session._receiver._markers)
    tone, last = read_events(tmp_path / "talk.events.csv")
    assert (tone.name, last.name, tone.author) == ("tone", "last", "Stimuli")
    assert tone.onset == pytest.approx(sent - start, abs=0.05)
    assert [text for text in told if "'Stimuli' is left out" in text]
    assert last.onset - tone.onset == pytest.approx(1, abs=0.05)
