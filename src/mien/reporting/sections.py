"""The parts of the page as HTML. All that comes from outside is escaped here."""

from mien.reporting.tables import (
    Pictures,
    legend,
    moments,
    share_bars,
    share_stack,
    stretch_table,
    transition_table,
)
from mien.reporting.timeline import Film, Timeline
from mien.reporting.words import clock, count, duration, shown


def film_section(number: int, film: Film, pictures: Pictures, heading: bool) -> str:
    """Returns all that the page tells of one source.

    Args:
        number: of the film, from 0.
        film: what to tell.
        pictures: of its key moments; empty where the film is not at hand.
        heading: whether the source's name stands above, as it does where there are several.
    """
    title = f"<h2>{shown(film.source)}</h2>" if heading else ""
    facts = (
        f"<p class='facts'>{duration(film.end - film.start)}, "
        f"{count(film.frames, 'frame', 'frames')}, "
        f"{count(len(film.people), 'person', 'people')}</p>"
    )
    if not film.people:
        nobody = "<p>Nobody with a number was seen, so there is no timeline.</p>"
        return f"<section class='film'>{title}{facts}{nobody}</section>"
    people = "".join(
        _person(number, position, person, film, pictures)
        for position, person in enumerate(film.people)
    )
    body = f"{title}{facts}{_summary(number, film)}{_tools(number)}{people}"
    return f"<section class='film' data-film='{number}'>{body}</section>"


def _tools(number: int) -> str:
    modes = "".join(
        f"<label><input type='radio' name='mode-{number}' value='{mode}'{checked}>{text}</label>"
        for mode, text, checked in (("smoothed", "Smoothed", " checked"), ("raw", "Raw", ""))
    )
    buttons = "".join(
        f"<button type='button' data-do='{action}' aria-label='{text}'>{sign}</button>"
        for action, text, sign in (
            ("out", "Zoom out", "−"),  # noqa: RUF001 - the sign, as wide as the plus
            ("in", "Zoom in", "+"),
            ("all", "Show the whole film", "All"),
        )
    )
    return (
        "<div class='tools'><div class='inner'>"
        f"<fieldset><legend class='aside'>Probabilities</legend>{modes}</fieldset>"
        f"<div role='group' aria-label='Zoom'>{buttons}</div>"
        "<input type='range' class='pan' aria-label='Part of the film that is shown' hidden>"
        f"<span class='clock'></span></div>{legend()}</div>"
    )


def _summary(number: int, film: Film) -> str:
    rows = "".join(
        f"<tr><th scope='row'><a href='#{_anchor(number, one)}'>Person {one.person}</a></th>"
        f"<td class='number'>{duration(one.visible)}</td><td>{share_stack(one)}</td></tr>"
        for one in film.people
    )
    return (
        "<table class='summary'><caption class='aside'>Everyone at a glance</caption>"
        "<thead><tr><th scope='col'>Who</th><th scope='col' class='number'>In view</th>"
        f"<th scope='col'>Shares of that time</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _person(number: int, position: int, one: Timeline, film: Film, pictures: Pictures) -> str:
    first, last = one.rows.time[0], one.rows.time[-1]
    anchor = _anchor(number, one)
    return (
        f"<section class='person' aria-labelledby='{anchor}'>"
        f"<h3 id='{anchor}'>Person {one.person} <small>{clock(first)} to {clock(last)}, "
        f"in view for {duration(one.visible)}</small></h3>"
        f"<div class='track' role='slider' tabindex='0' data-person='{position}' "
        f"aria-label='Time, person {one.person}'><canvas></canvas><i class='cursor'></i></div>"
        "<p class='readout'></p>"
        f"<div class='pair'><div>{share_bars(one)}</div><div>{transition_table(one)}</div></div>"
        f"{moments(one, film, pictures)}{stretch_table(one)}</section>"
    )


def _anchor(number: int, one: Timeline) -> str:
    return f"film-{number}-person-{one.person}"
