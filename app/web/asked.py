"""What a page's address asks for: blank means not asked, and nothing wrong is passed over."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from app.domain.finding import Finding
from app.domain.period import FIRST_YEAR, LAST_YEAR, Period
from app.errors import Refused
from app.intake.limits import quotable

if TYPE_CHECKING:
    from app.web.page import Page

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOST_PAGES = 100_000


def day(page: Page, name: str) -> dt.date | None:
    """Return the day in the past that a parameter names; raises Refused.

    Today or later is as good as not asked: the page is what it is now.
    """
    text = _given(page, name)
    if not text:
        return None
    try:
        found = dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise _refused(Finding("wrong_type", None, name, {"expected": "a date"}))
    return found if found < page.office.today() else None


def end_of(asked: dt.date | None, page: Page) -> dt.datetime | None:
    """Return the last instant of a day in the office."""
    return None if asked is None else dt.datetime.combine(asked, dt.time.max, page.office.zone)


def period(page: Page, name: str) -> Period | None:
    """Return the period that a parameter spells; raises Refused."""
    text = _given(page, name)
    if not text:
        return None
    try:
        return Period.parse(text)
    except ValueError as error:
        raise _refused(Finding("unknown_period", None, name, {"text": quotable(text)})) from error


def word(page: Page, name: str) -> str | None:
    """Return a parameter's text without the blanks around it; None for nothing."""
    return _given(page, name) or None


def place(page: Page, name: str) -> int:
    """Return which page of a long list is asked for, from 1; raises Refused."""
    text = _given(page, name)
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_PAGES):
        raise _refused(Finding("wrong_type", None, name, {"expected": "a whole number"}))
    return int(text[:9])


def _given(page: Page, name: str) -> str:
    return page.request.query_params.get(name, "").strip()


def _refused(found: Finding) -> Refused:
    return Refused(f"{found.column} cannot be read", [found])
