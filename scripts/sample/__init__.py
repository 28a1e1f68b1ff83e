"""Draws the people of Studio's sample: heads made of solids, lit and animated by formulas."""
