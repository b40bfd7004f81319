"""What a command names, found in the catalogue: by code or, as in a file, by its exact name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.errors import NotFound
from app.ledger.scoreboard import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.catalogue import Catalogue
    from app.domain.kpi import Department, Kpi


def selected(
    catalogue: Catalogue, plan: str | None, kpi: str | None, department: str | None
) -> Selection:
    """Return what was asked for, by its codes.

    Raises NotFound for what is not in the catalogue: an empty page would mislead.
    """
    return Selection(
        plan=None if plan is None else _code("plan", plan, catalogue.plans, {}),
        kpi=None if kpi is None else _code("KPI", kpi, catalogue.kpis, catalogue.kpis_by_name),
        department=None if department is None else _department(catalogue, department),
    )


def selected_place(catalogue: Catalogue, kpi: str, department: str) -> tuple[Kpi, Department]:
    """Return the KPI and the department named; raises NotFound."""
    code = _code("KPI", kpi, catalogue.kpis, catalogue.kpis_by_name)
    return catalogue.kpis[code], catalogue.departments[_department(catalogue, department)]


def _department(catalogue: Catalogue, text: str) -> str:
    return _code("department", text, catalogue.departments, catalogue.departments_by_name)


def _code(
    kind: str, text: str, codes: Mapping[str, Any], by_name: Mapping[str, tuple[str, ...]]
) -> str:
    if text in codes:
        return text
    match by_name.get(text, ()):
        case (code,):
            return code
        case ():
            msg = f"there is no {kind} {text}"
        case several:
            msg = f"more than one {kind} is named {text}; give a code: {', '.join(several)}"
    raise NotFound(msg)
