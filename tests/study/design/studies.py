"""Records, and studies of them, for the tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mien.inference.records import open_records
from mien.results import FrameResult
from mien.study.design import StudyFolder, plan_study
from mien.study.design.candidates import find_candidates
from mien.study.design.plan import load_planned
from tests.reporting.rows import face

INTERVAL = 0.2


def save(
    path: Path,
    spans: Sequence[tuple[float, str | None]],
    *,
    name: str = "",
    conditions: str = "",
    top: float = 0.7,
) -> Path:
    """Records of one person: seconds and what they display; None: out of view.

    Args:
        name: of the person.
        conditions: rows of events, as `0,10,rest`.
        top: the probability of the displayed label.
    """
    labels = [label for seconds, label in spans for _ in range(round(seconds / INTERVAL))]
    with open_records(path) as records:
        for number, label in enumerate(labels):
            faces = () if label is None else (face(1, label, top),)
            time = round(number * INTERVAL, 6)
            records.write(FrameResult(f"{path.stem}.mp4", 640, 360, faces, number, time))
    if name:
        path.with_suffix(".people.csv").write_text(f"person,name\n1,{name}\n")
    if conditions:
        rows = "onset,duration,condition\n" + conditions
        path.with_suffix(".events.csv").write_text(rows)
    return path


def save_two(folder: Path) -> list[Path]:
    """Anna and Ben, 20 s in rest and 20 s in joy, in which they are happier."""
    spans = {
        "Anna": [(14, "neutral"), (6, "happy"), (6, "sad"), (14, "happy")],
        "Ben": [(10, "neutral"), (10, "happy"), (4, "neutral"), (16, "happy")],
    }
    conditions = "0,20,rest\n20,20,joy\n"
    return [
        save(folder / f"{name.lower()}.csv", own, name=name, conditions=conditions)
        for name, own in spans.items()
    ]


def plan_all(folder: Path) -> StudyFolder:
    """A study of `save_two` with all of its 40 stretches, each chosen for certain."""
    return plan_study(save_two(folder), folder / "study", minutes=1000)


def truths(study: StudyFolder) -> dict[int, str]:
    """Mien's most probable label of each stretch."""
    found = find_candidates(load_planned(study), study.options["seconds"])
    best = {
        (window.source, window.start): found.labels[row.argmax()]
        for window, row in zip(found.windows, found.predicted, strict=True)
    }
    return {it.id: best[it.source, it.start] for it in study.stretches}


def code_all(study: StudyFolder, coder: str, codes: Mapping[int, str]) -> None:
    """Writes a coder's codes, as `save_code` does one by one."""
    rows = "".join(f"{number},{code},\n" for number, code in codes.items())
    (study.path / "codes" / f"{coder}.csv").write_text(f"stretch,code,clock\n{rows}")
