"""Corrections of one user, and the adapter of a model's probabilities that is learned from them."""
