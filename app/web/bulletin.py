"""The bulletin: which there are, one of a plan and month, and the same as PDF and as a workbook."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.finding import Finding
from app.domain.period import FIRST_YEAR, LAST_YEAR, Frequency, Period
from app.errors import NotFound, Refused
from app.exports.bulletin import html, paper, sheets
from app.exports.bulletin.composing import compose
from app.exports.bulletin.reading import Wanted, months, read
from app.intake.limits import quotable
from app.web import asked
from app.web.page import Here
from app.wording.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.kpi import Plan
    from app.exports.bulletin.content import Bulletin
    from app.translation import Language
    from app.web.page import Page

router = APIRouter(include_in_schema=False)

_FILES: Final[dict[str, tuple[Callable[[Bulletin], bytes], str]]] = {
    "pdf": (paper.write_pdf, paper.MEDIA_TYPE),
    "xlsx": (sheets.write_workbook, sheets.MEDIA_TYPE),
}
_LANGUAGES: Final[dict[str, Language]] = {"zh": "zh", "en": "en"}


@router.get("/bulletin", name="bulletin_page")
def bulletin_page(page: Here) -> Response:
    """List the plans and their months that have begun, the newest first."""
    with page.office.database.read() as connection:
        stored, seen = page.office.seen(connection)
    plans = sorted(stored.catalogue.plans.values(), key=_newest_first)
    listed = [(plan, months(plan, seen.today)) for plan in plans]
    return page.render("bulletins.html", plans=[one for one in listed if one[1]])


def _newest_first(plan: Plan) -> tuple[int, str]:
    return (-plan.end.last_day.toordinal(), plan.code)


# The files come first: `2013-03.pdf` would do for a period.
@router.get("/bulletin/{plan}/{period}.pdf", name="bulletin_pdf")
def bulletin_pdf(page: Here, plan: str, period: str) -> Response:
    """Give a bulletin as PDF."""
    return _file(page, plan, period, "pdf")


@router.get("/bulletin/{plan}/{period}.xlsx", name="bulletin_xlsx")
def bulletin_xlsx(page: Here, plan: str, period: str) -> Response:
    """Give a bulletin as a workbook."""
    return _file(page, plan, period, "xlsx")


@router.get("/bulletin/{plan}/{period}", name="bulletin_month_page")
def bulletin_month_page(page: Here, plan: str, period: str) -> Response:
    """Show a bulletin as of an instant."""
    as_of = _instant(page)
    bulletin = _bulletin(page, plan, period, as_of, page.language)
    edition = {"as_of": bulletin.as_of.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")}
    place = {"plan": plan, "period": period}
    files = {**edition, "language": page.language}

    def link(key: tuple[str, str, str]) -> str:
        code, kpi, department = key
        day = None if as_of is None else as_of.astimezone(page.office.zone).date()
        query = {"period": period, "as_of": day}
        return page.link("target_page", query, plan=code, kpi=kpi, department=department)

    return page.render(
        "bulletin.html",
        bulletin=bulletin,
        body=html.body(bulletin, link),
        is_past=as_of is not None,
        here=page.link("bulletin_month_page", None, **place),
        edition=page.link("bulletin_month_page", edition, **place),
        pdf=page.link("bulletin_pdf", files, **place),
        xlsx=page.link("bulletin_xlsx", files, **place),
        day=None if as_of is None else bulletin.as_of.date(),
    )


def _file(page: Page, plan: str, period: str, form: str) -> Response:
    language = _LANGUAGES.get(asked.word(page, "language") or "", page.language)
    bulletin = _bulletin(page, plan, period, _instant(page), language)
    write, media_type = _FILES[form]
    name = f"{bulletin.title}.{form}"
    plain = f"{bulletin.plan}-{bulletin.month}.{form}"
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "Content-Language": language,
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Language, Cookie",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(write(bulletin), media_type=media_type, headers=headers)


def _bulletin(
    page: Page, plan: str, period: str, as_of: dt.datetime | None, language: Language
) -> Bulletin:
    """Return a bulletin; raises NotFound."""
    try:
        month = Period.parse(period)
    except ValueError as error:
        raise NotFound(f"{quotable(period)} is not a month") from error
    if month.frequency is not Frequency.MONTHLY:
        raise NotFound(f"there is a bulletin a month, and {month} is none")
    material = read(page.office, Wanted(plan, month, as_of), page.site.glances)
    voice = Voice(page.site.services.translator, language)
    return compose(material, voice, page.office.zone)


def _instant(page: Page) -> dt.datetime | None:
    """Return the instant that `as_of` names: one with an offset, or the end of a day.

    Now or later is as good as not asked. Raises Refused.
    """
    text = page.request.query_params.get("as_of", "").strip()
    if len(text) <= len("2013-01-01"):
        return asked.end_of(asked.day(page, "as_of"), page)
    try:
        # A blank before the offset is the `+` that an address turns into one.
        found = dt.datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        wrong = Finding("bad_instant", None, "as_of", {"text": quotable(text)})
        raise Refused("as_of cannot be read", [wrong])
    return found if found < page.office.clock() else None
