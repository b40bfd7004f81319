"""`basic_auth_users`: who may come in by name and password.

bcrypt is made to be slow (70 ms at cost 10), and a scraper comes every few seconds. So a password
that has been found right is remembered, as a keyed digest that is worth nothing outside of this
process, and found again in microseconds. A wrong one is computed each time, one after another.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from base64 import b64decode
from typing import TYPE_CHECKING, Final

import bcrypt

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST: Final = 72
"""Bytes of a password that bcrypt looks at; a longer one was never hashed whole."""
_NOBODYS: Final = bcrypt.hashpw(secrets.token_bytes(32), bcrypt.gensalt(10)).decode()
"""Compared with for a name that is nobody's, so that the time taken does not tell."""


class Passwords:
    """Checks names and passwords against hashes, which may change from one call to the next."""

    def __init__(self) -> None:
        """Begin with none remembered."""
        self._key = secrets.token_bytes(32)
        self._right: dict[str, bytes] = {}
        self._one_at_a_time = asyncio.Lock()

    async def admits(self, users: Mapping[str, str], credentials: str) -> bool:
        """Tell whether credentials, as they stand behind `Basic`, are a user's."""
        given = _name_and_password(credentials)
        if given is None:
            return False
        name, password = given
        hashed = users.get(name)
        digest = self._digest(hashed or "", password)
        if hashed and hmac.compare_digest(digest, self._right.get(name, b"")):
            return True
        async with self._one_at_a_time:
            right = await asyncio.to_thread(_is_right, password, hashed or _NOBODYS)
        if hashed and right:
            # One password a user: what is remembered is bounded by the file.
            self._right[name] = digest
        return bool(hashed) and right

    def _digest(self, hashed: str, password: bytes) -> bytes:
        # With the hash: a user whose password was changed is no longer known by the old one.
        return hmac.digest(self._key, hashed.encode() + b"\0" + password, "sha256")


def _name_and_password(credentials: str) -> tuple[str, bytes] | None:
    try:
        name, colon, password = b64decode(credentials, validate=True).partition(b":")
        return (name.decode(), password) if colon else None
    except ValueError:
        return None


def _is_right(password: bytes, hashed: str) -> bool:
    fits = len(password) <= _LONGEST and b"\0" not in password
    return bcrypt.checkpw(password if fits else b"", hashed.encode()) and fits
