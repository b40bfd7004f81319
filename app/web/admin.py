"""Administration: how the service is, whether the ledger is whole, and its journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.responses import Response

from app.ledger import chain, invariants, journal
from app.ledger.migrating import is_current, newest_revision
from app.web import asked, formats
from app.web.backups_shown import backups_shown
from app.web.page import Here, Page
from app.web.words import msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ledger.invariants import Checked

router = APIRouter(include_in_schema=False)

KINDS: Final = {
    "submission": msg("submission"),
    "catalogue": msg("catalogue"),
    "key": msg("key"),
    "review": msg("review"),
    "user": msg("user"),
    "acknowledgement": msg("acknowledgement"),
}
ACTIONS: Final = {
    "create": msg("made"),
    "change": msg("changed"),
    "disable": msg("disabled"),
    "enable": msg("enabled"),
    "password": msg("password changed"),
    "rotate": msg("rotated"),
    "revoke": msg("revoked"),
    "put": msg("made or changed"),
    "load": msg("loaded"),
    "approve": msg("approved"),
    "return": msg("returned"),
    "reopen": msg("reopened"),
    "acknowledge": msg("answered"),
    "accepted": msg("accepted"),
    "partial": msg("partial"),
    "refused": msg("refused"),
}
_A_PAGE: Final = 100
_DIGITS: Final = 18


@router.get("/admin", name="admin_page")
def admin_page(page: Here) -> Response:
    """Show how the service is."""
    return shown(page)


@router.post("/admin/verify", name="verify_ledger")
def verify_ledger(page: Here) -> Response:
    """Hold the whole ledger against its seals and its rules, now."""
    with page.office.database.read() as connection:
        checked = invariants.check_all(connection)
    return shown(page, checked)


def shown(
    page: Page,
    checked: list[Checked] | None = None,
    *,
    status: int = 200,
    faults: Sequence[str] = (),
) -> Response:
    """Return the page; faults: why there is no backup that was asked for."""
    with page.office.database.read() as connection:
        current = is_current(connection, newest_revision())
        head = chain.head(connection)
        backups = backups_shown(page, connection, head.entry)
    return page.render(
        "admin.html",
        status=status,
        faults=faults,
        backups=backups,
        engine="SQLite" if page.office.database.is_sqlite else "PostgreSQL",
        current=current,
        head=head,
        checked=checked,
        broken=sum(rule.violations for rule in checked or ()),
        at=formats.instant(page.office.clock(), page.office.zone),
    )


@router.get("/admin/journal", name="journal_page")
def journal_page(page: Here) -> Response:
    """Show who wrote what into the ledger, the newest first, each entry with its seal."""
    before = _number(asked.word(page, "before"))
    with page.office.database.read() as connection:
        lines = journal.listed(connection, before=before, limit=_A_PAGE + 1)
    shown = [
        {
            "id": line.id,
            "at": formats.instant(line.recorded_at, page.office.zone),
            "kind": page.speak(KINDS.get(line.kind, line.kind)),
            "action": page.speak(ACTIONS.get(line.action, line.action)),
            "subject": line.subject,
            "actor": line.actor,
            "by": _by(page, line),
            "seal": line.seal,
            "is_submission": line.kind == "submission",
        }
        for line in lines[:_A_PAGE]
    ]
    older = shown[-1]["id"] if len(lines) > _A_PAGE else None
    return page.render("admin_journal.html", lines=shown, older=older, before=before)


def _number(text: str | None) -> int | None:
    """Return the place in the journal that an address names; None for none."""
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if text is not None and is_number else None


def _by(page: Page, line: journal.Line) -> str:
    if line.user is not None:
        return page.speak(msg("user"))
    if line.key is not None:
        return page.speak(msg("key {number}"), number=line.key)
    return page.speak(msg("on the machine"))
