"""`dabiao export actuals`: the figures as a file, the same as from `GET /actuals`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.context import office
from app.cli.export.destination import STANDARD_OUTPUT, Destination, writing
from app.cli.parameters import AsOf
from app.cli.parameters import period as read_period
from app.cli.selecting import selected
from app.documents import figure_document
from app.domain.period import Period
from app.exact_json import dumps
from app.exports.figures import Filters, chunks
from app.exports.formats import FORMATS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from app.domain.catalogue import Catalogue
    from app.exports.formats import Listed


class Format(StrEnum):
    """What a file of figures can be."""

    CSV = "csv"
    XLSX = "xlsx"
    SDMX_CSV = "sdmx-csv"
    JSON = "json"


def actuals(
    file: Destination = STANDARD_OUTPUT,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="What to write; else what FILE is called, else csv."),
    ] = None,
    kpi: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only this KPI, by code or name.")
    ] = None,
    department: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="This one, by code or name, and those below it."),
    ] = None,
    plan: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="Only this plan's periods, and KPIs with targets in it."),
    ] = None,
    first: Annotated[
        Period | None,
        typer.Option(
            "--from", parser=read_period, metavar="PERIOD", help="Only periods from this one on."
        ),
    ] = None,
    last: Annotated[
        Period | None,
        typer.Option(
            "--to", parser=read_period, metavar="PERIOD", help="Only periods up to this one."
        ),
    ] = None,
    as_of: AsOf = None,
) -> None:
    """Write figures to a file: csv or xlsx to post again, SDMX-CSV or JSON.

    Example: dabiao export actuals figures.xlsx --plan uspto-fiscal-2011
    """
    with office() as (opened, _):
        with opened.database.read() as connection:
            asked = selected(opened.catalogue(connection).catalogue, plan, kpi, department)
            stored, seen = opened.seen(connection, as_of)
        filters = Filters(asked.kpi, asked.department, asked.plan, first, last)
        wanted = filters.wanted(stored.catalogue, seen.position)
        figures = chunks(opened.database, stored, wanted)
        with writing(file) as stream:
            for part in _parts(form or _named(file), stored.catalogue, figures, opened.zone):
                stream.write(part)


def _named(file: Path) -> Format:
    suffix = file.suffix.lower().removeprefix(".")
    return Format(suffix) if suffix in tuple(Format) else Format.CSV


def _parts(
    form: Format, catalogue: Catalogue, figures: Iterable[Sequence[Listed]], zone: dt.tzinfo
) -> Iterator[bytes]:
    if form is not Format.JSON:
        return FORMATS[form].parts(catalogue, figures)
    return _json(catalogue, figures, zone)


def _json(
    catalogue: Catalogue, figures: Iterable[Sequence[Listed]], zone: dt.tzinfo
) -> Iterator[bytes]:
    """Go through a JSON document with the `items` of `GET /actuals`, one a line."""
    yield b'{"items": ['
    before = b"\n"
    for some in figures:
        for code, figure in some:
            document = figure_document(figure, catalogue.kpis[code])
            yield before + dumps({"kpi": code, **document}, zone=zone)
            before = b",\n"
    yield b"\n]}\n"
