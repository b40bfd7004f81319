"""Many figures' places in one read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, String, and_

from app.ledger.listed import Listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import ColumnElement, FromClause

    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey

Place = tuple[int, int, str]
"""Where a figure stands in the table: number of its KPI, of its department, and the period."""

MOST_PLACES: Final = 10_000
"""Up to how many each is looked up by itself."""

_PLACES: Final = Listed(
    "place", {"kpi_id": Integer(), "department_id": Integer(), "period": String()}
)


def numbered(stored: StoredCatalogue, keys: Iterable[FigureKey]) -> dict[Place, FigureKey]:
    """Return figures by their places."""
    return {
        (stored.kpi_ids[key[0]], stored.department_ids[key[1]], str(key[2])): key for key in keys
    }


def is_placed(table: FromClause, dialect: str) -> ColumnElement[bool]:
    """Return the condition that a row of a table of figures is at one of the places given."""
    place = _PLACES.table(dialect)
    return and_(
        table.c.kpi_id == place.c.kpi_id,
        table.c.department_id == place.c.department_id,
        table.c.period == place.c.period,
    )


def given_places(dialect: str, places: Mapping[Place, object]) -> dict[str, Any]:
    """Return the parameters of a statement with `is_placed`."""
    return _PLACES.parameters(dialect, places)
