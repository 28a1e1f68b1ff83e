"""Disks that fill or fail."""

from reliability.crash.plan import Job


def plan_faults(*_: object) -> list[Job]:
    return []
