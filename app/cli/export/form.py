"""`dabiao export form`: the workbook to fill in, the same as from `GET /reporting/form`."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.context import InLanguage, office, translator
from app.cli.export.destination import Destination, writing
from app.cli.parameters import period as read_period
from app.cli.selecting import selected
from app.domain.period import Period
from app.exports.form.asked import asked
from app.exports.form.sheet import titled, write_form
from app.ledger.reporting import Scope


def form(
    file: Destination,
    period: Annotated[
        Period | None,
        typer.Option(
            parser=read_period,
            metavar="PERIOD",
            help="Figures of this period and of those in it; else the newest that has ended.",
        ),
    ] = None,
    department: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="This one, by code or name, and those below it."),
    ] = None,
    plan: Annotated[str | None, typer.Option(metavar="CODE", help="Only this plan.")] = None,
    kpi: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only this KPI, by code or name.")
    ] = None,
    language: InLanguage = None,
) -> None:
    """Write a workbook to fill in, with just the figures that are due.

    Due, overdue and returned ones. Filled in, it is submitted as it is.
    Example: dabiao export form march.xlsx --department uspto --period 2011-03
    """
    with office() as (opened, settings), opened.database.read() as connection:
        spoken = language or settings.language
        stored, seen = opened.seen(connection)
        scope = Scope(selected(stored.catalogue, plan, kpi, department), period)
        figures = asked(connection, stored, seen, opened.zone, scope)
    title, _ = titled(stored.catalogue, scope, spoken)
    with writing(file) as stream:
        stream.write(write_form(figures, opened.zone, translator, spoken, title))
    typer.echo(f"{len(figures)} figures to fill in", err=True)
