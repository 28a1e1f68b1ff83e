"""`python -m mien`: the `mien` command, where it is not on the path."""

from mien.cli import main

main()
