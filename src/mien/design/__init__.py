"""The design system of every page that Mien makes: Studio, the report, the summary.

`tokens.css` holds all sizes, spaces, colours, shadows and durations; a page's own stylesheet uses
nothing else. `document.css` is what pages of one file share. The font is Inter, under the SIL Open
Font License (`inter-LICENSE.txt`). `docs/design-system.md` shows the
components.
"""

from base64 import b64encode
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


def design_files() -> dict[str, Traversable]:
    """Returns the files of the design system that a page loads, by name."""
    return {
        entry.name: entry
        for entry in files("mien.design").iterdir()
        if entry.name.endswith((".css", ".woff2"))
    }


@cache
def inline_style() -> str:
    """Returns the style of a page of one file: font, tokens and `document.css`, as CSS."""
    return inline_tokens() + design_files()["document.css"].read_text("utf-8")


@cache
def inline_tokens() -> str:
    """Returns the font and the tokens, as CSS of a page of one file.

    Latin letters alone are embedded (64 kB); letters of other scripts take the system's font.
    """
    found = design_files()
    font = b64encode(found["inter-latin.woff2"].read_bytes()).decode("ascii")
    face = (
        '@font-face{font-family:"Inter Variable";font-weight:100 900;'
        f"src:url(data:font/woff2;base64,{font}) format('woff2')}}\n"
    )
    return face + found["tokens.css"].read_text("utf-8")
