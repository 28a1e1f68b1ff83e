"""What the page tells of one person besides the drawing: shares, transitions, moments."""

from html import escape

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.inference.records import LABELS
from mien.reporting.timeline import (
    Stretch,
    Timeline,
    Video,
    count_transitions,
    find_key_moments,
)


def clock(seconds: float) -> str:
    """Writes a time of a video: `0:07.5`, or `1:02:07.5` from an hour on."""
    sign = "-" if seconds < 0 else ""
    tenths = round(abs(seconds) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{sign}{start}:{rest // 10:02}.{rest % 10}"


def duration(seconds: float) -> str:
    """Writes how long something took: `7.5 s`, `2 min 7 s` or `1 h 2 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f}\u00a0s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def percent(share: float) -> str:
    """Writes a share of 1 in percent: `7.5 %`."""
    return f"{100 * share:.1f}\u00a0%"  # a space at which no line breaks


def count(number: int, one: str, many: str) -> str:
    """Writes `1 person` or `1,200 people`."""
    return f"{number:,} {one if number == 1 else many}"


def shown(name: str) -> str:
    """Escapes a name for HTML; what is no valid Unicode in it is written as a code."""
    return escape(name.encode("utf-8", "backslashreplace").decode())


Images = dict[tuple[int, int], str]
"""The data URI of a key moment's image, by the person's number and the record's row."""

_ORDER = (6, *range(6), 7)  # neutral first, as the drawing has it at its foot
_LONGEST_TABLE = 300  # stretches; more would make the page slow, and nobody reads them


def legend() -> str:
    """Returns the colours and their names."""
    names = "".join(f"<li>{_chip(label)}</li>" for label in _ORDER)
    return f"<ul class='legend' aria-label='Colours'>{names}</ul>"


def share_stack(one: Timeline) -> str:
    """Returns the shares of time as one bar, and the largest of them in words."""
    shares = _shares(one)
    parts = "".join(
        f"<span class='{LABELS[label]}' style='flex-grow:{shares[label]:.4f}'></span>"
        for label in _ORDER
        if shares[label]
    )
    largest = [label for label in np.argsort(-shares)[:3] if shares[label]]
    told = ", ".join(f"{LABELS[label]} {percent(shares[label])}" for label in largest)
    return f"<div class='stack' aria-hidden='true'>{parts}</div><span class='told'>{told}</span>"


def share_bars(one: Timeline) -> str:
    """Returns the shares of time, a bar a label, in percent and in seconds."""
    shares, seconds = _shares(one), one.label_seconds
    rows = "".join(
        _share_row(label, float(shares[label]), float(seconds[label])) for label in _ORDER
    )
    return f"<h4>Shares of time</h4><table class='bars'><tbody>{rows}</tbody></table>"


def _share_row(label: int, share: float, seconds: float) -> str:
    name, seen = LABELS[label], "some" if share else "none"
    return (
        f"<tr class='{seen}'><th scope='row'>{_chip(label)}</th>"
        f"<td class='bar'><span class='{name}' style='width:{100 * share:.2f}%'></span></td>"
        f"<td class='number'>{percent(share)}</td><td class='number'>{duration(seconds)}</td></tr>"
    )


def _shares(one: Timeline) -> NDArray[np.float64]:
    """Returns each label's share; where all is one frame, which takes no time, of the records."""
    seconds = one.label_seconds
    if not seconds.any():
        seconds = np.bincount(one.rows.label, minlength=len(LABELS)).astype(np.float64)
    shares: NDArray[np.float64] = seconds / seconds.sum()
    return shares


def transition_table(one: Timeline) -> str:
    """Returns how often each label followed another, for those that have a transition."""
    counts = count_transitions(one.stretches)
    used = [label for label in _ORDER if counts[label].any() or counts[:, label].any()]
    if not used:
        return "<h4>Transitions</h4><p>There was none.</p>"
    head = "".join(f"<th scope='col'>{LABELS[label]}</th>" for label in used)
    rows = "".join(
        f"<tr><th scope='row'>{_chip(label)}</th>"
        + "".join(_transition_cell(int(counts[label, after]), label == after) for after in used)
        + "</tr>"
        for label in used
    )
    return (
        f"<h4>Transitions <small>{counts.sum():,} in all; from the row to the column</small></h4>"
        "<div class='scroll' tabindex='0' role='region' aria-label='Transitions'>"
        f"<table class='transitions'><thead><tr><td></td>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _transition_cell(number: int, same: bool) -> str:
    if same:
        return "<td class='same'></td>"
    return f"<td>{number:,}</td>" if number else "<td class='none'>·</td>"


def moments(one: Timeline, video: Video, images: Images) -> str:
    """Returns the key moments: a button each, that goes there in the drawing."""
    cards = "".join(
        _moment(moment, video.start, images.get((one.person, moment.peak_row)))
        for moment in find_key_moments(one.stretches)
    )
    if not cards:
        return ""
    return f"<h4>Key moments</h4><ul class='moments'>{cards}</ul>"


def _moment(moment: Stretch, start: float, image: str | None) -> str:
    image = f"<img src='{image}' alt='' width='72' height='72'>" if image else ""
    return (
        f"<li><button type='button' data-time='{1000 * (moment.peak_time - start):.0f}'>{image}"
        f"<span>{_chip(moment.label)}<b>{clock(moment.peak_time)}</b> at {percent(moment.peak)}"
        f"<small>from {clock(moment.start)} to {clock(moment.end)}</small></span></button></li>"
    )


def stretch_table(one: Timeline) -> str:
    """Returns every stretch, or the longest ones where there are too many; folded."""
    longest = sorted(one.stretches, key=lambda it: it.start - it.end)[:_LONGEST_TABLE]
    rows = "".join(
        f"<tr><td>{clock(it.start)}</td><td>{clock(it.end)}</td><td>{_chip(it.label)}</td>"
        f"<td class='number'>{duration(it.end - it.start)}</td>"
        f"<td class='number'>{percent(it.peak) if it.label < len(EMOTIONS) else ''}</td></tr>"
        for it in sorted(longest, key=lambda it: it.start)
    )
    everything = len(longest) == len(one.stretches)
    which = "All" if everything else f"The {_LONGEST_TABLE} longest of"
    return (
        f"<details><summary>{which} {count(len(one.stretches), 'stretch', 'stretches')}</summary>"
        "<div class='scroll' tabindex='0' role='region' aria-label='Stretches'><table>"
        "<thead><tr><th scope='col'>From</th><th scope='col'>To</th><th scope='col'>Label</th>"
        "<th scope='col' class='number'>Long</th><th scope='col' class='number'>Peak</th></tr>"
        f"</thead><tbody>{rows}</tbody></table></div></details>"
    )


def _chip(label: int) -> str:
    name = LABELS[label]
    return f"<span class='chip'><i class='{name}'></i>{name}</span>"
