"""Searching a recipe's keys for what validates best; nothing here runs without torch."""
