"""`dabiao load`, `dabiao submit`, and `dabiao bootstrap` (for `make run`)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.client import post_to_server
from app.cli.context import (
    AsJson,
    InLanguage,
    office,
    print_json,
    refusals_in,
    this_user,
    translator,
)
from app.cli.parameters import keepable
from app.cli.terminal import err, findings_table, print_table
from app.cli.watching import shown
from app.domain.access import Actor, Role
from app.errors import NotFound
from app.intake.folder import load_folder
from app.intake.receipts import receipt_document
from app.intake.submission import BY_SUFFIX, CSV, Post, is_refusal, read, receive, rehearse
from app.ledger import journal, keys
from app.ledger.submissions import OnError, Outcome
from app.settings import load_settings

if TYPE_CHECKING:
    from app.ledger.office import Office
    from app.translation import Language

ILLUSTRATIVE = "-illustrative"


def load(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="A folder with plans.yaml, kpis.yaml and so on."),
    ],
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Load a catalogue's folder, and the figures in it.

    Loaded again, it changes nothing but what has changed in the folder.
    Example: dabiao load seeds/uspto-fiscal-2011
    """
    with office() as (opened, settings), refusals_in(language or settings.language):
        spoken = language or settings.language
        refused = _load(opened, folder, this_user(), spoken, as_json=as_json)
    if refused:
        raise typer.Exit(1)


def _load(
    opened: Office, folder: Path, actor: Actor, language: Language, *, as_json: bool = False
) -> bool:
    """Load one folder and say what came of it; returns whether any file was refused."""
    with shown(language):
        loaded = load_folder(opened, folder, actor)
    if as_json:
        documents = [receipt_document(made, translator, language) for made in loaded.receipts]
        print_json({"resources": loaded.resources, "submissions": documents}, opened.zone)
    else:
        figures = sum(
            receipt.result.counts.created + receipt.result.counts.revised
            for receipt in loaded.receipts
        )
        typer.echo(
            f"{folder.name}: {loaded.resources} catalogue entries new or changed, "
            f"{figures} figures in {len(loaded.receipts)} submissions",
            err=True,
        )
        for receipt in loaded.receipts:
            if receipt.result.findings:
                document = receipt_document(receipt, translator, language)
                outcome = translator.translate(receipt.result.outcome, language)
                err().print(f"{receipt.filename}: {outcome}")
                print_table(err(), findings_table(document["findings"], translator, language))
    return any(is_refusal(receipt) for receipt in loaded.receipts)


def bootstrap(
    seeds: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder of the catalogues' folders.")
    ],
    illustrative: Annotated[
        bool, typer.Option("--illustrative", help="Load the illustrative figures too.")
    ] = False,
) -> None:
    """Fill an empty database: the catalogues, the published figures, and a first admin key.

    Interrupted, it goes on where it stopped; a database that anybody else has written to, or that
    has a key, is left as it is.
    Example: dabiao bootstrap seeds
    """
    if not seeds.is_dir():
        msg = f"{seeds} is not a folder"
        raise NotFound(msg)
    actor = Actor("bootstrap", Role.ADMIN)
    with office() as (opened, settings):
        with opened.database.read() as connection:
            if keys.listed(connection) or not journal.is_only_by(connection, actor):
                return
        for folder in sorted(folder for folder in seeds.iterdir() if folder.is_dir()):
            if illustrative or not folder.name.endswith(ILLUSTRATIVE):
                _load(opened, folder, actor, settings.language)
        new = keys.NewKey("first admin key", Role.ADMIN)
        with opened.database.write() as connection:
            stored = opened.catalogue(connection)
            _, secret = keys.create(connection, stored, new, actor=actor, now=opened.clock())
        typer.echo(f"admin key: {secret}")
    typer.echo("To sign in to the pages: dabiao user create NAME --role admin", err=True)


def submit(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A CSV, xlsx or JSON file; - for CSV from a pipe."),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would come of it, and keep nothing.")
    ] = False,
    on_error: Annotated[OnError, typer.Option(help="What to do with bad rows.")] = OnError.REJECT,
    server: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Post there; DABIAO_SERVER, else straight to the database."
        ),
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The key to post with; DABIAO_KEY.")
    ] = None,
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            callback=keepable, metavar="TEXT", help="The same key again gets the first answer."
        ),
    ] = None,
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Submit figures, to a server or straight to the database.

    Example: dabiao submit march.csv --server http://127.0.0.1:8000 --key dbk_…
    """
    settings = load_settings()
    spoken = language or settings.language
    body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    name = None if str(file) == "-" else file.name
    post = Post(
        body=body,
        media_type=BY_SUFFIX.get(file.suffix.lower(), CSV),
        filename=name,
        on_error=on_error,
        idempotency_key=idempotency_key,
    )
    address = server or settings.server
    if address is not None:
        receipt = post_to_server(address, key or settings.key, post, spoken, dry_run=dry_run)
    else:
        receipt = _into_database(post, spoken, dry_run=dry_run)
    if as_json:
        print_json(receipt, settings.zone)
    else:
        print_receipt(receipt, spoken)
    if receipt["status"] == Outcome.REFUSED:
        raise typer.Exit(1)


def _into_database(post: Post, language: Language, *, dry_run: bool) -> dict[str, Any]:
    with office() as (opened, _), refusals_in(language):
        actor = this_user()
        take = rehearse if dry_run else receive
        with shown(language):
            receipt = take(opened, read(post, actor), actor)
        return receipt_document(receipt, translator, language)


def print_receipt(receipt: dict[str, Any], language: Language) -> None:
    """Print what came of a delivery, its findings as a table, and what was said to warnings."""
    counts = ", ".join(
        f"{translator.translate(name, language)} {receipt[name]}"
        for name in ("received", "created", "revised", "unchanged", "rejected")
    )
    number = "(--dry-run)" if receipt["id"] is None else receipt["id"]
    outcome = translator.translate(receipt["status"], language)
    typer.echo(f"{translator.translate('submission', language)} {number}: {outcome} ({counts})")
    if receipt["findings"]:
        print_table(err(), findings_table(receipt["findings"], translator, language))
    for said in receipt.get("acknowledgements", ()):
        finding = f"{translator.translate('finding', language)} {said['finding']}"
        typer.echo(f"{finding}: {said['note']} ({said['acknowledged_by']})", err=True)
