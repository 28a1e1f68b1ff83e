"""What a profile may be called."""

import re
import unicodedata

from mien.errors import ProfileError

NAME = r"^\w[\w .'-]{0,63}$"
"""What a name looks like."""


def same_name(given: str) -> str:
    """Returns a name as it is stored: one and the same however its letters were typed."""
    return unicodedata.normalize("NFC", given)


def check_name(given: str) -> str:
    """Returns what a new profile is called, as it is stored.

    Raises:
        ProfileError: it is no name.
    """
    name = same_name(given)
    if not re.fullmatch(NAME, name):
        raise ProfileError(
            f"{given[:80]!r}: a profile's name has 1 to 64 letters, digits, spaces and . ' - _, "
            "and begins with a letter or digit."
        )
    return name
