"""Whether the record holds illustrative figures: made up to be looked at, not to be believed.

They come in folders whose names end so, loaded on this machine; no delivery over HTTP counts, so
that nobody else can mark a real office's pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from app.ledger import journal
from app.ledger.tables import submission

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.ledger.database import Database

SUFFIX: Final = "-illustrative"
"""How the name of a folder of illustrative figures ends."""


def found_after(connection: Connection, position: int, upto: int | None = None) -> bool:
    """Tell whether illustrative figures were recorded after a position, up to another if given."""
    query = select(submission.c.id).where(
        submission.c.id > position,
        submission.c.api_key_id.is_(None),
        submission.c.user_id.is_(None),
        submission.c.created > 0,
        submission.c.filename.contains(f"{SUFFIX}/", autoescape=True),
    )
    if upto is not None:
        query = query.where(submission.c.id <= upto)
    return connection.execute(query.limit(1)).first() is not None


class Watch:
    """Remembers up to where the record was looked through, so that it is read once."""

    def __init__(self) -> None:
        """Begin before the first entry."""
        self._position = 0
        self._found = False

    def seen(self, database: Database) -> bool:
        """Tell whether there are illustrative figures by now; what is recorded stays recorded."""
        if not self._found:
            with database.read() as connection:
                upto = journal.position(connection)
                # Two threads may look through the same; neither takes back what the other found.
                if upto > self._position:
                    if found_after(connection, self._position):
                        self._found = True
                    self._position = upto
        return self._found
