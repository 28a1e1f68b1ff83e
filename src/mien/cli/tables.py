"""Results on the terminal: a table an image, a row a face, a bar an emotion."""

import json
from collections import defaultdict

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.cli.console import printable
from mien.emotions import COLORS, EMOTIONS, UNSURE
from mien.results import Face, FrameResult

_LONGEST_GAP = 1.0  # seconds; more between two frames is an outage, and nobody was seen in it


class People:
    """Adds up, for each person, the seconds that each label was shown.

    A frame's label holds for the time since the frame before.
    """

    def __init__(self) -> None:
        self.seconds: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.frames = 0
        self._time = 0.0

    def add(self, result: FrameResult) -> None:
        """Adds one frame."""
        elapsed = min(max(result.time - self._time, 0.0), _LONGEST_GAP)
        self._time = result.time
        self.frames += 1
        for face in result.faces:
            if face.person is not None:
                self.seconds[face.person][face.emotion] += elapsed


_PARTS = " ▏▎▍▌▋▊▉█"  # a cell in eighths

console = Console(highlight=False)


def print_result(result: FrameResult) -> None:
    """Prints one image's faces; says so where there is none."""
    title = Text(printable(result.source, console), style="bold")
    if not result.faces:
        console.print(title.append(": no face was found.", style="not bold"), soft_wrap=True)
        return
    count = f"{len(result.faces)} face{'s' if len(result.faces) > 1 else ''}"
    about = f": {result.width} x {result.height} pixels, {count}; probabilities in %"
    console.print(title.append(about, style="not bold"), soft_wrap=True)
    console.print(faces_table(result.faces))


def print_note() -> None:
    """Prints what a result is not."""
    console.print(
        "This names the expression that is visible, not what a person feels.", style="dim"
    )


def print_people(source: str, people: People) -> None:
    """Prints how long each person of a moving source was seen, and with which expression."""
    title = Text(printable(source, console), style="bold")
    if not people.seconds:
        about = f": {people.frames} frames; no face was found."
        console.print(title.append(about, style="not bold"), soft_wrap=True)
        return
    about = f": {people.frames} frames; share of the time that each expression was shown, in %"
    console.print(title.append(about, style="not bold"), soft_wrap=True)
    labels = (*EMOTIONS, UNSURE) if _some_unsure(people) else EMOTIONS
    table = _empty_table(("person", "seconds", *labels))
    for person, seconds in sorted(people.seconds.items()):
        total = sum(seconds.values())
        bars = (_bar(name, seconds[name] / total if total else 0, _cells()) for name in labels)
        table.add_row(f"{person}", f"{total:.1f}", *bars)
    console.print(table)


def print_json(record: dict[str, object]) -> None:
    """Prints one object of JSON Lines."""
    # ASCII alone: a file name need not be valid Unicode, and no terminal can garble it.
    typer.echo(json.dumps(record))


def faces_table(faces: tuple[Face, ...]) -> Table:
    """Returns a table, a row a face: where it is, its label, and a bar an emotion."""
    table = _empty_table(("", "at x, y", "face", *EMOTIONS))
    for number, face in enumerate(faces, 1):
        bars = (
            _bar(name, value, _cells()) for name, value in zip(EMOTIONS, face.shown, strict=True)
        )
        middle = (face.box.x + face.box.width / 2, face.box.y + face.box.height / 2)
        at = ",".join(f"{value:.0f}" for value in middle)
        label = Text(face.emotion, style=COLORS[face.emotion])
        table.add_row(f"{face.person or number}", at, label, *bars)
    return table


def _empty_table(columns: tuple[str, ...]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    for name in columns:
        table.add_column(name, no_wrap=True)
    return table


def _cells() -> int:
    """Returns the length of a bar that suits the terminal; 3 fill 80 columns."""
    return min(max((console.width - 22) // len(EMOTIONS) - 5, 3), 10)


def _some_unsure(people: People) -> bool:
    return any(UNSURE in seconds for seconds in people.seconds.values())


def _bar(name: str, value: float, cells: int) -> Text:
    if console.options.ascii_only:
        bar = "#" * round(value * cells)
    else:
        full, part = divmod(round(value * cells * 8), 8)
        bar = _PARTS[8] * full + _PARTS[part]
    style = "bold" if value >= 0.5 else ""
    return Text.assemble((bar[:cells].ljust(cells), COLORS[name]), (f" {100 * value:3.0f}", style))
