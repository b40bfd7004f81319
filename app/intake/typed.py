"""Figures that were typed into the page: read as a table that people make, like a file's."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Final

from app.intake.submission import Delivery
from app.intake.table import FIELDS
from app.intake.tabular import arrange
from app.ledger.submissions import NewSubmission, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.access import Actor

TypedRow = tuple[int, "Mapping[str, str]"]
"""A row's number on the page, and its cells by the names of `FIELDS`."""

_SHEET: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read_typed(rows: Sequence[TypedRow], actor: Actor, sheet: str = "") -> Delivery:
    """Put typed rows into a table, as a delivery that came from the web.

    sheet: which sheet they were typed into. The same figures from the same sheet are one delivery,
    however often a button is pressed; others from it are another one, so that a refused sheet can
    be mended and posted again.
    """
    records = [(number, [cells.get(name, "") for name in FIELDS]) for number, cells in rows]
    body = json.dumps(records, ensure_ascii=False).encode("utf-8", "surrogatepass")
    fingerprint = hashlib.sha256(body).hexdigest()
    new = NewSubmission(
        source=Source.WEB,
        fingerprint=fingerprint,
        api_key_id=actor.key,
        user_id=actor.user,
        idempotency_key=f"{sheet}.{fingerprint}" if _SHEET.fullmatch(sheet) else None,
    )
    return Delivery(arrange([(0, FIELDS), *records]), new)
