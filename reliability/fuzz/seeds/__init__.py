"""Valid inputs of each format: name to content. They are the same each time they are made."""

from collections.abc import Mapping

Seeds = Mapping[str, bytes]
