"""Tables made of parameters: many rows looked up by one statement, whatever their number.

The statement is the same for one row and for ten thousand, so it is built and compiled once. Lists
in SQL (`IN`, by KPIs, by departments and by periods) would also read all that lies between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import ARRAY, String, bindparam, func, select

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Subquery
    from sqlalchemy.types import TypeEngine


class Listed:
    """A table of parameters: its columns, and per engine the statement that unpacks them."""

    def __init__(self, name: str, columns: Mapping[str, TypeEngine[Any]]) -> None:
        """Name the table, and its columns with their types."""
        self._name = name
        self._columns = columns
        self._tables = {"sqlite": self._of_json(), "postgresql": self._of_arrays()}

    def table(self, dialect: str) -> Subquery:
        """Return the table, to be joined in a statement of that engine."""
        return self._tables[dialect]

    def parameters(self, dialect: str, rows: Iterable[Sequence[object]]) -> dict[str, Any]:
        """Return the parameters of a statement with the table, which then has these rows.

        They are numbers and texts, none of them missing, as the driver takes them (`Prepared`).
        """
        given = list(rows)
        if dialect == "sqlite":
            return {self._name: orjson.dumps(given).decode()}
        listed = zip(*given, strict=True) if given else ((),) * len(self._columns)
        return {
            self._parameter(column): _array(values)
            for column, values in zip(self._columns, listed, strict=True)
        }

    def _parameter(self, column: str) -> str:
        return f"{self._name}_{column}"

    def _of_json(self) -> Subquery:
        rows = func.json_each(bindparam(self._name, type_=String)).table_valued("value")
        columns = [
            func.json_extract(rows.c.value, f"$[{index}]").label(column)
            for index, column in enumerate(self._columns)
        ]
        return select(*columns).subquery(self._name)

    def _of_arrays(self) -> Subquery:
        arrays = [
            bindparam(self._parameter(column), type_=ARRAY(kind))
            for column, kind in self._columns.items()
        ]
        rows = func.unnest(*arrays).table_valued(*self._columns).render_derived(f"{self._name}s")
        return select(*rows.c).subquery(self._name)


def _array(values: Iterable[object]) -> str:
    """Write numbers or texts as PostgreSQL reads an array; its driver takes longer over a list."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
