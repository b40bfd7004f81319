"""What the address of a review page asks for, and whose figures are meant by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.lifecycle import State
from app.ledger.reviewing import REVIEWED, Wanted
from app.web import asked

if TYPE_CHECKING:
    import datetime as dt

    from app.domain.access import Actor
    from app.domain.catalogue import Catalogue
    from app.domain.kpi import Department
    from app.domain.period import Period
    from app.web.page import Page


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, as the address says it; None for what is not.

    alone: the department without those below it.
    """

    state: State
    department: str | None
    alone: bool
    kpi: str | None
    period: Period | None
    submission: int | None
    day: dt.date | None
    place: int

    @classmethod
    def of(cls, page: Page) -> Asked:
        """Read the address; raises Refused."""
        state = asked.word(page, "state")
        number = asked.word(page, "submission")
        return cls(
            state=State(state) if state in REVIEWED else State.SUBMITTED,
            department=asked.word(page, "department"),
            alone=asked.word(page, "alone") == "yes",
            kpi=asked.word(page, "kpi"),
            period=asked.period(page, "period"),
            submission=None if number is None else asked.place(page, "submission"),
            day=asked.day(page, "as_of"),
            place=asked.place(page, "page"),
        )

    def query(self, **other: object) -> dict[str, object]:
        """Return the address of the same, but for what is given otherwise."""
        mine: dict[str, object] = {
            "state": None if self.state is State.SUBMITTED else self.state.value,
            "department": self.department,
            "alone": "yes" if self.alone else None,
            "kpi": self.kpi,
            "period": self.period,
            "submission": self.submission,
            "as_of": self.day,
        }
        return {**mine, **other}

    def wanted(
        self, catalogue: Catalogue, actor: Actor | None, upto: int, submission: int | None = None
    ) -> Wanted:
        """Return which figures are meant, in whatever state, as of a position of the journal.

        submission: only those of this one, whichever is asked for.
        """
        departments = meant(catalogue, actor, self.department, alone=self.alone)
        number = self.submission if submission is None else submission
        return Wanted(upto, departments, self.kpi, self.period, number)


def meant(
    catalogue: Catalogue, actor: Actor | None, department: str | None, *, alone: bool = False
) -> frozenset[str] | None:
    """Return the departments that are meant: the one asked for and all below it.

    None asked for: those that whoever looks reaches; None for all.
    """
    if department is None:
        reach = None if actor is None else actor.departments
        if actor is None or reach is None:
            return None
        return frozenset(code for code in catalogue.departments if actor.reaches(catalogue, code))
    if alone:
        return frozenset([department])
    top = frozenset([department])
    return frozenset(code for code in catalogue.departments if catalogue.is_within(code, top))


def reporters(catalogue: Catalogue) -> list[tuple[int, Department]]:
    """Return the departments that report and those above them, as a tree, each with its depth."""
    wanted = {
        above
        for kpi in catalogue.kpis.values()
        for code in kpi.reported_by
        for above in catalogue.upwards(code)
    }

    def path(code: str) -> list[str]:
        return list(catalogue.upwards(code))[::-1]

    return [(len(path(code)) - 1, catalogue.departments[code]) for code in sorted(wanted, key=path)]
