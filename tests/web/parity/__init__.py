"""The same images through Python and through a browser: which images, and how results compare."""
