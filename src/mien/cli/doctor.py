"""`mien doctor`: what this machine has, and what is missing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mien.storage.repair import Repair


def doctor(
    file: Annotated[
        Path | None,
        typer.Argument(help="With --repair: the database; without it, those in the data folder."),
    ] = None,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Save what is intact of damaged databases, in new files."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Prints versions, processor, codecs, cameras, models, extras and folders; times one face.

    With --repair it saves the intact rows of damaged databases instead. The damaged files stay
    beside the new ones, and it prints how many rows of each table were saved and lost.
    """
    if repair:
        _repair(file, as_json)
    elif file is not None:
        raise typer.BadParameter("name a file with --repair alone", param_hint="FILE")
    else:
        _examine(as_json)


def _examine(as_json: bool) -> None:
    from dataclasses import asdict

    from rich.console import Console

    from mien.cli.console import printable
    from mien.cli.tables import print_json
    from mien.doctor import examine

    checks = list(examine())
    failed = any(check.problem and check.needed for check in checks)
    if as_json:
        print_json({"ok": not failed, "checks": [asdict(check) for check in checks]})
        raise typer.Exit(int(failed))
    console, group = Console(soft_wrap=True), ""
    for check in checks:
        if check.group != group:
            group = check.group
            console.print(f"\n{group}" if check is not checks[0] else group, style="bold")
        mark, style = ("!", "yellow") if check.problem else ("✓", "green")
        text = f"{check.name:<20} {check.value}".rstrip()
        console.print(
            printable(f"  {mark} {text}", console), style=style, markup=False, highlight=False
        )
        if check.problem:
            console.print(
                f"      {printable(check.problem, console)}", markup=False, highlight=False
            )
    raise typer.Exit(int(failed))


def _repair(file: Path | None, as_json: bool) -> None:
    from mien.cli.tables import print_json

    repairs = [_repair_file(path) for path in ([file] if file else _databases())]
    if as_json:
        print_json({"databases": [_to_json(repair) for repair in repairs]})
        return
    if not repairs:
        typer.echo("There is no database in the data folder.")
    for repair in repairs:
        _print_repair(repair)


def _print_repair(repair: "Repair") -> None:
    if not repair.needed:
        typer.echo(f"{repair.file}: intact")
        return
    typer.echo(f"{repair.file}: repaired; the damaged file is now {repair.copy.name}")
    for table, saved in repair.saved.items():
        typer.echo(f"  {table:<14} {saved:>8} saved {repair.lost[table]:>8} lost")
    for note in repair.notes:
        typer.echo(f"  {note[:1].upper()}{note[1:]}")


def _databases() -> list[Path]:
    from mien.doctor import DATABASES
    from mien.folders import data_folder

    paths = [data_folder() / name for name in DATABASES]
    return [path for path in paths if path.is_file()]


def _repair_file(path: Path) -> "Repair":
    """Repairs a database of either kind, as its header says or, where that is damaged, its name."""
    from mien.personalization.repair import repair_profiles
    from mien.personalization.store import APPLICATION, FILE_NAME
    from mien.storage.repair import read_application

    stem = FILE_NAME.removesuffix(".sqlite")
    if read_application(path) == APPLICATION or path.name.startswith(stem):
        return repair_profiles(path)
    from mien.server.store.repair import repair_studio

    return repair_studio(path)


def _to_json(repair: "Repair") -> dict[str, object]:
    return {
        "file": str(repair.file),
        "repaired": repair.needed,
        "copy": str(repair.copy) if repair.needed else None,
        "saved": repair.saved,
        "lost": {table: repair.lost[table] for table in repair.saved},
        "notes": repair.notes,
    }
