"""Many figures' places in one read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, Integer, String, bindparam

from app.ledger.driver import Prepared
from app.ledger.listed import Listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import ColumnElement, Connection, Row, Select, Table

    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey

Place = tuple[int, int, str]
"""Where a figure stands in the table: number of its KPI, of its department, and the period."""

MOST_PLACES: Final = 10_000
"""Up to how many each is looked up by itself."""

_UPTO: Final = bindparam("upto", type_=BigInteger)
_PLACES: Final = Listed(
    "place", {"kpi_id": Integer(), "department_id": Integer(), "period": String()}
)


class Lookup:
    """Looks up rows of a table of figures by their places.

    Its statement is made once for each engine, of now and of the past.
    """

    def __init__(
        self, table: Table, query: Callable[[ColumnElement[int] | None], Select[Any]]
    ) -> None:
        """Take the table, and what makes the query of its rows as of a position; None: of now."""
        self._table = table
        self._query = query
        self._now = Prepared(lambda dialect: self._statement(dialect, None))
        self._past = Prepared(lambda dialect: self._statement(dialect, _UPTO))

    def rows(
        self,
        connection: Connection,
        stored: StoredCatalogue,
        keys: Iterable[FigureKey],
        upto: int | None = None,
    ) -> Iterator[tuple[FigureKey, Row[Any]]]:
        """Give the rows of `keys`, each with its key, as of a position; None: of now."""
        places = {
            (stored.kpi_ids[key[0]], stored.department_ids[key[1]], str(key[2])): key
            for key in keys
        }
        if not places:
            return
        dialect = connection.dialect.name
        given = _PLACES.parameters(dialect, places)
        if upto is not None:
            given["upto"] = upto
        for row in (self._now if upto is None else self._past).rows(connection, given):
            yield places[row.kpi_id, row.department_id, row.period], row

    def _statement(self, dialect: str, upto: ColumnElement[int] | None) -> Select[Any]:
        place = _PLACES.table(dialect)
        return self._query(upto).where(
            self._table.c.kpi_id == place.c.kpi_id,
            self._table.c.department_id == place.c.department_id,
            self._table.c.period == place.c.period,
        )
