"""The figures that a file holds: which they are, and their reading some at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ledger import revisions
from app.ledger.revisions import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.domain.catalogue import Catalogue
    from app.domain.period import Period
    from app.exports.formats import Listed
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.database import Database
    from app.ledger.places import Place

_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Filters:
    """Which figures are asked for: codes, and the periods that they touch; None for all.

    plan: stands for its periods and the KPIs that have targets in it.
    department: with those below it.
    """

    kpi: str | None = None
    department: str | None = None
    plan: str | None = None
    first: Period | None = None
    last: Period | None = None

    def wanted(self, catalogue: Catalogue, upto: int) -> Wanted:
        """Return the same as the ledger is asked. upto: a position of the journal."""
        return Wanted(
            upto=upto,
            kpis=self._kpis(catalogue),
            departments=self._departments(catalogue),
            ranges=[(self.first, self.last), *self._spans(catalogue)],
        )

    def _kpis(self, catalogue: Catalogue) -> set[str] | None:
        if self.plan is None:
            return None if self.kpi is None else {self.kpi}
        with_targets = {key[1] for key in catalogue.targets if key[0] == self.plan}
        return with_targets if self.kpi is None else with_targets & {self.kpi}

    def _departments(self, catalogue: Catalogue) -> set[str] | None:
        if self.department is None:
            return None
        tops = frozenset([self.department])
        return {code for code in catalogue.departments if catalogue.is_within(code, tops)}

    def _spans(self, catalogue: Catalogue) -> list[tuple[Period, Period]]:
        known = None if self.plan is None else catalogue.plans.get(self.plan)
        return [] if known is None else [(known.start, known.end)]


def chunks(
    database: Database, stored: StoredCatalogue, wanted: Wanted
) -> Iterator[Sequence[Listed]]:
    """Go through the figures wanted, some at a time.

    Each chunk is read on its own, at the same place of a journal that only grows: together they
    are one snapshot, and a slow reader holds no transaction open.
    """
    after: Place | None = None
    while True:
        with database.read() as connection:
            rows = revisions.page(connection, stored, wanted, after, _AT_ONCE)
        if rows:
            after = rows[-1][0]
            yield [(code, figure) for _, code, figure in rows]
        if len(rows) < _AT_ONCE:
            return
