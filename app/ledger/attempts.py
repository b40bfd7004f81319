"""How often somebody has tried to sign in of late: per name and per address, on all replicas.

An attempt is counted before its password is looked at, in the one writer's transaction, so that a
hundred at once are a hundred. One that succeeds is taken back. Names are kept as hashes: now and
then somebody types a password there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select, update

from app.ledger.tables import sign_in_count

if TYPE_CHECKING:
    from sqlalchemy import Connection

WINDOW: Final = dt.timedelta(minutes=15)
PER_NAME: Final = 10
PER_ADDRESS: Final = 50
"""Attempts within a window. A whole office may stand behind one address."""
_IPV6_NETWORK: Final = 64
"""The bits of an address that a household's or an office's machines share."""


def count(
    connection: Connection, name: str, address: str | None, now: dt.datetime
) -> dt.timedelta | None:
    """Count an attempt; returns how long to wait where there were too many, None otherwise.

    Only within `write`.
    """
    connection.execute(delete(sign_in_count).where(sign_in_count.c.begun_at <= now - WINDOW))
    limits = _limits(name, address)
    query = select(sign_in_count).where(sign_in_count.c.subject.in_(limits))
    rows = {row.subject: row for row in connection.execute(query)}
    ends = [row.begun_at + WINDOW for row in rows.values() if row.attempts >= limits[row.subject]]
    if ends:
        wait: dt.timedelta = max(ends) - now
        return wait
    for subject in limits:
        if subject in rows:
            _set(connection, subject, rows[subject].attempts + 1)
        else:
            row = {"subject": subject, "attempts": 1, "begun_at": now}
            connection.execute(insert(sign_in_count), row)
    return None


def forgive(connection: Connection, name: str, address: str | None) -> None:
    """Take an attempt back that succeeded, and all before it for its name; only within `write`."""
    subject_of_name, *others = _limits(name, address)
    connection.execute(delete(sign_in_count).where(sign_in_count.c.subject == subject_of_name))
    for subject in others:
        query = select(sign_in_count.c.attempts).where(sign_in_count.c.subject == subject)
        attempts = connection.execute(query).scalar()
        if attempts:
            _set(connection, subject, attempts - 1)


def _set(connection: Connection, subject: str, attempts: int) -> None:
    query = update(sign_in_count).where(sign_in_count.c.subject == subject)
    connection.execute(query.values(attempts=attempts))


def _limits(name: str, address: str | None) -> dict[str, int]:
    """Return the limit of each subject, the name's first."""
    digest = hashlib.sha256(name.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()
    limits = {f"name:{digest}": PER_NAME}
    if address is not None:
        limits[f"address:{_network(address)}"] = PER_ADDRESS
    return limits


def _network(address: str) -> str:
    """Return what counts as one address; what is none, as a socket's path, counts as it is."""
    try:
        read = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if read.version == 4:  # noqa: PLR2004 - the version's number
        return str(read)
    return str(ipaddress.ip_network((read, _IPV6_NETWORK), strict=False))
