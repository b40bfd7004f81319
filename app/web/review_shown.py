"""Figures as a reviewer looks at them: each beside what came before, was asked and was answered."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Final

from app.domain.attainment import assess
from app.domain.breaks import Source as BreakSource
from app.domain.breaks import breaks
from app.domain.kpi import Kind
from app.domain.period import Span
from app.ledger import reviewing, scoreboard
from app.web import formats
from app.web.targets_shown import figure_of, goal_of, unit_of
from app.wording import charts
from app.wording.remarks import named
from app.wording.words import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from app.domain.attainment import Status, Subject
    from app.domain.breaks import Break
    from app.domain.catalogue import Catalogue, TargetKey
    from app.domain.figure import Amount, Figure
    from app.domain.kpi import Kpi
    from app.domain.lifecycle import State
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.reviewing import Standing, Warned, Warnings
    from app.ledger.revisions import FigureKey
    from app.ledger.scoreboard import Moment
    from app.web.page import Page
    from app.wording.charts import Spark

_BREAKS: Final = {
    BreakSource.DEFINITION: msg("another definition since {period}"),
    BreakSource.OBSERVATION_STATUS: msg("break in series at {period}"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What figures are held against, read at once for all of them."""

    stored: StoredCatalogue
    seen: Moment
    years: Mapping[FigureKey, Sequence[Figure]]
    before: Mapping[FigureKey, Amount]
    warnings: Mapping[int, Warnings]
    subjects: Mapping[TargetKey, Subject]

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue at that moment."""
        return self.stored.catalogue


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure beside an earlier one: when that was, what it was, and by how much this differs.

    breaks: what keeps the two from being the same measure.
    """

    period: str
    was: str
    change: str
    share: str | None
    breaks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Led:
    """A target that the figure counts towards, and the status at the figure's period."""

    href: str
    plan: str
    goal: str
    status: Status


@dataclass(frozen=True, slots=True)
class Asking:
    """A warning, and what the reporter says to it."""

    text: str
    answer: str | None
    by: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, ready to be shown; texts in the page's language.

    choice: what the form says when it is chosen; None where whoever looks may not review it.
    """

    choice: str | None
    href: str
    kpi: str
    department: str
    period: str
    figure: str
    unit: str
    observation_status: str
    revision: int
    before: str | None
    last: Compared | None
    year: Compared | None
    spark: Spark | None
    targets: tuple[Led, ...]
    warnings: tuple[Asking, ...]
    note: str | None
    reason: str | None
    review: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """A submission, and its figures on this page.

    waiting: how many of its figures the list holds, on all pages.
    """

    number: int
    received: str
    by: str
    came_as: str
    waiting: int
    warnings: tuple[Asking, ...]
    rows: tuple[Row, ...]

    @property
    def can_be_chosen(self) -> bool:
        """Tell whether whoever looks may review any of it."""
        return any(row.choice for row in self.rows)


def evidence(
    connection: Connection, stored: StoredCatalogue, seen: Moment, rows: Sequence[Standing]
) -> Evidence:
    """Read what figures are held against."""
    targets = sorted({target for row in rows for target in targets_of(stored.catalogue, row.key)})
    found = scoreboard.subjects(connection, stored, targets, seen.position)
    lines: dict[int, set[int]] = {}
    for row in rows:
        lines.setdefault(row.figure.submission, set()).add(row.row)
    revised = {row.key: row.figure.revision for row in rows}
    return Evidence(
        stored=stored,
        seen=seen,
        years=reviewing.year_before(connection, stored, revised, seen.position),
        before=reviewing.before(connection, stored, revised),
        warnings=reviewing.warnings(connection, lines, seen.position) if lines else {},
        subjects=dict(zip(targets, found, strict=True)),
    )


def targets_of(catalogue: Catalogue, key: FigureKey) -> list[TargetKey]:
    """Return, per plan around a figure's period, the nearest target that it counts towards."""
    kpi, department, period = key
    found: dict[str, TargetKey] = {}
    for above in catalogue.upwards(department):
        for code, plan in catalogue.plans.items():
            target = (code, kpi, above)
            if code in found or target not in catalogue.targets:
                continue
            span = Span.of_plan(plan.start, plan.end, period.frequency)
            if period in span and department in catalogue.members(kpi, above):
                found[code] = target
    return sorted(found.values())


def grouped(
    page: Page, known: Evidence, rows: Iterable[Standing], counts: Mapping[int, int]
) -> list[Group]:
    """Return the figures by submission, in the order that they come in."""
    groups = []
    for number, mine in groupby(rows, key=lambda row: row.figure.submission):
        listed = list(mine)
        first = listed[0]
        came_as = f"{first.source} {first.filename}" if first.filename else str(first.source)
        groups.append(
            Group(
                number=number,
                received=formats.instant(first.figure.recorded_at, page.office.zone),
                by=first.by,
                came_as=came_as,
                waiting=counts[number],
                warnings=_warnings(page, known.catalogue, known.warnings[number].of_all),
                rows=tuple(_row(page, known, row) for row in listed),
            )
        )
    return groups


