"""Edits of any bytes: bits, numbers, ranges, splices."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Literal

_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 10**6, 2**31 - 1, 2**31, 2**32 - 1)
_WIDTHS = (1, 2, 4, 8)
_ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")
_LONGEST = 4096  # bytes that one edit adds or removes


def mutate_raw(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Applies one edit, without regard to the structure."""
    if not data:
        return rng.randbytes(rng.randrange(1, 64))
    if others and rng.random() < 0.1:
        return _splice(rng, data, others)
    return rng.choice(_EDITS)(rng, data)


def write_number(rng: Random, data: bytes, at: int) -> bytes:
    """Overwrites a number at an offset by one at the border of what numbers can be."""
    width, order = rng.choice(_WIDTHS), rng.choice(_ORDERS)
    number = rng.choice(_NUMBERS) if rng.random() < 0.8 else rng.getrandbits(64)
    content = (number & (1 << 8 * width) - 1).to_bytes(width, order)
    return data[:at] + content + data[at + width :]


def _flip(rng: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 32))):
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _set_bytes(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    content = rng.randbytes(rng.choice((1, 1, 2, 4, 16)))
    return data[:at] + content + data[at + len(content) :]


def _write_number(rng: Random, data: bytes) -> bytes:
    return write_number(rng, data, rng.randrange(len(data)))


def _range(rng: Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data))
    longest = min(len(data) - start, rng.choice((4, 64, _LONGEST)))
    return start, start + rng.randint(1, longest)


def _remove(rng: Random, data: bytes) -> bytes:
    start, end = _range(rng, data)
    return data[:start] + data[end:]


def _repeat(rng: Random, data: bytes) -> bytes:
    start, end = _range(rng, data)
    return data[:end] + data[start:end] * rng.choice((1, 1, 2, 10)) + data[end:]


def _insert(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.choice((1, 2, 4, 32))) + data[at:]


def _cut(rng: Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def _zero(rng: Random, data: bytes) -> bytes:
    start, end = _range(rng, data)
    return data[:start] + bytes(end - start) + data[end:]


_EDITS: tuple[Callable[[Random, bytes], bytes], ...] = (
    *(_flip, _set_bytes, _write_number, _remove, _repeat, _insert, _cut, _zero),
)


def _splice(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]
