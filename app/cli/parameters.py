"""What commands take, read strictly: a wrong one is wrong usage, told before anything is done."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from app.domain.period import FIRST_YEAR, LAST_YEAR, Period
from app.intake.limits import bad_character
from app.ledger.tables import NAME_LENGTH


def period(text: str) -> Period:
    """Read a period; raises a usage error."""
    try:
        return Period.parse(text)
    except ValueError as error:
        msg = f"{text} is not a period; write 2013, 2013-Q1 or 2013-03"
        raise typer.BadParameter(msg) from error


def instant(text: str) -> dt.datetime:
    """Read an instant with an offset; raises a usage error.

    It has to lie within the years that periods have: further out, arithmetic runs over.
    """
    try:
        read = dt.datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None or not FIRST_YEAR <= read.year <= LAST_YEAR:
        msg = f"{text} is not an RFC 3339 instant with an offset, as 2013-04-15T09:00:00+08:00 is"
        raise typer.BadParameter(msg)
    return read


def keepable(text: str | None) -> str | None:
    """Return a text that the store can keep; raises a usage error for any other."""
    if text is not None and (len(text) > NAME_LENGTH or bad_character(text)):
        msg = f"at most {NAME_LENGTH} characters, and no control characters"
        raise typer.BadParameter(msg)
    return text


AtPeriod = Annotated[
    Period | None,
    typer.Option(parser=period, metavar="PERIOD", help="Verdicts at this period; else the newest."),
]
AsOf = Annotated[
    dt.datetime | None,
    typer.Option(parser=instant, metavar="INSTANT", help="The page as it was at this instant."),
]
KpiCode = Annotated[str, typer.Argument(metavar="KPI", help="The KPI's code or exact name.")]
DepartmentCode = Annotated[
    str, typer.Argument(metavar="DEPARTMENT", help="The department's code or exact name.")
]
