"""The same person keeps the same number through a video, and a smooth curve."""
