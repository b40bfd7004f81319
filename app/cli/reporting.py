"""`dabiao reporting`: who has posted, who is awaited, and how complete and timely the whole is."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.context import AsJson, InLanguage, office, print_json, translator
from app.cli.parameters import AsOf
from app.cli.parameters import period as read_period
from app.cli.selecting import selected
from app.cli.terminal import number, out, print_table, table
from app.documents import rates_document, reporting_row
from app.domain.period import Period
from app.ledger.reporting import Scope, lines
from app.ledger.reporting import reporting as read_reporting

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from app.translation import Language

_SHOWN_DIGITS = 3
_HEADINGS = ("state", "KPI", "department", "period", "deadline", "days late", "reason")
_RUNNING_TEXT = ("KPI", "department", "reason")


def reporting(
    period: Annotated[
        Period | None,
        typer.Option(
            parser=read_period,
            metavar="PERIOD",
            help="Figures of this period and of those in it; else the newest that has ended.",
        ),
    ] = None,
    plan: Annotated[str | None, typer.Option(metavar="CODE", help="Only this plan.")] = None,
    department: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="This one, by code or name, and those below it."),
    ] = None,
    kpi: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only this KPI, by code or name.")
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Show where every expected figure stands, and the rates.

    Completeness: posted of expected; timeliness: posted before the deadline of expected.
    Example: dabiao reporting --period 2011-02 --department uspto
    """
    with office() as (opened, settings), opened.database.read() as connection:
        selection = selected(opened.catalogue(connection).catalogue, plan, kpi, department)
        stored, seen = opened.seen(connection, as_of)
        scope = Scope(selection, period)
        found = read_reporting(connection, stored, seen, opened.zone, scope)
        spoken = language or settings.language
        rows = [
            reporting_row(line, stored.catalogue, seen, opened.zone, spoken)
            for line in lines(connection, stored, found, found.expected)
        ]
    rates = rates_document(found.rates)
    if as_json:
        print_json({"items": rows, **rates}, opened.zone)
    else:
        _print(rows, rates, spoken, opened.zone)


def _print(
    rows: Sequence[Mapping[str, Any]],
    rates: Mapping[str, Mapping[str, Any]],
    spoken: Language,
    zone: dt.tzinfo,
) -> None:
    def word(msgid: str) -> str:
        return translator.translate(msgid, spoken)

    made = table(
        [word(heading) for heading in _HEADINGS],
        right=[word("days late")],
        wide=[word(heading) for heading in _RUNNING_TEXT],
    )
    for row in rows:
        made.add_row(
            word(row["state"]),
            row["kpi_name"],
            row["department_name"],
            str(row["period"]),
            f"{row['due'].astimezone(zone):%Y-%m-%d %H:%M}",
            "-" if row["days_overdue"] is None else str(row["days_overdue"]),
            row["reason"] or "-",
        )
    print_table(out(), made)
    for name, part in (("completeness", "posted"), ("timeliness", "on_time")):
        rate = rates[name]
        share = None if rate["ratio"] is None else Fraction(rate["ratio"])
        ratio = number(share, _SHOWN_DIGITS)
        typer.echo(f"{word(name)}: {rate[part]} / {rate['expected']} = {ratio}")
