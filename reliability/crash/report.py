"""The counts of a run, as a table and as JSON."""

import json
from dataclasses import asdict, dataclass, field

from reliability.crash.outcome import Counts, Outcome

_HEADS = ("scenario", "disturbed", "resumed", "violations")


@dataclass
class Report:
    """What was done and what broke.

    Attributes:
        seed: of the plan.
        seconds: that it took.
        counts: by scenario.
        commands: how often each command or server was disturbed.
        skipped: what could not be done here, and why.
    """

    seed: int
    seconds: float = 0.0
    counts: dict[str, Counts] = field(default_factory=dict)
    commands: dict[str, int] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    @property
    def violations(self) -> list[str]:
        """All broken promises."""
        return [it for counts in self.counts.values() for it in counts.violations]

    @property
    def struck(self) -> int:
        """All disturbances."""
        return sum(counts.struck for counts in self.counts.values())

    def add(self, outcome: Outcome) -> None:
        """Adds an outcome."""
        self.counts.setdefault(outcome.scenario, Counts()).add(outcome)
        key = f"{outcome.scenario}: {outcome.name}"
        self.commands[key] = self.commands.get(key, 0) + outcome.struck

    def to_json(self) -> str:
        """Returns all of it."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def to_text(self) -> str:
        """Returns a table, then what was skipped, then the violations."""
        figures = {name: counts.figures() for name, counts in self.counts.items()}
        sums = [sum(column) for column in zip(*figures.values(), strict=True)]
        lines = [f"seed {self.seed}, {self.seconds / 60:.1f} minutes", _line(*_HEADS)]
        lines += [_line(name, *row) for name, row in figures.items()]
        lines.append(_line("in all", *sums))
        lines += [f"skipped: {it}" for it in self.skipped]
        return "\n".join([*lines, *self.violations])


def _line(name: str, *values: object) -> str:
    return f"{name:<18}" + "".join(f"{value:>11}" for value in values)
