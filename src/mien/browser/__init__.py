"""Mien in a browser: the files that a page needs, built from `web/`."""
