"""The log of everything that was ever written. For admins."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from app.api import PREFIX
from app.api.deps import Here
from app.api.described import page_of
from app.api.paging import Page
from app.api.rendering import answer
from app.api.schemas import Described
from app.ledger import logbook
from app.ledger.journal import EntryKind

router = APIRouter(prefix=PREFIX, tags=["journal"])


class JournalEntry(Described):
    """One entry of the journal: a write, and all that came with it."""

    id: Annotated[int, Field(description="Its place: entries are numbered from 1 without a gap.")]
    recorded_at: dt.datetime
    kind: EntryKind
    action: str
    subject: Annotated[str, Field(description="A file's name, a key's, a user's, a code.")]
    actor: str
    user: Annotated[int | None, Field(description="The user's number; null where it was none.")]
    key: Annotated[int | None, Field(description="The key's number; null where it was none.")]
    seal: Annotated[
        str | None,
        Field(description="SHA-256 of the seal before it and of all that was written, in hex."),
    ]


EXAMPLE: Final[dict[str, Any]] = {
    "id": 42,
    "recorded_at": "2013-04-08T09:30:00+08:00",
    "kind": "submission",
    "action": "accepted",
    "subject": "march.xlsx",
    "actor": "Statistics system",
    "user": None,
    "key": 3,
    "seal": "0e4bbf55e5c2a4a8e3b1de6b0cf0e0a8b5f6c6f7f1c8d3a2b19c3d4e5f60718a",
}

OfKind = Annotated[
    EntryKind | None,
    Query(description="Only entries of this kind.", examples=["submission"]),
]


@router.get(
    "/journal",
    name="list_journal",
    summary="Read the log",
    responses=page_of(JournalEntry, EXAMPLE),
)
def list_journal(here: Here, page: Page, kind: OfKind = None) -> Response:
    """List every write from the first on: who did what when, each with its seal.

    An entry's seal is made from the one before it, so that nothing before can be changed, taken
    away or slipped in without all later seals being wrong; `dabiao check` verifies them.
    """
    after = page.place(int)
    with here.office.database.read() as connection:
        _, seen = page.seen(here.office, connection)
        listed = logbook.listed(
            connection,
            after=0 if after is None else after[0],
            upto=seen.position,
            limit=page.limit + 1,
            kind=kind,
        )
    content = page.answer(listed, seen, key=lambda entry: (entry.id,), show=asdict)
    return answer(here, content)
