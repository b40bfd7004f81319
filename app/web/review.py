"""Review: what came in and waits; approved, returned or reopened, one figure or many at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.lifecycle import Action, State
from app.ledger import reviewing
from app.ledger.reviewing import REVIEWED
from app.web import asked as asking
from app.web import review_acts
from app.web.forms import Form
from app.web.page import Here
from app.web.review_asked import Asked, reporters
from app.web.review_shown import evidence, grouped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.domain.kpi import Department
    from app.domain.period import Period
    from app.ledger.reviewing import Heap
    from app.web.page import Page
    from app.web.review_acts import Outcome

router = APIRouter(include_in_schema=False)

ROWS: Final = 100
"""Figures on one page of the list."""

ACTIONS: Final = {
    State.SUBMITTED: (Action.APPROVE, Action.RETURN),
    State.APPROVED: (Action.REOPEN,),
}
"""What can be done with figures that stand somewhere."""


@router.get("/review", name="review_page")
def review_page(page: Here) -> Response:
    """Show what waits for review, or what became of it; all state in the address."""
    return _shown(page, Asked.of(page), None)


@router.post("/review", name="review_figures")
def review_figures(page: Here, form: Form) -> Response:
    """Do what was chosen, and show what is left."""
    wanted = Asked.of(page)
    outcome = review_acts.act(page, form, wanted)
    if outcome.told:
        return _shown(page, wanted, outcome)
    done = {"done": outcome.action.value, "figures": outcome.count}
    return page.go(page.link("review_page", wanted.query(**done)))


def _shown(page: Page, wanted: Asked, outcome: Outcome | None) -> Response:
    office = page.office
    with office.database.read() as connection:
        stored, seen = office.seen(connection, asking.end_of(wanted.day, page))
        scope = wanted.wanted(stored.catalogue, page.actor, seen.position)
        heaps = reviewing.heaps(connection, stored, _anytime(scope))
        mine = _meant(heaps, wanted.period)
        counts = _by_submission(mine, wanted.state)
        part = ((wanted.place - 1) * ROWS, ROWS)
        rows = reviewing.listed(connection, stored, scope, wanted.state, part)
        known = evidence(connection, stored, seen, rows)
    total = sum(counts.values())
    acts = ACTIONS.get(wanted.state, ()) if wanted.day is None else ()
    return page.render(
        "review.html",
        status=200 if outcome is None else outcome.status,
        asked=wanted,
        position=seen.position,
        states=_by_state(mine),
        groups=grouped(page, known, rows, counts),
        total=total,
        pages=-(-total // ROWS),
        acts=acts if page.may("review_figures") else (),
        chosen=set() if outcome is None else outcome.names,
        reason="" if outcome is None else outcome.reason,
        told=[*_done(page), *(outcome.told if outcome else ())],
        departments=reporters(stored.catalogue),
        kpis=sorted(stored.catalogue.kpis.values(), key=page.name),
        periods=_periods(heaps, wanted),
        reach=_reach(page, stored.catalogue.departments),
    )


def _anytime(scope: reviewing.Wanted) -> reviewing.Wanted:
    """Return the same, of all periods: the list of periods to choose from is made of them."""
    return reviewing.Wanted(scope.upto, scope.departments, scope.kpi, None, scope.submission)


def _meant(heaps: Iterable[Heap], period: Period | None) -> list[Heap]:
    inside = None if period is None else set(reviewing.within(period))
    return [heap for heap in heaps if inside is None or heap.period in inside]


def _by_submission(heaps: Iterable[Heap], state: State) -> Counter[int]:
    counts: Counter[int] = Counter()
    for heap in heaps:
        if heap.state is state:
            counts[heap.submission] += heap.count
    return counts


def _by_state(heaps: Iterable[Heap]) -> list[tuple[State, int]]:
    counts: Counter[State] = Counter()
    for heap in heaps:
        counts[heap.state] += heap.count
    return [(state, counts[state]) for state in REVIEWED]


def _periods(heaps: Iterable[Heap], wanted: Asked) -> list[Period]:
    """Return the periods in the list, and the one asked for, the newest first."""
    found = {heap.period for heap in heaps if heap.state is wanted.state}
    found |= {wanted.period} if wanted.period is not None else set()
    return sorted(found, key=lambda at: (at.last_day, at.first_day), reverse=True)


def _done(page: Page) -> list[review_acts.Told]:
    """Say what an act came to that sent the browser here."""
    action, count = asking.word(page, "done"), asking.word(page, "figures")
    if action is None or action not in {*Action}:
        return []
    if count is None or not (count.isascii() and count.isdigit()):
        return []
    return [review_acts.Told(page.speak(review_acts.DONE[Action(action)], count=int(count[:9])))]


def _reach(page: Page, departments: Mapping[str, Department]) -> list[str]:
    """Return the names of the departments that whoever looks reaches; none for all of them."""
    reach = None if page.actor is None else page.actor.departments
    return [page.name(departments[code]) for code in sorted(reach or ()) if code in departments]
