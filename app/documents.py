"""What is read, in plain values: the same documents from the API and on the command line.

Decimals, fractions, periods and instants stay what they are; `exact_json` writes them.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from app.domain.lifecycle import AWAITED, State, days_overdue
from app.domain.number import shown

if TYPE_CHECKING:
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from app.domain.attainment import Subject, Verdict
    from app.domain.catalogue import Catalogue
    from app.domain.expectation import Reports
    from app.domain.figure import Figure
    from app.domain.kpi import Department, Kpi
    from app.domain.lifecycle import Review
    from app.ledger import reporting
    from app.ledger.reviews import Passed
    from app.ledger.revisions import Revision
    from app.ledger.scoreboard import Brief, Line, Moment, Point
    from app.translation import Language


def name_in(thing: Kpi | Department, language: Language) -> str:
    """Return a KPI's or a department's name."""
    return thing.name_zh if language == "zh" else thing.name_en


def unit_in(kpi: Kpi, language: Language) -> str:
    """Return the unit in which a KPI is measured."""
    return kpi.unit_zh if language == "zh" else kpi.unit_en


def numbers_document(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict's numbers; None for each that has no meaning."""
    return {
        "actual": shown(verdict.actual),
        "expected": shown(verdict.expected),
        "ratio": shown(verdict.ratio.value),
        "pace": shown(verdict.pace.value),
        "progress": shown(verdict.progress),
        "gap": shown(verdict.gap),
    }


def scoreboard_row(line: Line | Brief, language: Language) -> dict[str, Any]:
    """Return a target's line of the scoreboard.

    `breaks`: the periods of the breaks in series across which the line compares or adds up.
    """
    target, kpi, verdict = line.subject.target, line.subject.kpi, line.verdict
    before = line.version_before
    return {
        "plan": target.plan,
        "kpi": target.kpi,
        "kpi_name": name_in(kpi, language),
        "department": target.department,
        "department_name": name_in(line.department, language),
        "unit": unit_in(kpi, language),
        "comparator": target.goal.comparator,
        "lower": target.goal.lower,
        "upper": target.goal.upper,
        "target_text": str(target.goal),
        "target_version": target.version,
        "due": target.due,
        "period": verdict.period,
        **numbers_document(verdict),
        "status": verdict.status,
        "revision": line.revision,
        "submitted_at": line.submitted_at,
        "target_recorded_at": line.version.recorded_at,
        "target_in_force_from": target.in_force_from,
        "target_reason": target.reason,
        "target_text_before": before and str(before.target.goal),
        "definition_version": verdict.period and kpi.definition_at(verdict.period).version,
        "breaks": line.crossed,
    }


def figure_document(figure: Figure, kpi: Kpi) -> dict[str, Any]:
    """Return a figure of a KPI as it was posted, and in `actual` the number that it stands for."""
    return {
        "department": figure.department,
        "period": figure.period,
        "value": figure.amount.value,
        "numerator": figure.amount.numerator,
        "denominator": figure.amount.denominator,
        "actual": shown(figure.amount.number(kpi.factor)),
        "observation_status": figure.observation_status,
        "definition_version": kpi.definition_at(figure.period).version,
        "note": figure.note,
        "revision": figure.revision,
        "submission": figure.submission,
        "recorded_at": figure.recorded_at,
    }


def revision_document(line: Revision) -> dict[str, Any]:
    """Return one line of a figure's history."""
    figure = line.figure
    return {
        "revision": figure.revision,
        "value": figure.amount.value,
        "numerator": figure.amount.numerator,
        "denominator": figure.amount.denominator,
        "observation_status": figure.observation_status,
        "note": figure.note,
        "reason": line.reason,
        "source": line.source,
        "submission": figure.submission,
        "row": line.row,
        "recorded_by": line.recorded_by,
        "recorded_at": figure.recorded_at,
    }


def point_document(subject: Subject, point: Point) -> dict[str, Any]:
    """Return one period of a target's series; all but `expected` None where nobody posted.

    `figure` is what was posted for this very period, `actual` what counted towards the target by
    then. Both `figure` and `revision` are None where several departments are added up.
    `break_by`: what breaks the series at the beginning of this period; None for nothing.
    """
    verdict = point.verdict
    posted = None
    if verdict is not None and verdict.counted is not None and len(subject.members) == 1:
        posted = verdict.counted.parts[0].figures[-1]
    return {
        "period": point.period,
        "figure": posted and shown(posted.amount.number(subject.kpi.factor)),
        "actual": verdict and shown(verdict.actual),
        "expected": shown(point.expected),
        "target_version": point.target_version,
        "definition_version": subject.kpi.definition_at(point.period).version,
        "break_by": point.breaks and point.breaks.source,
        "ratio": verdict and shown(verdict.ratio.value),
        "pace": verdict and shown(verdict.pace.value),
        "status": verdict and verdict.status,
        "revision": posted and posted.revision,
    }


def review_document(review: Review | None) -> dict[str, Any]:
    """Return what an approver said last of a figure; None where nothing was said."""
    return {
        "reviewed_at": review and review.at,
        "reviewed_by": review and review.by,
        "reason": review and review.reason,
    }


def passed_review_document(passed: Passed) -> dict[str, Any]:
    """Return what an approver did with figures of a submission."""
    return {
        "action": passed.action,
        "reviewed_at": passed.at,
        "reviewed_by": passed.by,
        "reason": passed.reason,
        "figures": passed.figures,
    }


def reporting_row(
    line: reporting.Line, catalogue: Catalogue, seen: Moment, zone: ZoneInfo, language: Language
) -> dict[str, Any]:
    """Return an expected figure: where it stands, whose turn it is, what is on record."""
    expected, figure = line.expected, line.figure
    is_late = line.state is State.OVERDUE
    return {
        "kpi": expected.kpi,
        "kpi_name": name_in(catalogue.kpis[expected.kpi], language),
        "department": expected.department,
        "department_name": name_in(catalogue.departments[expected.department], language),
        "period": expected.period,
        "state": line.state,
        "awaited": AWAITED.get(line.state),
        "due": expected.deadline,
        "days_overdue": days_overdue(expected.deadline, seen.now, zone) if is_late else None,
        "submitted_at": line.first,
        "revision": figure and figure.revision,
        "submission": figure and figure.submission,
        **review_document(line.review),
    }


def rates_document(rates: Reports) -> dict[str, Any]:
    """Return completeness and timeliness; their ratios None where nothing is expected."""
    return {
        "completeness": {
            "expected": rates.expected,
            "posted": rates.received,
            "ratio": _share(rates.received, rates.expected),
        },
        "timeliness": {
            "expected": rates.expected,
            "on_time": rates.on_time,
            "ratio": _share(rates.on_time, rates.expected),
        },
    }


def _share(part: int, whole: int) -> Decimal | None:
    return shown(Fraction(part, whole)) if whole else None
