"""Small drawings in SVG: panels with axes, set side by side in a page or in one file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, log10

GAP = 16
"""Pixels between two panels of a file."""

_STYLE = (
    "text{font:12px system-ui,Helvetica,Arial,sans-serif;fill:#1d2026}"
    ".quiet{fill:#555c67}.title{font-weight:600}.end{text-anchor:end}.middle{text-anchor:middle}"
    ".grid{stroke:#d8dbe0}.zero{stroke:#8a919d}.ink{stroke:#1d2026}.inked{fill:#1d2026}"
)
"""Of files, in plain colours: programs for drawings know no variables. A page has its own."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from values to pixels.

    Attributes:
        low: the value at `start`.
        high: the value at `end`, above `low`.
        start: in pixels.
        end: in pixels; less than `start` for values that grow upwards.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Returns where a value is, in pixels."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """Round values from `low` to `high`, about four."""
        step = round_up((self.high - self.low) / 4)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def round_up(value: float) -> float:
    """Returns 1, 2, 2.5 or 5 times a power of ten that a value, above 0, does not exceed."""
    power = 10.0 ** floor(log10(value))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= value * 0.9999)


@dataclass(slots=True)
class Panel:
    """One drawing, to which shapes are added.

    Attributes:
        title: above it.
        width: in pixels, the title included.
        height: in pixels.
        color: of the title's mark; "" for none.
        shapes: SVG elements, the first at the bottom.
    """

    title: str
    width: float
    height: float
    color: str = ""
    shapes: list[str] = field(default_factory=list)

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str, width: float = 1) -> None:
        """Draws a straight line; `kind` is a class: "grid", "zero" or "ink"."""
        self.shapes.append(
            f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke-width="{width:g}"/>'
        )

    def text(self, x: float, y: float, text: str, kind: str = "quiet") -> None:
        """Writes a line; `kind` is "quiet" or empty, with "end" or "middle" for what `x` is."""
        self.shapes.append(f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>')

    def curve(
        self, points: Sequence[tuple[float, float]], color: str, width: float = 2, dash: str = ""
    ) -> None:
        """Draws a line through points."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.shapes.append(
            f'<path d="{_join(points)}" fill="none" stroke="{color}" stroke-width="{width:g}" '
            f'stroke-linejoin="round"{dashed}/>'
        )

    def area(self, points: Sequence[tuple[float, float]], color: str, opacity: float) -> None:
        """Fills what points enclose."""
        self.shapes.append(f'<path d="{_join(points)}z" fill="{color}" fill-opacity="{opacity}"/>')

    def dot(
        self, x: float, y: float, radius: float, color: str, opacity: float = 1, about: str = ""
    ) -> None:
        """Draws a dot; `about` is told where a pointer rests on it."""
        title = f"<title>{escape(about)}</title>" if about else ""
        self.shapes.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{color}" '
            f'fill-opacity="{opacity}">{title}</circle>'
        )

    def across(self, scale: Scale, top: float, bottom: float, unit: str = "") -> None:
        """Draws the axis of values that grow to the right."""
        for value in scale.ticks:
            self.line(scale(value), top, scale(value), bottom, "grid")
            self.text(scale(value), bottom + 15, _number(value), "quiet middle")
        if unit:
            self.text(scale.end, bottom + 29, unit, "quiet end")

    def upwards(self, scale: Scale, left: float, right: float) -> None:
        """Draws the axis of values that grow upwards."""
        for value in scale.ticks:
            self.line(left, scale(value), right, scale(value), "grid")
            self.text(left - 6, scale(value) + 4, _number(value), "quiet end")

    def to_group(self, x: float, y: float) -> str:
        """Returns its shapes, with the title, moved to a place."""
        mark = f'<rect width="10" height="10" rx="2" y="3" fill="{self.color}"/>'
        head = f'{mark if self.color else ""}<text class="title" x="{16 if self.color else 0}"'
        title = f'{head} y="12">{escape(self.title)}</text>' if self.title else ""
        return f'<g transform="translate({x:g} {y:g})">{title}{"".join(self.shapes)}</g>'

    def to_svg(self) -> str:
        """Returns it as an element of a page, for readers that see it."""
        return (
            f'<svg class="panel" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'aria-hidden="true">{self.to_group(0, 0)}</svg>'
        )


def compose(panels: Sequence[Panel], title: str, legend: Panel | None, columns: int) -> str:
    """Returns a file of panels, set in rows, with white behind them.

    Args:
        panels: all of one size, one at least.
        title: for readers that do not see it.
        legend: below the panels.
        columns: panels a row, at most.
    """
    columns = min(columns, len(panels))
    wide, high = panels[0].width + GAP, panels[0].height + GAP
    rows = ceil(len(panels) / columns)
    width, height = columns * wide + GAP, rows * high + GAP + (legend.height if legend else 0)
    groups = [
        panel.to_group(GAP + at % columns * wide, GAP + at // columns * high)
        for at, panel in enumerate(panels)
    ]
    if legend:
        width = max(width, legend.width + 2 * GAP)
        groups.append(legend.to_group(GAP, GAP + rows * high))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img"><title>{escape(title)}</title>'
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(groups)}</svg>\n"
    )


def _join(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.6g}".replace("-", "\u2212")
