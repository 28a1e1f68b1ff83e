"""From records to what a person reads: timelines, and one page that holds them."""

from mien.reporting.page import write_report

__all__ = ["write_report"]
