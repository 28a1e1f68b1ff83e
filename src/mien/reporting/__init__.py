"""Turns records into timelines, and writes them as one HTML page."""

from mien.reporting.page import write_report

__all__ = ["write_report"]
