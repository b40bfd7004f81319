"""ETags and what requests make depend on them (RFC 9110, section 13).

A resource's tag is the number of its version, quoted. Comparison is the strong one: a weak tag
fits nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.datastructures import Headers

_TAG = re.compile(r'\s*(W/)?("[^"]*")\s*')
_ANY = "*"


def etag(version: int) -> str:
    """Return the tag of a version."""
    return f'"{version}"'


def precondition(headers: Headers) -> Callable[[int | None], bool]:
    """Return the check, told the version in force (None for none), whether a PUT may go on."""
    required, refused = _listed(headers, "if-match"), _listed(headers, "if-none-match")

    def holds(version: int | None) -> bool:
        if required is not None and not _fits(required, version):
            return False
        return refused is None or not _fits(refused, version)

    return holds


def is_known(headers: Headers, version: int) -> bool:
    """Tell whether the caller of a GET has this version already."""
    known = _listed(headers, "if-none-match")
    return known is not None and _fits([tag.removeprefix("W/") for tag in known], version)


def _listed(headers: Headers, name: str) -> list[str] | None:
    values = headers.getlist(name)
    if not values:
        return None
    parts = [part for value in values for part in value.split(",")]
    if any(part.strip() == _ANY for part in parts):
        return [_ANY]
    found = (_TAG.fullmatch(part) for part in parts)
    return [f"{tag[1] or ''}{tag[2]}" for tag in found if tag]


def _fits(tags: list[str], version: int | None) -> bool:
    return version is not None and (tags == [_ANY] or etag(version) in tags)
