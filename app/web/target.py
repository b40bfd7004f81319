"""One target: how it came to its verdict, what is still to come, and where all of it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.breaks import crossings
from app.domain.contribution import roll_up
from app.domain.course import Course
from app.domain.number import shown
from app.domain.required import required
from app.errors import NotFound
from app.ledger import forecasts, scoreboard
from app.ledger.overview import Row
from app.web import arithmetic, asked, formats, plot
from app.web.page import Here
from app.web.targets_shown import figure_of, goal_of, unit_of, worded
from app.web.words import msg
from app.wording.forecasts import basis_note, sentence

if TYPE_CHECKING:
    import datetime as dt
    from fractions import Fraction

    from app.domain.catalogue import Catalogue
    from app.domain.contribution import Contribution, RollUp
    from app.domain.period import Period
    from app.domain.required import Need
    from app.ledger.scoreboard import Line, Point
    from app.web.page import Page

router = APIRouter(include_in_schema=False)


@router.get("/targets/{plan}/{kpi}/{department}", name="target_page")
def target_page(page: Here, plan: str, kpi: str, department: str) -> Response:
    """Show a target as of a day, at a period."""
    day, period = asked.day(page, "as_of"), asked.period(page, "period")
    key = (plan, kpi, department)
    office = page.office
    with office.database.read() as connection:
        stored, seen = office.seen(connection, asked.end_of(day, page))
        if key not in stored.catalogue.targets:
            raise NotFound(f"there is no target {'/'.join(key)}")
        (line,) = scoreboard.lines(connection, stored, seen, [key], period)
        kept = forecasts.kept(connection, stored, key)
    foreseen = forecasts.foresee(office.forecaster, line.subject, kept, period)
    subject, verdict = line.subject, line.verdict
    points = scoreboard.series(subject, seen.today)
    return page.render(
        "target.html",
        key={"plan": plan, "kpi": kpi, "department": department},
        day=day,
        period=period,
        line=line,
        row=worded(page, Row(line, None, Course(subject)), since=seen.today),
        plan=subject.plan,
        kpi=subject.kpi,
        target=subject.target,
        verdict=verdict,
        expected=figure_of(subject.kpi, verdict.expected),
        periods=_choices(line, seen.today),
        chart=plot.plot(page, line, points, foreseen.forecast),
        forecast=sentence(page, foreseen),
        forecast_note=basis_note(page, foreseen),
        points=points,
        cell=lambda point: _cell(page, line, point),
        steps=arithmetic.steps(page, line),
        figures=arithmetic.figures(page, stored.catalogue.departments, line),
        required=_required(page, line),
        contributions=_contributions(page, stored.catalogue, line),
        crossings=[page.say(one.note) for one in crossings(subject, verdict)],
        versions=line.versions[::-1],
        goal=lambda target: goal_of(page, subject.kpi, target),
        missing=[stored.catalogue.departments[code] for code in _missing(line)],
    )


def _missing(line: Line) -> list[str]:
    counted = line.verdict.counted
    return list(counted.missing if counted else sorted(line.subject.members))


def _choices(line: Line, today: dt.date) -> list[Period]:
    """Return the plan's periods that have begun, the newest first."""
    return [one for one in line.subject.span if one.has_begun(today)][::-1]


def _cell(page: Page, line: Line, point: Point) -> dict[str, Any]:
    """Return one period of the series, as the table shows it."""
    kpi, target = line.subject.kpi, line.subject.target
    expected, verdict = figure_of(kpi, point.expected), point.verdict
    if verdict is None or verdict.counted is None:
        absent = dict.fromkeys(("figure", "actual", "ratio", "pace"), formats.ABSENT)
        return {**absent, "expected": expected, "status": None, "revision": None, "href": None}
    alone = len(line.subject.members) == 1
    posted = verdict.counted.parts[0].figures[-1] if alone else None
    return {
        "figure": figure_of(kpi, posted.amount.number(kpi.factor) if posted else None, target),
        "actual": figure_of(kpi, verdict.actual, target),
        "expected": expected,
        "ratio": formats.percent(verdict.ratio.value),
        "pace": formats.percent(verdict.pace.value),
        "status": verdict.status,
        "revision": posted.revision if posted else None,
        "href": arithmetic.figure_link(page, kpi.code, posted) if posted else None,
    }


_NEEDS = {
    (True, False): msg("at least {lower} {unit}"),
    (False, True): msg("at most {upper} {unit}"),
    (True, True): msg("{lower} to {upper} {unit}"),
}


def _required(page: Page, line: Line) -> dict[str, str | None]:
    """Say what the periods that are still to come must bring."""
    found = required(line.subject, line.verdict)

    def words(need: Need | None) -> str | None:
        if need is None:
            return None
        text = _NEEDS.get((need.lower is not None, need.upper is not None))
        kpi = line.subject.kpi
        bounds = {"lower": figure_of(kpi, need.lower), "upper": figure_of(kpi, need.upper)}
        return text and page.speak(text, unit=unit_of(page, kpi), **bounds).rstrip()

    return {
        "rule": page.say(found.rule),
        "total": words(found.total),
        "a_period": words(found.a_period) if found.periods > 1 else None,
        "periods": str(found.periods),
    }


def _contributions(page: Page, catalogue: Catalogue, line: Line) -> dict[str, Any] | None:
    """Return what each department brings to the figure, and what of the gap is its."""
    put = roll_up(line.subject, line.verdict, catalogue)
    if put is None:
        return None
    kpi = line.subject.kpi

    def told(one: Contribution) -> dict[str, Any]:
        return {
            "department": page.name(catalogue.departments[one.department]),
            "code": one.department,
            "period": formats.period(one.period, page.speak),
            "at": one.period,
            "value": figure_of(kpi, one.value),
            "weight": formats.plain(shown(one.weight)),
            "share": formats.percent(one.share),
            "contribution": _signed(line, one.contribution),
        }

    return {
        "rule": page.say(put.rule),
        "parts": [told(one) for one in _widest_first(put)],
        "gap": _signed(line, put.distance),
        "bound": _signed(line, put.bound) if put.bound else None,
    }


def _widest_first(put: RollUp) -> list[Contribution]:
    return sorted(put.parts, key=lambda one: one.contribution, reverse=True)


def _signed(line: Line, value: Fraction) -> str:
    # One digit more than the figures: what many departments bring is small.
    return formats.signed(value, line.subject.kpi.decimals + 1)
