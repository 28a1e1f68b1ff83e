"""Plots over time: the course around an event, and people by time."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.emotions import colors_of
from mien.study.summary.course import Course, mean_of
from mien.study.summary.heat import draw_heat
from mien.study.summary.plot import PANEL_WIDTH, TOP, Plot, draw_legend, style_of, top_of
from mien.study.summary.summarize import Summary
from mien.study.summary.svg import Panel, Scale

_LEFT, _BOTTOM = 42, 148  # pixels: where the axes meet


def draw_courses(summary: Summary) -> Plot:
    """Draws the course around the event: a panel a label, a line and a band a condition."""
    courses = summary.courses
    high = top_of(np.stack([np.where(np.isnan(it.high), it.mean, it.high) for it in courses]))
    people = max(len(course.people) for course in courses)
    return Plot(
        "course",
        f"Expressions around '{summary.around}'",
        f"Mean over {people} people and the 95 % interval over persons; 0 is the event's onset.",
        tuple(_draw_label(courses, summary.labels, at, high) for at in range(len(summary.labels))),
        draw_legend([course.condition or "no condition" for course in courses]),
        "course",
    )


def _draw_label(
    courses: Sequence[Course], labels: tuple[str, ...], label: int, high: float
) -> Panel:
    own, times = colors_of(labels)[labels[label]], courses[0].times
    panel = Panel(labels[label], PANEL_WIDTH, 190, own)
    across = Scale(float(times[0]), float(times[-1]), _LEFT, PANEL_WIDTH - 10)
    upwards = Scale(0, high, _BOTTOM, TOP)
    panel.across(across, TOP, _BOTTOM, "seconds")
    panel.upwards(upwards, _LEFT, PANEL_WIDTH - 10)
    if times[0] <= 0 <= times[-1]:
        panel.line(across(0), TOP, across(0), _BOTTOM, "zero", 1.5)
    for place, course in enumerate(courses):
        style = (own, "") if len(courses) == 1 else style_of(place)
        _draw_course(panel, course, label, (across, upwards), style)
    return panel


def _draw_course(
    panel: Panel, course: Course, label: int, scales: tuple[Scale, Scale], style: tuple[str, str]
) -> None:
    (across, upwards), (color, dash) = scales, style
    xs = [across(time) for time in course.times]
    mean, low, high = (it[:, label] for it in (course.mean, course.low, course.high))
    for start, stop in _stretches(~np.isnan(low)):
        there = [(xs[at], upwards(high[at])) for at in range(start, stop)]
        back = [(xs[at], upwards(low[at])) for at in reversed(range(start, stop))]
        panel.area([*there, *back], color, 0.2)
    for start, stop in _stretches(~np.isnan(mean)):
        panel.curve([(xs[at], upwards(mean[at])) for at in range(start, stop)], color, 2, dash)


def draw_people(summary: Summary) -> Plot:
    """Draws people by time: a panel a label, a row a person."""
    colors = colors_of(summary.labels)
    course = summary.courses[0]
    people = tuple(dict.fromkeys(person for it in summary.courses for person in it.people))
    values = _stack(summary.courses, people)
    panels = [
        draw_heat(label, colors[label], course.times, people, values[:, :, at])
        for at, label in enumerate(summary.labels)
    ]
    when = f"around '{summary.around}'" if summary.around else "of the recordings"
    return Plot(
        "people",
        f"People by time {when}",
        "A row is a person, all conditions together. The fuller the colour, the more probable the "
        "expression, corrected; empty where nothing was usable.",
        tuple(panels),
        None,
        "people",
    )


def _stack(courses: Sequence[Course], people: Sequence[str]) -> NDArray[np.float64]:
    """Returns the mean of each person over conditions, float64 (P, T, L)."""
    rows = []
    for person in people:
        own = [it.values[it.people.index(person)] for it in courses if person in it.people]
        rows.append(mean_of(np.stack(own)))
    return np.stack(rows)


def _stretches(known: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yields the start and the stop of each stretch of what is known."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
