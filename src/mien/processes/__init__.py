"""Worker processes, and how this process and they handle Ctrl-C."""
