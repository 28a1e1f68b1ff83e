"""What a laboratory writes from records: tables, pages, folders, each in one go."""

import shutil
from collections.abc import Sequence

from reliability.crash.case import Case
from reliability.crash.inputs import MODEL, Inputs
from reliability.crash.place import Place, mien

_OLD = "out.csv"
_NEW_FOLDERS = ("study plan", "export-bids")
_EVENTS = "onset,duration,name,condition\n1.0,3.0,clip,calm\n8.0,3.0,clip,comedy\n"


def make_cases(inputs: Inputs) -> list[Case]:
    """The commands of a study, and those that export what is recorded."""
    table, page = ("out.csv", "out.codebook.csv"), ("out.html",)
    summary = (*table, "out.expressions.csv", "out.people.csv")
    no_baseline = ("--baseline", "none", "--by", "person")
    makers: list[tuple[str, str, Sequence[object], tuple[str, ...], tuple[str, ...]]] = [
        ("study", "baseline", ("baseline", "clip.csv", "--rest", "--out", _OLD), table, (_OLD,)),
        (
            *("study", "baseline as Parquet"),
            ("baseline", "clip.csv", "--rest", "--out", "out.parquet"),
            *(("out.parquet",), ()),
        ),
        (
            *("study", "summarize"),
            ("summarize", "clip.csv", *no_baseline, "--out", _OLD),
            *(summary, (_OLD,)),
        ),
        (
            *("study", "summarize as a page"),
            ("summarize", "clip.csv", *no_baseline, "--out", *page, "--figures", "figures"),
            *((*page, "figures"), page),
        ),
        ("study", "segments", ("segments", "clip.csv", "--out", "out.csv"), ("out.csv",), ()),
        ("study", "study plan", ("study", "plan", "clip.csv", "--out", "plan"), ("plan",), ()),
        (
            *("study", "events import"),
            ("events", "import", "marked.csv", "--records", "clip.csv"),
            *(("clip.events.csv",), ()),
        ),
        ("export", "report", ("report", "clip.csv", "--out", *page), page, page),
        (
            *("export", "export-bids"),
            ("export-bids", "clip.csv", "--task", "rest", "--out", "bids"),
            *(("bids",), ()),
        ),
        (
            *("export", "predict --records"),
            ("predict", inputs.video, "--model", MODEL, "--records", "out.parquet", "--force"),
            *(("out.parquet",), ("out.parquet",)),
        ),
    ]
    return [_make(inputs, *maker) for maker in makers]


def _make(
    inputs: Inputs,
    scenario: str,
    name: str,
    arguments: Sequence[object],
    outputs: tuple[str, ...],
    earlier: tuple[str, ...],
) -> Case:
    def prepare(place: Place) -> None:
        shutil.copy(inputs.records, place.work / "clip.csv")
        (place.work / "marked.csv").write_text(_EVENTS)

    return Case(
        scenario=scenario,
        name=name,
        command=lambda _: mien(*arguments),
        prepare=prepare,
        outputs=outputs,
        half=tuple({"figures"} & set(outputs)),
        earlier=earlier,
        refusal="exists already" if name in _NEW_FOLDERS else "",
    )
