"""`dabiao receipt` and `dabiao acknowledge`: what a submission was told, and what is said to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.context import (
    AsJson,
    InLanguage,
    office,
    print_json,
    refusals_in,
    this_user,
    translator,
)
from app.cli.intake import print_receipt
from app.cli.parameters import AsOf
from app.errors import NotFound
from app.intake.acknowledgement import AcknowledgementResource, acknowledge
from app.intake.receipts import receipt_document
from app.intake.resource_reading import read_resource
from app.ledger import submissions

if TYPE_CHECKING:
    import datetime as dt

    from app.ledger.office import Office
    from app.ledger.submissions import Receipt

_Number = Annotated[
    int, typer.Argument(min=1, metavar="NUMBER", help="The submission's number, as on its receipt.")
]


def receipt(
    number: _Number, as_of: AsOf = None, as_json: AsJson = False, language: InLanguage = None
) -> None:
    """Show a receipt again, and what was said to it.

    Example: dabiao receipt 12
    """
    with office() as (opened, settings):
        found = _found(opened, number, as_of)
    document = receipt_document(found, translator, language or settings.language)
    if as_json:
        print_json(document, settings.zone)
    else:
        print_receipt(document, language or settings.language)


def acknowledge_warnings(
    number: _Number,
    finding: Annotated[
        list[int],
        typer.Option(
            min=1, metavar="N", help="A warning's place on the receipt, from 1; may be repeated."
        ),
    ],
    note: Annotated[str, typer.Option(metavar="TEXT", help="What there is to say to it.")],
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Answer a submission's warnings, with a note.

    Example: dabiao acknowledge 12 --finding 1 --note "Checked"
    """
    notes = {"acknowledgements": [{"finding": place, "note": note} for place in finding]}
    with office() as (opened, settings), refusals_in(language or settings.language):
        asked = read_resource(AcknowledgementResource, notes).acknowledgements
        acknowledge(opened, number, asked, this_user())
        found = _found(opened, number, None)
    document = receipt_document(found, translator, language or settings.language)
    if as_json:
        print_json(document, settings.zone)
    else:
        print_receipt(document, language or settings.language)


def _found(opened: Office, number: int, as_of: dt.datetime | None) -> Receipt:
    with opened.database.read() as connection:
        _, seen = opened.seen(connection, as_of)
        found = submissions.get(connection, number, seen.position)
    if found is None:
        msg = f"there is no submission {number}"
        raise NotFound(msg)
    return found
