"""The chart of a target: figures, bounds, the way there, breaks and revisions.

It is drawn here as SVG, which is sharp on paper and there without JavaScript; the same data stand
beside it for the chart that can be pointed at (`static/chart.js`). Its text is the table below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import orjson
from markupsafe import Markup

from app.domain.kpi import Kind
from app.domain.number import shown
from app.web import formats
from app.web.arithmetic import figure_link
from app.web.targets_shown import figure_of, unit_of
from app.web.words import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.figure import Figure
    from app.domain.forecast import Forecast
    from app.ledger.scoreboard import Line, Point
    from app.web.page import Page

WIDTH, HEIGHT = 720, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 12, 32
_TICKS: Final = 5
_MOST_LABELS: Final = 12


@dataclass(frozen=True, slots=True)
class Mark:
    """A figure's point: where it is drawn, what it says, where it leads."""

    x: float
    y: float
    text: str
    href: str | None
    is_revised: bool


@dataclass(frozen=True, slots=True)
class Ahead:
    """A forecast: the area of its interval, its line, and what it says of the due period."""

    band: str
    line: str
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart's geometry, in the units of its view box, and its data as JSON."""

    path: str
    expected: str
    marks: tuple[Mark, ...]
    band: tuple[float, float] | None
    bounds: tuple[float, ...]
    rows: tuple[tuple[float, str], ...]
    columns: tuple[tuple[float, str], ...]
    breaks: tuple[tuple[float, str], ...]
    forecast: Ahead | None
    text: str
    data: Markup
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


def plot(
    page: Page, line: Line, points: Sequence[Point], forecast: Forecast | None = None
) -> Plot | None:
    """Draw a target's series; None where no figure and nothing expected is there to be drawn."""
    actuals = [point.verdict.actual if point.verdict else None for point in points]
    expected = [point.expected for point in points]
    goal = line.subject.target.goal
    bounds = [Fraction(bound) for bound in (goal.lower, goal.upper) if bound is not None]
    ahead = _Ahead.of(points, actuals, forecast)
    values = [
        value
        for value in (*actuals, *expected, *bounds, *ahead.lower, *ahead.upper)
        if value is not None
    ]
    if not points or all(value is None for value in actuals):
        return None
    low, high = _room(min(values), max(values))
    x, y = _across(len(points)), _upwards(low, high)
    return Plot(
        path=_path(actuals, x, y),
        expected=_path(expected, x, y),
        marks=tuple(_marks(page, line, points, x, y)),
        band=(y(bounds[1]), y(bounds[0])) if len(bounds) > 1 else None,
        bounds=tuple(y(bound) for bound in bounds),
        rows=tuple(_rows(line, low, high, y)),
        columns=tuple(_columns(points, x)),
        breaks=tuple(
            (x(place), formats.period(point.period, page.speak))
            for place, point in enumerate(points)
            if point.breaks is not None
        ),
        forecast=_drawn_ahead(page, line, forecast, ahead, x, y),
        text=page.speak(
            msg("Figures of {kpi} by period, with the target and what is expected"),
            kpi=page.name(line.subject.kpi),
        ),
        data=_data(page, line, points, bounds, ahead),
    )


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A forecast place by place, beginning at the newest figure; nothing where there is none."""

    value: list[Fraction | None]
    lower: list[Fraction | None]
    upper: list[Fraction | None]

    @classmethod
    def of(
        cls,
        points: Sequence[Point],
        actuals: Sequence[Fraction | None],
        forecast: Forecast | None,
    ) -> _Ahead:
        known = {one.period: one for one in forecast.points} if forecast else {}
        first = min((one.ordinal for one in known), default=0)
        begins = max(
            (
                place
                for place, (point, actual) in enumerate(zip(points, actuals, strict=True))
                if actual is not None and point.period.ordinal < first
            ),
            default=None,
        )
        rows: list[tuple[Fraction | None, ...]] = []
        for place, point in enumerate(points):
            one = known.get(point.period)
            start = actuals[place] if place == begins else None
            rows.append((one.value, one.lower, one.upper) if one else (start, start, start))
        value, lower, upper = (list(column) for column in zip(*rows, strict=True))
        return cls(value, lower, upper)

    @property
    def rows(self) -> list[tuple[Fraction | None, Fraction | None, Fraction | None]]:
        """The three of each place."""
        return list(zip(self.value, self.lower, self.upper, strict=True))


def _drawn_ahead(
    page: Page,
    line: Line,
    forecast: Forecast | None,
    ahead: _Ahead,
    x: Callable[[int], float],
    y: Callable[[Fraction], float],
) -> Ahead | None:
    there = [place for place, value in enumerate(ahead.value) if value is not None]
    if forecast is None or not there:
        return None
    edge = [(place, ahead.upper[place]) for place in there]
    edge += [(place, ahead.lower[place]) for place in reversed(there)]
    corners = [f"{x(place)} {y(value)}" for place, value in edge if value is not None]
    kpi, due = line.subject.kpi, forecast.due
    told = f"{figure_of(kpi, due.value)} ({figure_of(kpi, due.lower)}–{figure_of(kpi, due.upper)})"
    return Ahead(
        band=f"M{'L'.join(corners)}Z",
        line=_path(ahead.value, x, y),
        text=f"{formats.period(due.period, page.speak)}: {told} {unit_of(page, kpi)}".rstrip(),
    )


def _room(low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Leave room above and below; a chart that is near 0 begins there."""
    spread = (high - low) or abs(high) or Fraction(1)
    below = low - spread / 10
    if low >= 0 and (below < 0 or low < spread / 2):
        below = Fraction(0)
    return below, high + spread / 10


