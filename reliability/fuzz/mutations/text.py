"""Edits of text: lines, cells, words, JSON values, encodings."""

import json
import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

_WORDS = (
    *("", "0", "-1", "1e308", "-1e309", "nan", "inf", "-inf", "1.5", "1,5", "9" * 30, "9" * 5000),
    *("n/a", "None", "null", "true", "[]", "{}", '"', '""', "'", "=1+1", "@x", "\\", "../..", "/"),
    *("00:00:01.5", "99:99:99", "25:61:61,9", "-00:00:01", "1970-01-01T00:00:00Z", "é", "\ufeff"),
    *("\0", "\x1b", "\x85", "\u2028", "😀", "١٢", "a" * 300, "b" * 70_000, "\r", "\n", "\t", ";"),
    *("%s", "{0}", "http://127.0.0.9:17999/", "file:///dev/zero", "con", "\ud800"),
)
_JSON: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e308, 2**53, 2**63, 2**64, 10**400, "", "a", "\0", "\ud800"),
    *("x" * 300, [], {}, [[]], [None], {"": None}, float("nan"), float("inf"), "1", "happy"),
)
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_NEST = 3000


def mutate_text(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Edits a line, a cell, a word or the encoding of a text."""
    edit = rng.choice((_edit_lines, _edit_lines, _edit_cell, _edit_cell, _edit_words, _edit_words))
    if rng.random() < 0.05:
        return _encode(rng, data)
    other = _decode(rng.choice(others)) if others else ""
    return edit(rng, _decode(data), other).encode("utf-8", "surrogatepass")


def mutate_json(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Replaces, drops, repeats or nests a value of a JSON text; edits other text as text."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_text(rng, data, others)
    return to_json(edit_json(rng, value))


def mutate_json_lines(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Edits the JSON of one line."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    lines[at] = mutate_json(rng, lines[at], others)
    return b"\n".join(lines)


def to_json(value: Any) -> bytes:
    """Returns a value as JSON; letters that UTF-8 lacks are escaped."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def edit_json(rng: Random, value: Any) -> Any:
    """Returns a value with one of the values inside it changed."""
    places = list(_json_places(value))
    if not places or rng.random() < 0.02:
        return _json_word(rng, value)
    container, key = rng.choice(places)
    match rng.randrange(6):
        case 0:
            del container[key]
        case 1 if isinstance(container, dict):
            container[rng.choice(_WORDS)] = container[key]
        case 1:
            container.insert(key, container[key])
        case 2:
            container[key] = container[rng.choice(_keys(container))]
        case _:
            container[key] = _json_word(rng, container[key])
    return value


def _json_word(rng: Random, value: Any) -> Any:
    if isinstance(value, str) and rng.random() < 0.3:
        return _edit_words(rng, value, "")
    if isinstance(value, int | float) and rng.random() < 0.3:
        return rng.choice((-value, value + 1, value * 1000, value / 3 if abs(value) < 1e300 else 0))
    if rng.random() < 0.02:
        for _ in range(rng.choice((10, 900))):
            value = [value]
        return value
    word = rng.choice(_JSON)
    # Values may be edited later, and those of the table must not.
    return json.loads(json.dumps(word)) if isinstance(word, list | dict) else word


def _keys(container: Any) -> list[Any]:
    return list(container) if isinstance(container, dict) else list(range(len(container)))


def _json_places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Yields each value inside a value as the container that it is in, and its key."""
    if not isinstance(value, dict | list) or depth > 20:
        return
    for key in _keys(value):
        yield value, key
        yield from _json_places(value[key], depth + 1)


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _encode(rng: Random, data: bytes) -> bytes:
    encoding = rng.choice(("utf-16", "utf-16-le", "utf-8-sig", "latin-1", "utf-7", "utf-32"))
    return _decode(data).encode(encoding, "replace")


def _edit_lines(rng: Random, text: str, other: str) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    match rng.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines[at:at] = [lines[at]] * rng.choice((1, 2, 100))
        case 2:
            lines.insert(rng.randrange(len(lines)), lines.pop(at))
        case 3:
            lines.insert(at, rng.choice(other.split("\n")))
        case 4:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
        case 5:
            lines[at] = rng.choice(_WORDS)
    return "\n".join(lines)


def _edit_cell(rng: Random, text: str, _: str) -> str:
    """Replaces what stands between two delimiters."""
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    delimiter = max(",;\t:=", key=lines[at].count)
    cells = lines[at].split(delimiter)
    cells[rng.randrange(len(cells))] = rng.choice(_WORDS)
    lines[at] = delimiter.join(cells)
    return "\n".join(lines)


def _edit_words(rng: Random, text: str, other: str) -> str:
    words = _TOKEN.findall(text)
    if not words:
        return rng.choice(_WORDS)
    at = rng.randrange(len(words))
    match rng.randrange(5):
        case 0:
            del words[at]
        case 1:
            words[at:at] = [words[at]] * rng.choice((1, 3, _NEST))
        case 2:
            words[at] = rng.choice(_TOKEN.findall(other) or _WORDS)
        case 3:
            words[at] = rng.choice(words)
        case 4:
            words[at] = rng.choice(_WORDS)
    return "".join(words)
