"""From a picture to faces and their expressions, on the base install alone."""
