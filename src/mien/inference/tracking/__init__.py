"""Tracks persons through a video by a constant id, and smooths their probabilities."""
