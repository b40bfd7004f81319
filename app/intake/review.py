"""How approvers speak: approve or return what a submission brought, reopen a single figure.

Everything is weighed and written in the one writer's transaction. So of two approvers who act at
once the second sees what the first did, and a correction that comes in meanwhile is either seen
or comes after the approval, and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from app.domain.finding import Finding
from app.domain.lifecycle import (
    NEXT,
    Action,
    Review,
    State,
    is_repeated,
    of_revision,
    standing,
)
from app.errors import (
    FigureLocked,
    FigureReturned,
    NotApproved,
    NotFound,
    NothingToReview,
    NotPermitted,
    Refused,
)
from app.intake.resources import Code, LongText, PeriodText, Resource
from app.ledger import journal, reviews, revisions, submissions
from app.ledger.reviews import NewReview

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from app.domain.access import Actor
    from app.domain.catalogue import Catalogue
    from app.errors import Conflict, FigureState
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.office import Office
    from app.ledger.revisions import FigureKey


class ApprovalResource(Resource):
    """An approval says nothing but that it is one."""


class ReturnResource(Resource):
    """Why figures come back."""

    reason: LongText


class ReopeningResource(Resource):
    """Which figure is opened for correction, by codes, and why."""

    kpi: Code
    department: Code
    period: PeriodText
    reason: LongText


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A figure on record, and what an approver said last of this very revision, if anything."""

    key: FigureKey
    revision: int
    submission: int
    review: Review | None

    @property
    def state(self) -> State:
        """Where the figure stands."""
        return standing(self.revision, self.review)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an approver's word came to.

    superseded: figures of the submission in whose place newer ones stand; as these stand now.
    """

    figures: tuple[Reviewed, ...]
    superseded: tuple[Reviewed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Word:
    """What is said, by whom."""

    action: Action
    actor: Actor
    subject: str
    reason: str | None = None
    submission: int | None = None
    only: frozenset[FigureKey] | None = None


_IN_THE_WAY: Final[Mapping[tuple[State, Action], type[Conflict]]] = {
    (State.APPROVED, Action.RETURN): FigureLocked,
    (State.RETURNED, Action.APPROVE): FigureReturned,
}


def approve(
    office: Office, number: int, actor: Actor, only: Collection[FigureKey] | None = None
) -> Spoken:
    """Approve, and so lock, the figures that stand and came from a submission.

    only: these of them, all or none; None for all of the submission's.

    Raises NotFound, also for figures that did not come from it; NotPermitted where any of them is
    out of reach, FigureReturned for one that awaits an answer, NothingToReview where none stands.
    Nothing is recorded twice.
    """
    word = _Word(Action.APPROVE, actor, f"submission {number}", None, number, _chosen(only))
    return _review(office, number, word)


def give_back(
    office: Office,
    number: int,
    actor: Actor,
    reason: str,
    only: Collection[FigureKey] | None = None,
) -> Spoken:
    """Return the figures that stand and came from a submission, for revision.

    only: as for `approve`. Raises as `approve` does, and FigureLocked where one is approved.
    """
    word = _Word(Action.RETURN, actor, f"submission {number}", reason, number, _chosen(only))
    return _review(office, number, word)


def _chosen(only: Collection[FigureKey] | None) -> frozenset[FigureKey] | None:
    return None if only is None else frozenset(only)


def _review(office: Office, number: int, word: _Word) -> Spoken:
    now = office.clock()
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        brought = dict(reviews.figures_of(connection, number))
        named = brought.keys() if word.only is None else word.only
        _check_reach(word.actor, stored.catalogue, {key[1] for key in named})
        if not brought and submissions.get(connection, number) is None:
            raise NotFound(f"there is no submission {number}")
        if not named <= brought.keys():
            raise NotFound(f"not all of these figures came from submission {number}")
        brought = {key: brought[key] for key in brought if key in named}
        found = _on_record(connection, stored, brought)
        mine = [figure for figure in found if figure.revision == brought[figure.key]]
        newer = [figure for figure in found if figure.revision != brought[figure.key]]
        if not mine:
            raise NothingToReview("no figure of this submission stands", _states(newer))
        done = _say(connection, stored, mine, word, now=now)
    return Spoken(tuple(done), tuple(newer))


def reopen(office: Office, order: ReopeningResource, actor: Actor) -> Spoken:
    """Open an approved figure for correction.

    Raises NotPermitted for a department out of reach, known or not; Refused for codes that are
    not known; NotApproved for a figure that is not locked, or not there.
    """
    now = office.clock()
    key = (order.kpi, order.department, order.period)
    word = _Word(Action.REOPEN, actor, "/".join(map(str, key)), order.reason)
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        _check_reach(actor, stored.catalogue, [order.department])
        if findings := list(_unknown(stored.catalogue, order)):
            raise Refused("there is no such figure", findings)
        found = _on_record(connection, stored, [key])
        if not found:
            raise NotApproved("there is no figure", [(*key, None)])
        return Spoken(tuple(_say(connection, stored, found, word, now=now)))


def _check_reach(actor: Actor, catalogue: Catalogue, departments: Iterable[str]) -> None:
    if not all(actor.reaches(catalogue, department) for department in departments):
        raise NotPermitted("this is out of the key's reach")


def _unknown(catalogue: Catalogue, order: ReopeningResource) -> Iterable[Finding]:
    kpi = catalogue.kpis.get(order.kpi)
    if kpi is None:
        yield Finding("unknown_kpi", None, "kpi", {"name": order.kpi})
    elif kpi.frequency is not order.period.frequency:
        values = {"kpi": kpi.code, "period": str(order.period), "frequency": kpi.frequency}
        yield Finding("wrong_frequency", None, "period", values)
    if order.department not in catalogue.departments:
        yield Finding("unknown_department", None, "department", {"name": order.department})


def _on_record(
    connection: Connection, stored: StoredCatalogue, keys: Collection[FigureKey]
) -> list[Reviewed]:
    """Return the figures of `keys` that are on record, in that order, as they stand."""
    current = revisions.current(connection, stored, keys)
    last = reviews.last(connection, stored, keys)
    return [
        Reviewed(
            key,
            current[key].revision,
            current[key].submission,
            of_revision(last.get(key), current[key].revision),
        )
        for key in keys
        if key in current
    ]


def _say(
    connection: Connection,
    stored: StoredCatalogue,
    figures: Sequence[Reviewed],
    word: _Word,
    *,
    now: dt.datetime,
) -> list[Reviewed]:
    """Record what is said of figures, of all or none; what was said already is not said again."""
    new = [
        figure
        for figure in figures
        if not is_repeated(figure.review, figure.revision, word.action, word.reason)
    ]
    _check_moves(new, word.action)
    if not new:
        return list(figures)
    entry = journal.record(
        connection,
        journal.EntryKind.REVIEW,
        word.action,
        word.subject,
        actor=word.actor,
        now=now,
    )
    spoken_of = tuple((figure.key, figure.revision) for figure in new)
    made = NewReview(word.action, spoken_of, word.reason, word.submission)
    reviews.append(connection, stored, entry.id, made)
    said = Review(word.action, 0, word.actor.name, entry.recorded_at, word.reason)
    keys = {figure.key for figure in new}
    return [
        replace(figure, review=replace(said, revision=figure.revision))
        if figure.key in keys
        else figure
        for figure in figures
    ]


def _check_moves(figures: Sequence[Reviewed], action: Action) -> None:
    """Raise a Conflict that names every figure that stands where this cannot be done to it."""
    stuck = [figure for figure in figures if (figure.state, action) not in NEXT]
    if stuck:
        kind = _IN_THE_WAY.get((stuck[0].state, action), NotApproved)
        raise kind(f"a figure that is {stuck[0].state} stands in the way", _states(stuck))


def _states(figures: Iterable[Reviewed]) -> list[FigureState]:
    return [(*figure.key, figure.state) for figure in figures]
