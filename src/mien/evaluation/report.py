"""A folder that says how good a model is: report.md, metrics.json and two images."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mien.data.duplicates import NEAR_COPY
from mien.evaluation.evaluate import Evaluation
from mien.evaluation.groups import Group
from mien.evaluation.metrics import INTERVAL_METHOD, Interval
from mien.evaluation.mistakes import write_mistakes
from mien.evaluation.plots import confusion_figure, reliability_figure
from mien.evaluation.reliability import BINS, reliability

_DPI = 150
_CAVEATS = {
    "trained": "The model was trained on these very faces: the figures tell how well it remembers "
    "them, not how good it is.",
    "calibrated": "The model's calibration was fitted on these very faces, and the model may have "
    "been chosen by them: these are validation figures, likely a little better than new faces "
    "would give.",
}
# What to say of a split where the model's card does not tell whether it saw these faces.
_SPLIT_CAVEATS = {
    "Training": "Training is the split that models learn from: for a model that did, the figures "
    "tell how well it remembers, not how good it is.",
    "PublicTest": "PublicTest is the split that models are chosen and calibrated by: these are "
    "validation figures.",
}


def write_report(evaluation: Evaluation, folder: Path, command: str) -> None:
    """Writes `report.md`, `metrics.json`, plots, and the mistakes as a table and a contact sheet.

    Args:
        evaluation: what to report.
        folder: where to; made if it is not there.
        command: the command line that leads to this report.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    title = f"{evaluation.card.name} on {evaluation.split}"
    confusion = confusion_figure(
        np.array(evaluation.metrics.confusion), evaluation.card.labels, title
    )
    confusion.savefig(folder / "confusion.png", dpi=_DPI)
    bins = reliability(evaluation.probabilities, evaluation.labels)
    reliability_figure(bins, title).savefig(folder / "reliability.png", dpi=_DPI)
    if evaluation.faces is not None:
        write_mistakes(evaluation.mistakes, evaluation.faces, folder)
    write_json([evaluation], folder / "metrics.json")
    (folder / "report.md").write_text(report_text(evaluation, command), encoding="utf-8")


def write_json(evaluations: Sequence[Evaluation], path: Path) -> None:
    """Writes all figures: of one evaluation as an object, of several as a list of objects."""
    objects = [evaluation.to_dict() for evaluation in evaluations]
    figures = objects[0] if len(objects) == 1 else objects
    text = json.dumps(figures, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def report_text(evaluation: Evaluation, command: str) -> str:
    """Returns the report as Markdown."""
    card = evaluation.card
    return "\n".join(
        [
            f"# {card.name} on {evaluation.split}",
            "",
            f"- Model: `{card.name}`, made by Mien {card.version}, temperature"
            f" {card.temperature:.3f}, trained on data `{card.data_fingerprint[:16]}`",
            f"- Data: `{evaluation.fingerprint[:16]}` (SHA-256 of its content), split"
            f" {evaluation.split}, {evaluation.metrics.n:,} faces",
            f"- Command: `{command}`",
            f"- Intervals: {INTERVAL_METHOD}. Calibration error: {BINS} equal-width bins of the"
            " top probability",
            f"- A copy: the same face in Training, or one that correlates by {NEAR_COPY} or more",
            "",
            *_caveats(evaluation),
            "| figure | value |",
            "| --- | --- |",
            *(f"| {name} | {value} |" for name, value in headline(evaluation)),
            "",
            *_emotion_table(evaluation),
            "",
            *_group_tables(evaluation),
            "![Confusion matrix](confusion.png)",
            "",
            "![Reliability diagram](reliability.png)",
            "",
            "![The surest mistakes](mistakes.png)",
            "",
            "All mistakes, with their files: `mistakes.csv`.",
            "",
            "Mien labels visible expressions, not feelings.",
            "",
        ]
    )


def _caveats(evaluation: Evaluation) -> list[str]:
    caveat = _CAVEATS.get(evaluation.saw_split) or _SPLIT_CAVEATS.get(evaluation.split)
    return [f"> {caveat}", ""] if caveat else []


def headline(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Returns the main figures, each with its name, as text."""
    metrics = evaluation.metrics
    low, high = metrics.ece_by_chance
    rows = [("accuracy (95 % interval)", _percent(metrics.accuracy, metrics.accuracy_interval))]
    if clean := metrics.without_copies:
        name = f"accuracy, {clean.n:,} faces with no copy in Training"
        rows.append((name, _percent(clean.accuracy, clean.accuracy_interval)))
    if people := evaluation.people:
        name = f"the same, interval over {people.people:,} people"
        rows.insert(1, (name, _percent(people.accuracy, people.accuracy_interval)))
    return [
        *rows,
        ("mean recall", f"{metrics.mean_recall:.3f}"),
        ("macro F1", f"{metrics.macro_f1:.3f}"),
        ("negative log-likelihood", f"{metrics.nll:.3f} nats"),
        ("expected calibration error", f"{metrics.ece:.2%} ({low:.2%} to {high:.2%} by chance)"),
        *_of_groups(evaluation),
    ]


def _of_groups(evaluation: Evaluation) -> list[tuple[str, str]]:
    rows = []
    if light := evaluation.light:
        shares = ", ".join(f"{third.accuracy:.1%}" for third in light.thirds)
        gap = f"{100 * light.gap:+.1f} points"
        rows.append(("accuracy from the darkest third to the lightest", f"{shares} ({gap})"))
    if taggers := evaluation.taggers:
        beside = f"{taggers.model:.3f} nats; the other half of the taggers {taggers.taggers:.3f}"
        rows.append(("log loss against half of the taggers", beside))
    return rows


def _emotion_table(evaluation: Evaluation) -> list[str]:
    return [
        "| label | precision | recall | F1 | faces |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {share(label.precision)} | {share(label.recall)} | {share(label.f1)}"
            f" | {label.support:,} |"
            for name, label in evaluation.metrics.per_emotion.items()
        ),
    ]


def _group_tables(evaluation: Evaluation) -> list[str]:
    lines = []
    for name, groups in evaluation.groups.items():
        lines += [f"| {_cell(name)} | faces | people | accuracy (95 % interval) |"]
        lines += ["| --- | --- | --- | --- |"]
        lines += [f"| {' | '.join(map(_cell, group_row(group)))} |" for group in groups]
        lines += [""]
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def group_row(group: Group) -> tuple[str, str, str, str]:
    """Returns what a table shows of a group: value, faces, people, accuracy with its interval."""
    people = "-" if group.people is None else f"{group.people:,}"
    accuracy = _percent(group.accuracy, group.accuracy_interval)
    return group.value or "(none)", f"{group.n:,}", people, accuracy


def share(value: float | None) -> str:
    """Writes a proportion with three digits; a dash where it is not defined."""
    return "-" if value is None else f"{value:.3f}"


def _percent(value: float, interval: Interval) -> str:
    return f"{value:.2%} ({interval[0]:.2%} to {interval[1]:.2%})"
