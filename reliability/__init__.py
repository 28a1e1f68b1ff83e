"""Harnesses that attack Mien, run it for long, and kill it. They are no part of the package."""
