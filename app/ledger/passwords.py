"""Passwords: hashed by Argon2id, verified in about the same time whether there is a user or not.

The parameters are the second set that RFC 9106 (section 4) recommends: 3 passes over 64 MiB in
4 lanes. They stand in every hash, so they can be raised here: what was hashed with others is
hashed anew when its user next signs in.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

HASHER: Final = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)

# 64 MiB each: a crowd that signs in at once waits in turn rather than taking the machine's memory.
_AT_ONCE: Final = threading.BoundedSemaphore(2)
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are mistaken for each other when they are read out."""
_GROUPS, _GROUP_LENGTH = 4, 5


def generate() -> str:
    """Return a new password of 99 random bits, in groups that can be read out."""
    groups = (
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


def hashed(password: str) -> str:
    """Return a password's hash, with its parameters and salt."""
    with _AT_ONCE:
        return HASHER.hash(_normal(password))


def verify(stored: str | None, password: str) -> bool:
    """Tell whether a password is the one; None, which no password fits, takes as long."""
    with _AT_ONCE:
        try:
            HASHER.verify(stored or _nobodys(), _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(stored)


def _normal(password: str) -> bytes:
    """Return a password as it is hashed: the same however a keyboard puts its characters together.

    NFKC, as NIST SP 800-63B says. A lone surrogate, which no form sends, is kept apart.
    """
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@cache
def _nobodys() -> str:
    return HASHER.hash(secrets.token_bytes(32))
