"""Edits of bytes: of any, and of those whose structure is known.

A mutation takes a source of random numbers, the content of a file and contents of other files of
the same format. It returns another content; it must not fail on what earlier mutations made.
"""

from collections.abc import Callable, Sequence
from random import Random

Mutation = Callable[[Random, bytes, Sequence[bytes]], bytes]
