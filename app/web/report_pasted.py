"""Tables that come into the grid: from a paste with headers, or from a file that was refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.domain.finding import Severity
from app.intake.table import FIELDS
from app.intake.tabular import read_csv
from app.web.report_form import MOST_ROWS, Given
from app.web.report_sheet import CODES, Said, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.domain.catalogue import Catalogue
    from app.domain.finding import Finding
    from app.intake.table import Table
    from app.ledger.revisions import FigureKey
    from app.web.page import Page
    from app.web.report_form import Typed

_MISSING: Final = "missing_column"


def given_of(table: Table) -> tuple[Given, ...]:
    """Return a table's rows as rows of the grid, under their numbers in the file."""
    return tuple(
        Given(number, {name: column[index] for name, column in table.columns.items()})
        for index, number in enumerate(table.numbers)
    )


def merged(
    page: Page, catalogue: Catalogue, typed: Typed
) -> tuple[tuple[Given, ...], int, list[Said]]:
    """Put a pasted table with headers into the grid's rows.

    Returns the rows, how many the table had, and what is wrong with its headers. A pasted row goes
    where its figure stands, or below. What no column says is taken from the grid where there is
    just one: most people paste a table of one department and month.
    """
    table = read_csv(typed.pasted.encode("utf-8", "surrogatepass"))
    usual = _usual(typed.rows)
    problems = [
        found for found in table.findings if not (found.code == _MISSING and _field(found) in usual)
    ]
    pasted = [
        replace(row, cells={**{name: usual.get(name, "") for name in CODES}, **row.cells})
        for row in given_of(table)
    ][:MOST_ROWS]
    rows = _put(catalogue, list(typed.rows), pasted)
    say = page.site.services.translator.message
    said = [
        Said(None, None, found.severity, say(found, page.language))
        for found in problems
        if found.severity is Severity.ERROR
    ]
    return rows[:MOST_ROWS], len(pasted), said


def _field(found: Finding) -> str:
    name = found.values.get("name", "")
    return {"部门": "department", "期间": "period", "指标": "kpi"}.get(name, name)


def _usual(rows: Iterable[Given]) -> dict[str, str]:
    """Return the department and the period of all rows that the page named, where there is one."""
    found = {}
    for name in ("department", "period"):
        texts = {row.cells.get(name, "") for row in rows if row.is_named}
        if len(texts) == 1:
            found[name] = texts.pop()
    return found


def _put(catalogue: Catalogue, rows: list[Given], pasted: Iterable[Given]) -> tuple[Given, ...]:
    places: dict[FigureKey, int] = {}
    for place, row in enumerate(rows):
        key = key_of(catalogue, row.cells)
        if key is not None:
            places.setdefault(key, place)
    last = max((row.number for row in rows), default=0)
    for new in pasted:
        key = key_of(catalogue, new.cells)
        if key is not None and key in places:
            place = places.pop(key)
            rows[place] = replace(rows[place], cells=_cells(rows[place].cells, new.cells))
        else:
            last += 1
            rows.append(Given(last, _cells({}, new.cells)))
    return tuple(rows)


def _cells(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Return a row's cells with what was pasted; the codes of a row that is there stay."""
    return {
        name: old.get(name) or new.get(name, "")
        if name in CODES
        else new.get(name, "") or old.get(name, "")
        for name in FIELDS
    }
