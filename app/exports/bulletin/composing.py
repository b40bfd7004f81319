"""Puts a bulletin into words, from what was read: the verdicts are those of every other face."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from app.domain.attainment import Status
from app.exports.bulletin.content import (
    Bulletin,
    Count,
    Cover,
    DepartmentPage,
    Reporting,
)
from app.exports.bulletin.lines import Lines
from app.exports.bulletin.words import LABELS, SUMMARY
from app.wording import formats
from app.wording.targets import SLIPPING, WORST_FIRST, badness
from app.wording.words import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from app.exports.bulletin.content import TargetLine
    from app.exports.bulletin.reading import Material
    from app.ledger.overview import DepartmentReports, Row
    from app.wording.voice import Voice

_ON_COVER: Final = 12
"""Targets of a list on the cover; the others stand on the departments' pages."""


def compose(material: Material, voice: Voice, zone: ZoneInfo) -> Bulletin:
    """Put a bulletin into words. zone: where its date is told."""
    pages = _departments(material, voice)
    cover = _cover(material, pages, voice)
    plan, as_of = material.plan, material.seen.now.astimezone(zone)
    span = f"{formats.period(plan.start, voice.speak)} – {formats.period(plan.end, voice.speak)}"
    made_up = f"{voice.speak(msg('Illustrative data.'))} {voice.speak(_MADE_UP)}"
    return Bulletin(
        language=voice.language,
        plan=plan.code,
        month=str(material.month),
        as_of=as_of,
        title=voice.speak(
            msg("{plan}: bulletin of {month}"),
            plan=voice.name(plan),
            month=formats.period(material.month, voice.speak),
        ),
        subtitle=tuple(one for one in (_top(material, voice), span, plan.source) if one),
        edition=voice.speak(
            msg("As on record on {instant}"), instant=f"{as_of:%Y-%m-%d %H:%M:%S} ({as_of:%z})"
        ),
        summary=tuple(_summary(cover, voice)),
        illustrative=made_up if material.is_illustrative else None,
        words={name: voice.speak(text) for name, text in LABELS.items()},
        cover=cover,
        departments=pages,
    )


_MADE_UP: Final = msg("Figures here were made up to be looked at; they are not published ones.")


def _top(material: Material, voice: Voice) -> str | None:
    """Return the office's name: of the department that stands above all with targets, if one."""
    departments = material.catalogue.departments
    tops = {
        list(material.catalogue.upwards(row.line.subject.target.department))[-1]
        for row in material.glance.board.rows
    }
    return voice.name(departments[tops.pop()]) if len(tops) == 1 else None


def _departments(material: Material, voice: Voice) -> tuple[DepartmentPage, ...]:
    """Return every department with targets or figures to report, in order of the tree."""
    catalogue, lines = material.catalogue, Lines(material, voice)
    rows: dict[str, list[Row]] = {}
    for row in material.glance.board.rows:
        rows.setdefault(row.line.subject.target.department, []).append(row)

    def path(code: str) -> list[str]:
        return list(catalogue.upwards(code))[::-1]

    def page(code: str) -> DepartmentPage:
        mine = sorted(rows.get(code, ()), key=badness)
        reports = material.glance.reports.get(code)
        return DepartmentPage(
            code=code,
            name=voice.name(catalogue.departments[code]),
            above=tuple(voice.name(catalogue.departments[one]) for one in path(code)[:-1]),
            counts=_counts((row.line.verdict.status for row in mine), voice),
            reporting=None if reports is None else _reporting(reports, voice),
            lines=tuple(lines.line(row) for row in mine),
        )

    return tuple(page(code) for code in sorted({*rows, *material.glance.reports}, key=path))


def _counts(statuses: Iterable[Status], voice: Voice) -> tuple[Count, ...]:
    counted = Counter(statuses)
    return tuple(
        Count(status, voice.speak(status), counted[status])
        for status in WORST_FIRST
        if counted[status]
    )


def _reporting(reports: DepartmentReports, voice: Voice) -> Reporting:
    rates, oldest = reports.rates, reports.oldest
    since = None if oldest is None else formats.period(oldest.period, voice.speak)
    return Reporting(
        expected=rates.expected,
        received=rates.received,
        on_time=rates.on_time,
        completeness=_rate(rates.received, rates.expected),
        timeliness=_rate(rates.on_time, rates.expected),
        overdue=reports.overdue,
        since=None if oldest is None else voice.speak(msg("since {period}"), period=since),
        days=reports.days,
    )


def _rate(part: int, whole: int) -> str:
    return formats.percent(Fraction(part, whole)) if whole else formats.ABSENT


def _cover(material: Material, pages: Sequence[DepartmentPage], voice: Voice) -> Cover:
    found = {line.key: line for page in pages for line in page.lines}
    rows = sorted(material.glance.board.rows, key=badness)
    statuses = [row.line.verdict.status for row in rows]

    def some(chosen: Iterable[Row]) -> tuple[tuple[TargetLine, ...], int]:
        targets = [row.line.subject.target for row in chosen]
        lines = [found[one.plan, one.kpi, one.department] for one in targets]
        return tuple(lines[:_ON_COVER]), max(0, len(lines) - _ON_COVER)

    slipping = some(row for row in rows if row.line.verdict.status in SLIPPING)
    changed = some(row for row in rows if row.has_changed)
    met = some(row for row in rows if row.line.verdict.status is Status.ATTAINED)
    silent = [page for page in pages if page.reporting and page.reporting.overdue]
    return Cover(
        _counts(statuses, voice),
        len(rows),
        *slipping,
        *changed,
        *met,
        silent=tuple(sorted(silent, key=_lateness)),
        departments=tuple(pages),
    )


def _lateness(page: DepartmentPage) -> tuple[int, int]:
    reporting = page.reporting
    return (-reporting.days, -reporting.overdue) if reporting else (0, 0)


def _summary(cover: Cover, voice: Voice) -> Iterable[str]:
    numbers: dict[Status, int] = dict.fromkeys(Status, 0)
    numbers.update({count.status: count.number for count in cover.counts})
    yield voice.speak(
        SUMMARY["met"],
        total=cover.total,
        met=numbers[Status.ATTAINED],
        on_track=numbers[Status.ON_TRACK],
    )
    slipping = sum(numbers[status] for status in SLIPPING)
    yield voice.speak(
        SUMMARY["slipping" if slipping else "none_slipping"],
        count=slipping,
        missed=numbers[Status.MISSED],
        off_track=numbers[Status.OFF_TRACK],
        at_risk=numbers[Status.AT_RISK],
    )
    if numbers[Status.NO_DATA]:
        yield voice.speak(SUMMARY["no_data"], count=numbers[Status.NO_DATA])
    owed = sum(page.reporting.overdue for page in cover.silent if page.reporting)
    yield voice.speak(
        SUMMARY["silent" if owed else "nobody_silent"], departments=len(cover.silent), figures=owed
    )
