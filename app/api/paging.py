"""Lists, page by page, by an opaque cursor.

A cursor carries the list it belongs to, the place where its page ended, and the moment that the
first page saw. Since the ledger only grows, all pages together are the list as it was at that
moment, whatever is posted between two of them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Request

from app.api.parameters import Cursor, Limit, parse_instant
from app.domain.finding import Finding
from app.errors import Refused
from app.intake.limits import BAD_CHARACTER
from app.ledger.scoreboard import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.office import Office

USUAL = 100
LARGE = 1000
"""The size of a page unless `limit` says otherwise; the scoreboard's is the large one."""

_LONGEST = 2000
_LARGEST = 2**63 - 1
Key = tuple[str | int, ...]
"""What puts a list into its order, and so names a place in it."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Paging:
    """What of a list is asked for.

    tag: what the list and its filters are; a cursor of another list does not fit.
    """

    limit: int
    tag: str
    position: int | None = None
    now: dt.datetime | None = None
    after: Key = ()

    def seen(
        self, office: Office, connection: Connection, as_of: dt.datetime | None = None
    ) -> tuple[StoredCatalogue, Moment]:
        """Return the catalogue and the moment: the first page's on every later one."""
        if self.position is None or self.now is None:
            return office.seen(connection, as_of)
        at = Moment(self.position, self.now, self.now.astimezone(office.zone).date())
        return office.reader.at(connection, at.position), at

    def place(self, *kinds: type) -> Any:  # noqa: ANN401 - a tuple of just these kinds
        """Return the key after which the page begins, None for the first page; raises Refused."""
        if self.position is None:
            return None
        if tuple(map(type, self.after)) != kinds:
            raise _bad_cursor()
        return self.after

    def answer(
        self, rows: Sequence[T], seen: Moment, key: Callable[[T], Key], show: Callable[[T], Any]
    ) -> dict[str, Any]:
        """Return a page; `rows` are those from its place on, one more than fits if there is one."""
        more = len(rows) > self.limit
        fitting = rows[: self.limit]
        return {
            "items": [show(row) for row in fitting],
            "next": self._cursor(seen, key(fitting[-1])) if more else None,
        }

    def _cursor(self, seen: Moment, key: Key) -> str:
        content = orjson.dumps([self.tag, seen.position, seen.now.isoformat(), *key])
        return urlsafe_b64encode(content).rstrip(b"=").decode()


def _paging(request: Request, limit: int, cursor: str | None) -> Paging:
    filters = sorted(
        pair for pair in request.query_params.multi_items() if pair[0] not in ("limit", "cursor")
    )
    tag = hashlib.sha256(repr((request.url.path, filters)).encode()).hexdigest()[:16]
    if cursor is None:
        return Paging(limit, tag)
    try:
        position, now, after = _read(cursor, tag)
    except ValueError as error:
        raise _bad_cursor() from error
    return Paging(limit, tag, position, now, after)


def _read(cursor: str, tag: str) -> tuple[int, dt.datetime, Key]:
    """Read a cursor, which may be anything; raises ValueError."""
    if len(cursor) > _LONGEST or not cursor.isascii():
        raise ValueError("too long, or not of ours")
    content = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    match content:
        case [str() as given, int() as position, str() as now, *after] if given == tag:
            return _checked(position), parse_instant(now), tuple(map(_checked, after))
        case _:
            raise ValueError("a cursor of another list")


V = TypeVar("V", int, str)


def _checked(part: V) -> V:
    """Let pass what a key is made of, and what every store can compare."""
    if type(part) is int and 0 <= part <= _LARGEST:
        return part
    if type(part) is str and BAD_CHARACTER.search(part) is None:
        return part
    raise ValueError("not a part of a key")


def _bad_cursor() -> Refused:
    return Refused("the cursor is of another list", [Finding("bad_cursor", column="cursor")])


async def _usual(request: Request, limit: Limit = USUAL, cursor: Cursor = None) -> Paging:
    return _paging(request, limit, cursor)


async def _large(request: Request, limit: Limit = LARGE, cursor: Cursor = None) -> Paging:
    return _paging(request, limit, cursor)


Page = Annotated[Paging, Depends(_usual)]
LargePage = Annotated[Paging, Depends(_large)]
