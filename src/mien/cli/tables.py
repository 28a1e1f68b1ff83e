"""Results on the terminal: one table per image, one row per face, one bar per label."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.cli.console import printable
from mien.emotions import UNSURE, colors_of
from mien.results import Face, FrameResult

if TYPE_CHECKING:
    from mien.inference.explain import Explanation

_LONGEST_GAP = 1.0  # seconds; a longer time between two frames counts for nobody


class People:
    """Adds up, for each person, the seconds that each label was displayed.

    A frame's label holds for the time since the frame before.
    """

    def __init__(self) -> None:
        self.seconds: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.frames = 0
        self.labels: tuple[str, ...] = ()
        self._time = 0.0

    def add(self, result: FrameResult) -> None:
        """Adds one frame."""
        elapsed = min(max(result.time - self._time, 0.0), _LONGEST_GAP)
        self._time = result.time
        self.frames += 1
        self.labels = result.labels
        for face in result.faces:
            if face.person is not None:
                self.seconds[face.person][face.emotion] += elapsed


_PARTS = " ▏▎▍▌▋▊▉█"  # a cell in eighths
_NUMBER = 4  # columns of a percentage
_PLACE = 22  # columns before the labels

console = Console(highlight=False)


def print_result(result: FrameResult) -> None:
    """Prints one image's faces, or that there are none."""
    title = Text(printable(result.source, console), style="bold")
    if not result.faces:
        console.print(title.append(": no face detected.", style="not bold"), soft_wrap=True)
        return
    count = f"{len(result.faces)} face{'s' if len(result.faces) > 1 else ''}"
    about = f": {result.width} x {result.height} pixels, {count}; probabilities in %"
    console.print(title.append(about, style="not bold"), soft_wrap=True)
    console.print(faces_table(result))


def print_limitations() -> None:
    """Prints what a result does not say."""
    console.print("Mien labels visible expressions, not feelings.", style="dim")


def print_people(source: str, people: People) -> None:
    """Prints for how long each person of a video was in view, and with which expressions."""
    title = Text(printable(source, console), style="bold")
    if not people.seconds:
        about = f": {people.frames} frames; no face detected."
        console.print(title.append(about, style="not bold"), soft_wrap=True)
        return
    about = f": {people.frames} frames; share of time with each expression, in %"
    console.print(title.append(about, style="not bold"), soft_wrap=True)
    colors = colors_of(people.labels)
    labels = tuple(colors) if _some_unsure(people) else people.labels
    table = _empty_table(("person", "seconds", *labels))
    for person, seconds in sorted(people.seconds.items()):
        total = sum(seconds.values())
        bars = (
            _bar(seconds[name] / total if total else 0, colors[name], _cells(labels))
            for name in labels
        )
        table.add_row(f"{person}", f"{total:.1f}", *bars)
    console.print(table)


def print_json(record: dict[str, object]) -> None:
    """Prints one object of JSON Lines."""
    # ASCII alone: a file name need not be valid Unicode, and no terminal can garble it.
    typer.echo(json.dumps(record))


def print_explanations(explanations: "Sequence[Explanation]") -> None:
    """Prints, for each face, which parts speak for its label and which labels' faces it is like."""
    for number, explanation in enumerate(explanations, 1):
        regions = ", ".join(f"{name} {share:.0%}" for name, share in explanation.regions.items())
        nearest = sorted(explanation.alike, key=lambda label: -explanation.alike[label])[:2]
        alike = f"; most like the faces of {' and '.join(nearest)}" if nearest else ""
        console.print(f"{number} {explanation.label}: {regions}{alike}", soft_wrap=True)


def faces_table(result: FrameResult) -> Table:
    """Returns a table with one row per face: its place, its label, and a bar per label."""
    colors, cells = colors_of(result.labels), _cells(result.labels)
    table = _empty_table(("", "at x, y", "face", *result.labels))
    for number, face in enumerate(result.faces, 1):
        values = zip(result.labels, face.displayed, strict=True)
        bars = (_bar(value, colors[name], cells) for name, value in values)
        label = Text(face.emotion, style=colors[face.emotion])
        table.add_row(f"{face.person or number}", _center(face), label, *bars)
    return table


def _center(face: Face) -> str:
    return f"{face.box.x + face.box.width / 2:.0f},{face.box.y + face.box.height / 2:.0f}"


def _empty_table(columns: tuple[str, ...]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    for name in columns:
        table.add_column(name, no_wrap=True)
    return table


def _cells(labels: Sequence[str]) -> int:
    """Returns the length of the bars that fit the terminal; 0 if only the numbers fit."""
    for cells in range(10, 0, -1):
        columns = (max(len(label), cells + _NUMBER) + 1 for label in labels)
        if _PLACE + sum(columns) <= console.width:
            return cells
    return 0


def _some_unsure(people: People) -> bool:
    return any(UNSURE in seconds for seconds in people.seconds.values())


def _bar(value: float, color: str, cells: int) -> Text:
    if console.options.ascii_only:
        bar = "#" * round(value * cells)
    else:
        full, part = divmod(round(value * cells * 8), 8)
        bar = _PARTS[8] * full + _PARTS[part]
    style = "bold" if value >= 0.5 else ""
    return Text.assemble((bar[:cells].ljust(cells), color), (f" {100 * value:3.0f}", style))
