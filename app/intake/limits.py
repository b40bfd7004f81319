"""What every reader keeps to: which characters are kept, how much is quoted, how much is found."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from app.domain.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_CELL = 32 * 1024
"""Characters in one cell; a spreadsheet's own limit is one less."""
MAX_FINDINGS = 10_000
_QUOTED = 80
"""Characters of a delivery that a finding repeats."""

BAD_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters but tab and line ends, lone surrogates, and what XML cannot hold.

No store, spreadsheet or page can be relied upon to give these back.
"""

_CONTROLS = bytes(code for code in range(0x20) if chr(code) not in "\t\n\r") + b"\x7f"
_HARMLESS = bytes(byte for byte in range(0x100) if byte not in _CONTROLS)
_LEADING = (b"\xc2", b"\xed", b"\xef\xbf")
"""How, in UTF-8, the bad characters above ASCII begin, and good ones too."""


def is_clean(text: str) -> bool:
    """Tell whether no character of a text is bad; what it goes by is faster than the pattern."""
    data = text.encode(errors="surrogatepass")
    if data.translate(None, delete=_HARMLESS):
        return False
    doubtful = not text.isascii() and any(start in data for start in _LEADING)
    return not doubtful or BAD_CHARACTER.search(text) is None


def bad_character(text: str) -> str | None:
    """Name the first character that cannot be kept (`U+0000`), if there is one."""
    found = BAD_CHARACTER.search(text)
    return None if found is None else f"U+{ord(found[0]):04X}"


def quotable(text: str) -> str:
    """Return what a finding may repeat of a delivery: short, and without bad characters."""
    short = text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
    return BAD_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", short)


def gather(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Collect findings, in the order of their rows, up to the limit.

    Taken from a generator, so that a delivery made of nothing but faults costs no more memory
    than the limit. Beyond it a last finding speaks of the delivery as a whole: the rows that are
    not named any more may be as wrong as the others, so none may stand.
    """
    first = list(islice(findings, MAX_FINDINGS + 1))
    if not first:
        return ()
    whole = first[MAX_FINDINGS:]
    listed = sorted(first[:MAX_FINDINGS], key=lambda finding: finding.row or 0)
    if whole:
        listed.append(Finding("too_many_findings", values={"limit": str(MAX_FINDINGS)}))
    return tuple(listed)
