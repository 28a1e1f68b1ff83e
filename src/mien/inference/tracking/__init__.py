"""The same person keeps the same number through a film, and a smooth curve."""
