"""Summaries of a study's recordings: what was usable, what was displayed, and what differed."""

from mien.study.summary.summarize import Summary, summarize

__all__ = ["Summary", "summarize"]
