"""Statements that go to the driver as they are, past what SQLAlchemy does for each execution.

What is asked for every lot of deliveries is built with SQLAlchemy like everything else, but
compiled once for an engine, and its parameters and rows are handed on by us: to go through
SQLAlchemy takes several times as long as most of these statements. Errors are SQLAlchemy's all the
same.
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection, Select

    Parameters = Mapping[str, Any] | Sequence[Any]
    Process = Callable[[Any], Any]


BEGIN: Final = "dabiao_begin"
"""The execution option by which a connection says how its transactions begin."""


def begin(connection: Connection, **how: object) -> None:
    """Begin a transaction, where the driver is told to begin none itself; raises as `run`."""
    run(connection, connection.get_execution_options().get(BEGIN, "BEGIN"), (), **how)


def run(connection: Connection, statement: str, parameters: Parameters = (), **how: object) -> Any:  # noqa: ANN401 - the driver's own
    """Execute a statement of the engine's own SQL; returns the driver's cursor.

    how: what else this engine's driver is to be told.
    Raises sqlalchemy.exc.DBAPIError, as SQLAlchemy does.
    """
    return _executed(connection, statement, parameters, many=False, **how)


def run_many(connection: Connection, statement: str, rows: Sequence[Sequence[object]]) -> None:
    """Execute a statement once for each row of parameters; raises as `run`."""
    _executed(connection, statement, rows, many=True)


def _executed(
    connection: Connection, statement: str, parameters: Parameters, *, many: bool, **how: object
) -> Any:  # noqa: ANN401 - the driver's own
    cursor: Any = connection.connection.cursor()
    # Who counts an engine's statements counts these, too.
    for hear in connection.dispatch.before_cursor_execute:
        hear(connection, cursor, statement, parameters, None, many)
    try:
        (cursor.executemany if many else cursor.execute)(statement, parameters, **how)
    except connection.dialect.loaded_dbapi.Error as error:
        # SQLAlchemy's own way: it tells the pool of a lost connection, and who listens to errors.
        connection._handle_dbapi_exception(error, statement, parameters, cursor, None)  # noqa: SLF001
    return cursor


class Prepared:
    """A query that is compiled when it is first asked, once for each engine.

    Its parameters have to be what the driver takes as it is: numbers, plain text, lists of them.
    """

    def __init__(self, make: Callable[[str], Select[Any]]) -> None:
        """Take what makes the query for an engine, by the name of its dialect."""
        self._make = make
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, given: Mapping[str, Any]) -> list[Any]:
        """Return the rows, each a named tuple of values as SQLAlchemy gives them."""
        dialect = connection.dialect.name
        compiled = self._compiled.get(dialect)
        if compiled is None:
            compiled = self._compiled[dialect] = _compiled(connection, self._make(dialect))
        return compiled.rows(connection, given)


@dataclass(frozen=True, slots=True)
class _Compiled:
    statement: str
    names: Sequence[str] | None
    """The parameters in their order, where the driver takes them by place."""
    constants: Mapping[str, Any]
    row: Callable[..., Any]
    processes: Sequence[tuple[int, Process]]

    def rows(self, connection: Connection, given: Mapping[str, Any]) -> list[Any]:
        parameters: Any = {**self.constants, **given}
        if self.names is not None:
            parameters = [parameters[name] for name in self.names]
        found = run(connection, self.statement, parameters).fetchall()
        if not self.processes:
            return [self.row(*values) for values in found]
        rows = []
        for values in map(list, found):
            for place, process in self.processes:
                if values[place] is not None:
                    values[place] = process(values[place])
            rows.append(self.row(*values))
        return rows


def _compiled(connection: Connection, query: Select[Any]) -> _Compiled:
    dialect = connection.dialect
    compiled = query.compile(dialect=dialect)
    columns = query.selected_columns
    processes = [
        (place, partial(column.type.process_result_value, dialect=dialect))
        for place, column in enumerate(columns)
        if isinstance(column.type, TypeDecorator)
    ]
    row = namedtuple("row", [str(column.key) for column in columns])  # type: ignore[misc]  # noqa: PYI024 - its names are known when it runs
    return _Compiled(
        statement=str(compiled),
        names=compiled.positiontup,
        constants={name: value for name, value in compiled.params.items() if value is not None},
        row=row,
        processes=processes,
    )
