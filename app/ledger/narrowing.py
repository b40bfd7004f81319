"""Narrowing a read down to some KPIs or departments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Column, Select

    from app.ledger.catalogue import StoredCatalogue

_MOST_IN_LIST = 500


def narrowed(query: Select[Any], column: Column[int], numbers: Collection[int]) -> Select[Any]:
    """Ask for rows of `numbers` alone, unless these are many: then the caller sorts them out.

    Reading a long list's table whole is cheaper than a long list in SQL.
    """
    return query.where(column.in_(sorted(numbers))) if len(numbers) <= _MOST_IN_LIST else query


def numbers_of(codes: Collection[str], numbers: Mapping[str, int]) -> list[int]:
    """Return the numbers behind codes; one that is not in the catalogue has none."""
    return [numbers[code] for code in codes if code in numbers]


def by_codes(
    query: Select[Any],
    columns: tuple[Column[int], Column[int]],
    stored: StoredCatalogue,
    kpis: Collection[str] | None,
    departments: Collection[str] | None,
) -> Select[Any]:
    """Narrow down to KPIs and departments by code; None for all.

    columns: those of the KPI's and of the department's number.
    """
    for column, codes, numbers in (
        (columns[0], kpis, stored.kpi_ids),
        (columns[1], departments, stored.department_ids),
    ):
        # Told by the codes that were asked for, known or not: so many are not looked up one by one.
        if codes is not None and len(codes) <= _MOST_IN_LIST:
            query = narrowed(query, column, numbers_of(codes, numbers))
    return query
