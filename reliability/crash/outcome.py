"""What came of one disturbance, and the counts of a scenario."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """What came of one start of a command or of a server.

    Attributes:
        scenario: the row of the table.
        name: of the command.
        struck: whether a running command was disturbed.
        resumed: disturbances of a run that has now ended as an undisturbed one does.
        violations: broken promises, a sentence each.
    """

    scenario: str
    name: str
    struck: bool = False
    resumed: int = 0
    violations: tuple[str, ...] = ()


@dataclass
class Counts:
    """The counts of one scenario."""

    struck: int = 0
    resumed: int = 0
    violations: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Adds an outcome."""
        self.struck += outcome.struck
        self.resumed += outcome.resumed
        self.violations += outcome.violations

    def figures(self) -> tuple[int, int, int]:
        """Returns the numbers of disturbances, of those resumed, and of violations."""
        return self.struck, self.resumed, len(self.violations)
