"""`mien doctor`: what this machine has, and what is missing."""

from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Prints versions, processor, codecs, cameras, models, extras and folders; times one face."""
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
