"""Clocks."""

from reliability.crash.plan import Job


def plan_jumps(*_: object) -> list[Job]:
    return []
