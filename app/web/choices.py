"""The departments that a plan's page lets one choose from, written once for each catalogue.

Of a nation's thousands it takes longer to put them in order and to write them than all else that
the page shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.catalogue import Catalogue
    from app.domain.kpi import Department, Plan
    from app.ledger.catalogue import StoredCatalogue
    from app.web.page import Page

_OPTION = Markup('<option value="{}"{}>{}{}</option>')
_SELECTED = Markup(" selected")
_INDENT = "\u2003"


class Choices:
    """Keeps the options of the few plans that were looked at last; any thread may call it."""

    _KEPT = 8

    def __init__(self) -> None:
        """Begin with nothing kept."""
        self._kept: dict[tuple[object, ...], Markup] = {}

    def options(
        self,
        stored: StoredCatalogue,
        plan: Plan,
        page: Page,
        chosen: str | None,
    ) -> Markup:
        """Return the departments with targets in a plan and those above them, as options.

        chosen: the code of the one that is selected; None for none.
        """
        name = page.name
        key = (stored.position, plan.code, page.language)
        found = self._kept.get(key)
        if found is None:
            found = Markup("\n").join(
                _option(stored.catalogue, one, name) for one in _departments(stored.catalogue, plan)
            )
            # Two threads may do so at once; both write the same, one is kept.
            self._kept = {**dict(list(self._kept.items())[1 - self._KEPT :]), key: found}
        department = stored.catalogue.departments.get(chosen or "")
        if department is None:
            return found
        plain, selected = (
            _option(stored.catalogue, department, name, mark) for mark in ("", _SELECTED)
        )
        return found.replace(plain, selected, 1)


def _option(
    catalogue: Catalogue, one: Department, name: Callable[[Department], str], mark: str = ""
) -> Markup:
    depth = len(list(catalogue.upwards(one.code))) - 1
    return _OPTION.format(one.code, mark, _INDENT * depth, name(one))


def _departments(catalogue: Catalogue, plan: Plan) -> list[Department]:
    """Return the departments with targets in a plan and those above them, each above its own."""
    answerable = catalogue.answerable.get(plan.code, ())
    wanted = {above for code in answerable for above in catalogue.upwards(code)}
    ordered = sorted(wanted, key=lambda code: list(catalogue.upwards(code))[::-1])
    return [catalogue.departments[code] for code in ordered]
