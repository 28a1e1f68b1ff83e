"""Processes that help with the work, and how Ctrl-C meets them."""
