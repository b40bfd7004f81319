"""What a change of the catalogue would do to verdicts, in words and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.web import formats
from app.web.targets_shown import figure_of, unit_of

if TYPE_CHECKING:
    import datetime as dt

    from app.domain.attainment import Verdict
    from app.domain.period import Period
    from app.intake.catalogue_preview import Change, Preview
    from app.ledger.catalogue import StoredCatalogue
    from app.web.page import Page

_MOST: Final = 100
"""Changed verdicts that are listed; all are counted."""


def told(
    page: Page, stored: StoredCatalogue, found: Preview, month: Period | None, today: dt.date
) -> dict[str, Any]:
    """Return a preview as the page shows it: at a month, or at each target's newest period."""
    changes = found.at(month)
    ended = [one for one in found.months if one.has_ended(today)]
    return {
        "is_new": found.is_new,
        "looked_at": found.looked_at,
        "changed": found.changed,
        "month": month,
        "count": len(changes),
        "rows": [_row(page, stored, one) for one in changes[:_MOST]],
        "more": max(0, len(changes) - _MOST),
        "months": [
            (one, formats.period(one, page.speak), len(found.months[one]))
            for one in list(found.months)[::-1]
        ],
        "past": sum(1 for one in ended if found.months[one]),
        "newest": len(found.newest),
    }


def _row(page: Page, stored: StoredCatalogue, change: Change) -> dict[str, Any]:
    subject = change.subject
    target, kpi = subject.target, subject.kpi
    department = stored.catalogue.departments[target.department]
    return {
        "kpi": page.name(kpi),
        "department": page.name(department),
        "plan": page.name(subject.plan),
        "period": formats.period(change.after.period, page.speak),
        "unit": unit_of(page, kpi),
        "before": _said(change, change.before),
        "after": _said(change, change.after),
    }


def _said(change: Change, verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    subject = change.subject
    return {
        "status": verdict.status,
        "figure": figure_of(subject.kpi, verdict.actual, subject.target),
        "expected": figure_of(subject.kpi, verdict.expected),
        "ratio": formats.percent(verdict.ratio.value),
        "pace": formats.percent(verdict.pace.value),
    }
