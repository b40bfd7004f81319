"""`dabiao export bulletin`: a plan's monthly report, the same as from its page."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli.context import InLanguage, office, translator
from app.cli.export.destination import STANDARD_OUTPUT, Destination, writing
from app.cli.parameters import AsOf
from app.domain.period import Frequency, Period
from app.exports.bulletin import html, paper, sheets
from app.exports.bulletin.composing import compose
from app.exports.bulletin.reading import Wanted, read
from app.ledger.overview import Glances
from app.wording.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.exports.bulletin.content import Bulletin


class Form(StrEnum):
    """What a bulletin can be."""

    PDF = "pdf"
    XLSX = "xlsx"
    HTML = "html"


_WRITERS: Final[Mapping[Form, Callable[[Bulletin], bytes]]] = {
    Form.PDF: paper.write_pdf,
    Form.XLSX: sheets.write_workbook,
    Form.HTML: html.document,
}


def _month(text: str) -> Period:
    """Read a month; raises a usage error."""
    try:
        read_period = Period.parse(text)
    except ValueError:
        read_period = None
    if read_period is None or read_period.frequency is not Frequency.MONTHLY:
        msg = f"{text} is not a month; write 2013-03"
        raise typer.BadParameter(msg)
    return read_period


def bulletin(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="The plan's code.")],
    period: Annotated[
        Period, typer.Argument(parser=_month, metavar="PERIOD", help="The month: 2013-03.")
    ],
    file: Destination = STANDARD_OUTPUT,
    form: Annotated[
        Form | None,
        typer.Option("--format", help="What to write; else what FILE is called, else pdf."),
    ] = None,
    as_of: AsOf = None,
    language: InLanguage = None,
) -> None:
    """Write a plan's monthly bulletin, to be printed or passed on.

    With --as-of, the same bytes whenever it is written.
    Example: dabiao export bulletin uspto-fiscal-2011 2011-03 march.pdf
    """
    with office() as (opened, settings):
        material = read(opened, Wanted(plan, period, as_of), Glances())
        voice = Voice(translator, language or settings.language)
        content = compose(material, voice, opened.zone)
        with writing(file) as stream:
            stream.write(_WRITERS[form or _named(file)](content))


def _named(file: Path) -> Form:
    suffix = file.suffix.lower().removeprefix(".")
    return Form(suffix) if suffix in tuple(Form) else Form.PDF
