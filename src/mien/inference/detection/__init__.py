"""Detects the faces in one frame: boxes, landmarks, scores."""
