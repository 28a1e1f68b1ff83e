"""`python -m reliability.fuzz`: see the package. The exit status is 1 if any input failed."""

import argparse
import sys
from pathlib import Path

from reliability.fuzz.campaign import Options, Progress, Result, run, write_json
from reliability.fuzz.formats import FORMATS

_MINUTES = 3.0


def main() -> int:
    """Runs, and prints the counts and the failures."""
    given = _parse()
    if given.guided:
        from reliability.fuzz.guided import run_guided  # noqa: PLC0415 - atheris is optional

        return int(run_guided(given.only or (), 60 * (given.minutes or _MINUTES)))
    minutes = _MINUTES if given.minutes is None and given.inputs is None else given.minutes
    options = Options(
        seed=given.seed,
        inputs=given.inputs,
        seconds=None if minutes is None else 60 * minutes,
        only=given.only or (),
        workers=given.workers,
        keep=given.keep,
    )
    result = run(options, Progress())
    if given.json:
        write_json(result, given.json)
    _print(result)
    return int(result.failed)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m reliability.fuzz", description=__doc__)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, help=f"how long; {_MINUTES:g} by default")
    length.add_argument("--inputs", type=int, help="how many inputs instead")
    parser.add_argument("--seed", default="0", help="of the random numbers; 0 by default")
    parser.add_argument("--only", action="append", choices=list(FORMATS), metavar="FORMAT")
    parser.add_argument("--workers", type=int, default=2, help="processes; 2 by default")
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path("tests/reliability/regressions"),
        help="the folder that minimized failures go to",
    )
    parser.add_argument("--json", type=Path, help="a file for the counts")
    parser.add_argument("--guided", action="store_true", help="follow the coverage, by atheris")
    return parser.parse_args()


def _print(result: Result) -> None:
    for (form, kind, signature), finding in sorted(result.findings.items()):
        kept = f"; {finding.kept}" if finding.kept else ""
        alone = "" if finding.repeats in (None, True) else "; not with this input alone"
        print(f"{kind} of {form}, {finding.count} times: {signature}{kept}{alone}")


if __name__ == "__main__":
    sys.exit(main())
