"""Times, durations and shares as a person reads them."""


def clock(seconds: float) -> str:
    """Formats a time of a video: `0:07.5`, or `1:02:07.5` from an hour on."""
    sign = "-" if seconds < 0 else ""
    tenths = round(abs(seconds) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{sign}{start}:{rest // 10:02}.{rest % 10}"


def duration(seconds: float) -> str:
    """Formats how long something took: `7.5 s`, `2 min 7 s` or `1 h 2 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f}\u00a0s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def percent(share: float) -> str:
    """Formats a share of 1 in percent: `7.5 %`."""
    return f"{100 * share:.1f}\u00a0%"  # a space at which no line breaks


def count(number: int, singular: str, plural: str) -> str:
    """Formats a number of things: `1 person` or `1,200 people`."""
    return f"{number:,} {singular if number == 1 else plural}"


def valid_unicode(text: str) -> str:
    """Writes what is no valid Unicode in a file's name as a code."""
    return text.encode("utf-8", "backslashreplace").decode()