def _across(count: int) -> Callable[[int], float]:
    step = (WIDTH - _LEFT - _RIGHT - 24) / max(1, count - 1)
    return lambda place: round(_LEFT + 12 + place * step, 1)


def _upwards(low: Fraction, high: Fraction) -> Callable[[Fraction], float]:
    span, room = float(high - low), HEIGHT - _TOP - _BOTTOM
    return lambda value: round(HEIGHT - _BOTTOM - float(value - low) / span * room, 1)


def _path(
    values: Sequence[Fraction | None], x: Callable[[int], float], y: Callable[[Fraction], float]
) -> str:
    """Draw a line through what is there, with gaps where nothing is."""
    drawn, pen = [], "M"
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        drawn.append(f"{pen}{x(place)} {y(value)}")
        pen = "L"
    return "".join(drawn)


def _marks(
    page: Page,
    line: Line,
    points: Sequence[Point],
    x: Callable[[int], float],
    y: Callable[[Fraction], float],
) -> list[Mark]:
    kpi, found = line.subject.kpi, []
    for place, point in enumerate(points):
        verdict = point.verdict
        if verdict is None or verdict.actual is None:
            continue
        figure = _posted(line, point)
        href = None if figure is None else figure_link(page, kpi.code, figure)
        is_revised = figure is not None and figure.revision > 1
        told = f"{formats.period(point.period, page.speak)}: {figure_of(kpi, verdict.actual)}"
        text = f"{told} {unit_of(page, kpi)}".rstrip()
        if figure is not None and is_revised:
            text += " · " + page.speak(msg("revision {number}"), number=figure.revision)
        found.append(Mark(x(place), y(verdict.actual), text, href, is_revised))
    return found


def _rows(
    line: Line, low: Fraction, high: Fraction, y: Callable[[Fraction], float]
) -> list[tuple[float, str]]:
    """Return the scale: round numbers from bottom to top."""
    raw = (high - low) / _TICKS
    power = Fraction(10) ** (len(str(int(raw))) - 1 if raw >= 1 else -_leading_zeros(raw))
    step = next(power * by for by in (1, 2, 5, 10) if power * by >= raw)
    first = -(-low // step)
    ticks = [step * place for place in range(first, first + 2 * _TICKS + 1)]
    kpi = line.subject.kpi
    is_milestone = kpi.kind is Kind.MILESTONE

    def told(tick: Fraction) -> str:
        return figure_of(kpi, tick) if is_milestone else formats.bound_text(shown(tick))

    return [(y(tick), told(tick)) for tick in ticks if low <= tick <= high]


def _leading_zeros(value: Fraction) -> int:
    zeros = 0
    while value < 1:
        value, zeros = value * 10, zeros + 1
    return zeros


def _columns(points: Sequence[Point], x: Callable[[int], float]) -> list[tuple[float, str]]:
    every = -(-len(points) // _MOST_LABELS)
    return [
        (x(place), str(point.period)) for place, point in enumerate(points) if place % every == 0
    ]


def _data(
    page: Page,
    line: Line,
    points: Sequence[Point],
    bounds: Sequence[Fraction],
    ahead: _Ahead,
) -> Markup:
    """Return the same for the browser's chart: floats to draw, texts to be read."""
    kpi = line.subject.kpi
    history = [_posted(line, point) for point in points]
    actual = [_drawn(point.verdict.actual if point.verdict else None) for point in points]
    spoken = {
        "periods": [formats.period(point.period, page.speak) for point in points],
        "actual": actual,
        "expected": [_drawn(point.expected) for point in points],
        "actual_text": [
            figure_of(kpi, point.verdict.actual if point.verdict else None) for point in points
        ],
        "expected_text": [figure_of(kpi, point.expected) for point in points],
        "revised": [
            _drawn(point.verdict.actual)
            if figure and point.verdict and figure.revision > 1
            else None
            for figure, point in zip(history, points, strict=True)
        ],
        "revised_text": [
            page.speak(msg("revision {number}"), number=figure.revision) if figure else ""
            for figure in history
        ],
        "addresses": [figure and figure_link(page, kpi.code, figure) for figure in history],
        "forecast": [_drawn(value) for value in ahead.value],
        "forecast_lower": [_drawn(value) for value in ahead.lower],
        "forecast_upper": [_drawn(value) for value in ahead.upper],
        "forecast_text": [_told_ahead(line, *one) for one in ahead.rows],
        "breaks": [place for place, point in enumerate(points) if point.breaks is not None],
        "bounds": [_drawn(bound) for bound in bounds],
        "bounds_text": [figure_of(kpi, bound) for bound in bounds],
        "unit": unit_of(page, kpi),
        "labels": {
            "period": page.speak("period"),
            "actual": page.speak("figure"),
            "expected": page.speak("expected"),
            "target": page.speak("target"),
            "revised": page.speak("revised"),
            "forecast": page.speak(msg("forecast, 80% interval")),
        },
    }
    return _embedded(spoken)


def _told_ahead(
    line: Line, value: Fraction | None, lower: Fraction | None, upper: Fraction | None
) -> str:
    kpi = line.subject.kpi
    if value is None or lower == upper == value:
        return figure_of(kpi, value)
    return f"{figure_of(kpi, value)} ({figure_of(kpi, lower)}–{figure_of(kpi, upper)})"


def _posted(line: Line, point: Point) -> Figure | None:
    """Return the figure behind a point; None where several departments are added up."""
    counted = point.verdict.counted if point.verdict else None
    alone = len(line.subject.members) == 1
    return counted.parts[0].figures[-1] if counted is not None and alone else None


def _embedded(document: dict[str, Any]) -> Markup:
    """Write JSON that cannot end the element it stands in, whatever a unit or a name says."""
    text = orjson.dumps(document).decode()
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing that HTML would read is left in it


def _drawn(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
