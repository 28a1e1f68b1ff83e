"""Results on the terminal: a table a picture, a row a face, a bar an emotion."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.cli.console import printable
from mien.emotions import COLORS, EMOTIONS
from mien.results import Face, FrameResult

_PARTS = " ▏▎▍▌▋▊▉█"  # a cell in eighths

console = Console(highlight=False)


def print_result(result: FrameResult) -> None:
    """Prints one picture's faces; says so where there is none."""
    title = Text(printable(result.source, console), style="bold")
    if not result.faces:
        console.print(title.append(": no face was found.", style="not bold"), soft_wrap=True)
        return
    count = f"{len(result.faces)} face{'s' if len(result.faces) > 1 else ''}"
    about = f": {result.width} x {result.height} pixels, {count}; probabilities in %"
    console.print(title.append(about, style="not bold"), soft_wrap=True)
    console.print(_table(result.faces))


def print_note() -> None:
    """Prints what a result is not."""
    console.print(
        "This names the expression that is visible, not what a person feels.", style="dim"
    )


def _table(faces: tuple[Face, ...]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    for name in ("", "at x, y", "face", *EMOTIONS):
        table.add_column(name, no_wrap=True)
    cells = min(max((console.width - 22) // len(EMOTIONS) - 5, 3), 10)  # 3 fill 80 columns
    for number, face in enumerate(faces, 1):
        bars = (
            _bar(name, value, cells)
            for name, value in zip(EMOTIONS, face.probabilities, strict=True)
        )
        middle = (face.box.x + face.box.width / 2, face.box.y + face.box.height / 2)
        at = ",".join(f"{value:.0f}" for value in middle)
        table.add_row(f"{number}", at, Text(face.emotion, style=COLORS[face.emotion]), *bars)
    return table


def _bar(name: str, value: float, cells: int) -> Text:
    if console.options.ascii_only:
        bar = "#" * round(value * cells)
    else:
        full, part = divmod(round(value * cells * 8), 8)
        bar = _PARTS[8] * full + _PARTS[part]
    style = "bold" if value >= 0.5 else ""
    return Text.assemble((bar[:cells].ljust(cells), COLORS[name]), (f" {100 * value:3.0f}", style))
