"""Text of files that laboratories bring: their encodings, and the ways that they write times."""

import codecs
import re
from pathlib import Path

from mien.errors import StudyError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CLOCK = re.compile(r"(-?)(?:(\d{1,9}):)?(\d{1,2}):(\d{1,2}(?:[.,:]\d+)?)")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def read_text(path: Path) -> str:
    """Reads a file as UTF-8, or as UTF-16 where its first bytes say so.

    Raises:
        StudyError: it cannot be read, is empty, or has another encoding.
    """
    data = read_bytes(path)
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "")
    try:
        return data.decode(encoding or _guess(data))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise StudyError(
            f"is no {'UTF-16' if encoding == 'utf-16' else 'UTF-8'} (byte 0x{data[error.start]:02X}"
            f" in line {line}); it may be Windows-1252, as Excel writes CSV",
            subject=path,
            remedy="save it as UTF-8, in Excel as 'CSV UTF-8'",
        ) from None


def read_bytes(path: Path) -> bytes:
    """Reads a file that is not empty.

    Raises:
        StudyError: it cannot be read, or is empty.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StudyError(
            f"cannot be read ({error.strerror or error})", subject=path, remedy="check its path"
        ) from None
    if not data.strip(codecs.BOM_UTF8 + b"\xfe \t\r\n"):
        raise StudyError("is empty", subject=path, remedy="give a file with events")
    return data


def _guess(data: bytes) -> str:
    """Returns UTF-16 where every second byte is 0, as without a mark, or else UTF-8."""
    start = data[:400]
    if start[1::2].count(0) > len(start) // 4:
        return "utf-16-le"
    return "utf-16-be" if start[::2].count(0) > len(start) // 4 else "utf-8"


def parse_time(text: str) -> float | None:
    """Reads a number, or a time such as 00:01:02.500 as seconds; None if it is neither.

    Example:
        >>> parse_time("00:01:02.500")
        62.5
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    match = _CLOCK.fullmatch(text)
    if not match:
        return None
    sign, hours, minutes, seconds = match.groups()
    seconds = seconds.replace(",", ".").replace(":", ".")  # Datavyu writes 00:01:02:500
    whole = int(hours or 0) * 3600 + int(minutes) * 60
    return -(whole + float(seconds)) if sign else whole + float(seconds)
