"""Backups: which were made, and one to be downloaded. For admins."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from app.api import PREFIX
from app.api.deps import Here, Who
from app.api.described import page_of
from app.api.paging import Page
from app.api.rendering import answer
from app.api.schemas import Described
from app.exports import backup_file
from app.ledger import backups
from app.ledger.backups import Way

if TYPE_CHECKING:
    from app.ledger.backups import Noted

router = APIRouter(prefix=PREFIX, tags=["backups"])


class Backup(Described):
    """A backup that was made: from when it is, by whom, where it went, and what it holds."""

    id: int
    made_at: dt.datetime
    made_by: str
    way: Annotated[Way, Field(description="Written to a file on the machine, or downloaded.")]
    filename: str
    size: Annotated[int, Field(description="In bytes.")]
    seal: Annotated[
        str, Field(description="The newest entry in it and its seal; for `check --includes`.")
    ]


EXAMPLE: Final[dict[str, Any]] = {
    "id": 7,
    "made_at": "2013-04-08T02:00:03+08:00",
    "made_by": "command line (dabiao)",
    "way": "file",
    "filename": "/var/backups/dabiao-2013-04-08.db",
    "size": 1396736,
    "seal": "42:0e4bbf55e5c2a4a8e3b1de6b0cf0e0a8b5f6c6f7f1c8d3a2b19c3d4e5f60718a",
}
_FILE: Final = {backup_file.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}
_SEAL: Final = {"X-Seal": {"description": "As `seal` in the list.", "schema": {"type": "string"}}}


@router.get(
    "/backups",
    name="list_backups",
    summary="List the backups that were made",
    responses=page_of(Backup, EXAMPLE),
)
def list_backups(here: Here, page: Page) -> Response:
    """List the backups on record, by the command line and by download alike."""
    after = page.place(int)
    with here.office.database.read() as connection:
        _, seen = page.seen(here.office, connection)
        number = 0 if after is None else after[0]
        listed = backups.listed(connection, after=number, limit=page.limit + 1)
    content = page.answer(listed, seen, key=lambda made: (made.id,), show=_document)
    return answer(here, content)


@router.post(
    "/backups",
    name="make_backup",
    summary="Make a backup and download it",
    response_class=Response,
    responses={
        200: {"description": "The backup, verified.", "content": _FILE, "headers": _SEAL},
    },
)
def make_backup(here: Here, who: Who) -> Response:
    """Give the whole record as one SQLite file, as `dabiao backup` writes it; one at a time.

    It is verified before its first byte is sent. It holds the hashes of passwords and of keys.
    """
    made = backup_file.prepare(here.office, who)
    return StreamingResponse(made.chunks(), media_type=backup_file.MEDIA_TYPE, headers=made.headers)


def _document(made: Noted) -> dict[str, Any]:
    return {
        "id": made.id,
        "made_at": made.at,
        "made_by": made.actor,
        "way": made.way,
        "filename": made.filename,
        "size": made.size,
        "seal": str(made.point),
    }