def _row(page: Page, known: Evidence, row: Standing) -> Row:
    code, department, period = row.key
    kpi, figure = known.catalogue.kpis[code], row.figure
    value = figure.amount.number(kpi.factor)
    led = [(target, known.subjects[target].at(period)) for target in known_targets(known, row)]
    earlier = known.before.get(row.key)
    reaches = page.actor is not None and page.actor.reaches(known.catalogue, department)
    return Row(
        choice=choice(figure.submission, row.key) if reaches else None,
        href=page.link("figure_page", kpi=code, department=department, period=period),
        kpi=page.name(kpi),
        department=page.name(known.catalogue.departments[department]),
        period=formats.period(period, page.speak),
        figure=figure_of(kpi, value, led[0][1].target if led else None),
        unit=unit_of(page, kpi),
        observation_status=figure.observation_status,
        revision=figure.revision,
        before=None if earlier is None else figure_of(kpi, earlier.number(kpi.factor)),
        last=_compared(page, kpi, known.years[row.key], figure, 1),
        year=_compared(page, kpi, known.years[row.key], figure, period.frequency.per_year),
        spark=_spark(page, kpi, known.years[row.key]),
        targets=tuple(_led(page, known, target, subject, row) for target, subject in led),
        warnings=_warnings(
            page, known.catalogue, known.warnings[figure.submission].of_rows.get(row.row, ())
        ),
        note=figure.note,
        reason=row.reason,
        review=None if row.review is None else said(page, row),
    )


def known_targets(known: Evidence, row: Standing) -> list[TargetKey]:
    """Return the targets of a figure that were read."""
    return [key for key in targets_of(known.catalogue, row.key) if key in known.subjects]


def choice(number: int, key: FigureKey) -> str:
    """Return how a form names a figure of a submission."""
    return "/".join(map(str, (number, *key)))


def figure_text(page: Page, catalogue: Catalogue, key: FigureKey) -> str:
    """Name a figure."""
    kpi, department, period = key
    names = (page.name(catalogue.kpis[kpi]), page.name(catalogue.departments[department]))
    return " · ".join((*names, formats.period(period, page.speak)))


def state_text(page: Page, state: State | None) -> str:
    """Say where a figure stands."""
    return page.speak(msg("no figure")) if state is None else page.speak(state)


def said(page: Page, row: Standing) -> str:
    """Say what an approver said last of a figure."""
    assert row.review is not None  # noqa: S101 - asked for those alone that have one
    at = formats.instant(row.review.at, page.office.zone)
    text = f"{page.speak(row.review.action)} · {row.review.by} · {at}"
    return f"{text} · {row.review.reason}" if row.review.reason else text


def _led(page: Page, known: Evidence, key: TargetKey, subject: Subject, row: Standing) -> Led:
    plan, kpi, department = key
    return Led(
        href=page.link("target_page", plan=plan, kpi=kpi, department=department),
        plan=page.name(known.catalogue.plans[plan]),
        goal=goal_of(page, subject.kpi, subject.target),
        status=assess(subject, known.seen.today, row.figure.period).status,
    )


def _warnings(page: Page, catalogue: Catalogue, listed: Iterable[Warned]) -> tuple[Asking, ...]:
    say, zone = page.site.services.translator.message, page.office.zone
    found = []
    for one in listed:
        answer = one.answer
        by = None if answer is None else f"{answer.by}, {formats.instant(answer.at, zone)}"
        text = say(named(page, catalogue, one.finding), page.language)
        found.append(Asking(text, None if answer is None else answer.note, by))
    return tuple(found)


def _compared(
    page: Page, kpi: Kpi, year: Sequence[Figure], figure: Figure, back: int
) -> Compared | None:
    """Hold a figure against the one so many periods before; None where there is none."""
    at = figure.period.shift(-back)
    earlier = next((one for one in year if one.period == at), None)
    value = figure.amount.number(kpi.factor)
    was = None if earlier is None else earlier.amount.number(kpi.factor)
    if was is None or value is None:
        return None
    between = breaks(kpi, {figure.department: year}, at, figure.period)
    return Compared(
        period=formats.period(at, page.speak),
        was=figure_of(kpi, was),
        change=_change(page, kpi, value - was),
        share=_share(kpi, value, was),
        breaks=tuple(_break(page, one) for one in between),
    )


def _change(page: Page, kpi: Kpi, change: Fraction) -> str:
    """Write a difference with its sign; however small it is, it does not read as 0."""
    if not change:
        return "±0"
    is_milestone = kpi.kind is Kind.MILESTONE
    amount = abs(change) * 100 if is_milestone else abs(change)
    sign = "+" if change > 0 else "\N{MINUS SIGN}"
    text = sign + formats.figure(amount, 0 if is_milestone else kpi.decimals, 0)
    return page.speak(msg("{amount} points"), amount=text) if is_milestone else text


def _share(kpi: Kpi, value: Fraction, was: Fraction) -> str | None:
    if kpi.kind is Kind.MILESTONE or not was or value == was:
        return None
    return formats.signed((value - was) / abs(was) * 100, 1) + "%"


def _break(page: Page, one: Break) -> str:
    return page.speak(_BREAKS[one.source], period=formats.period(one.at, page.speak))


def _spark(page: Page, kpi: Kpi, year: Sequence[Figure]) -> Spark | None:
    values = [value for one in year if (value := one.amount.number(kpi.factor)) is not None]
    if len(values) < 2:  # noqa: PLR2004 - one point is no course
        return None
    told = ", ".join(figure_of(kpi, value) for value in values)
    return charts.spark(values, None, page.speak(msg("Trend: {figures}"), figures=told))
