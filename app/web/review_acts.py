"""What a reviewer does with the figures that were chosen, and what is said of it afterwards.

Every submission is an act of its own, all or none of what was chosen of it. Where somebody else was
faster, the answer says what was done and by whom, and what was chosen and typed is still there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.domain.finding import Finding
from app.domain.lifecycle import Action, Review
from app.domain.period import Period
from app.errors import Conflict, Refused
from app.intake import review
from app.intake.resource_reading import read_resource
from app.intake.review import ReopeningResource, ReturnResource
from app.ledger import journal, reviewing, reviews
from app.web import formats
from app.web.admin_users import actor_of
from app.web.review_shown import choice, figure_text, state_text
from app.wording.words import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.errors import FigureState
    from app.intake.review import Reviewed, Spoken
    from app.ledger.revisions import FigureKey
    from app.web.forms import Fields
    from app.web.page import Page
    from app.web.review_asked import Asked

DONE: Final = {
    Action.APPROVE: msg("Approved: {count} figures."),
    Action.RETURN: msg("Returned: {count} figures."),
    Action.REOPEN: msg("Reopened: {count} figures."),
}
_NOTHING: Final = msg("Choose at least one figure.")
_NO_REASON: Final = msg("Give a reason; the department reads it.")
_STOPPED: Final = msg("Nothing was done with submission {number}. It is no longer as you saw it:")
_BEFORE: Final = msg("Done before you, in submission {number}:")
_NEWER: Final = msg("Left as they are in submission {number}, since newer figures came in:")
_MORE: Final = msg("and {count} more")
_MOST_LINES: Final = 12
_EXPECTED: Final = {
    "do": "text that is not empty",
    "figure": "text that is not empty",
    "whole": "a whole number",
    "seen": "a whole number",
}
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Told:
    """Something that is said after an act: a sentence, and the figures that it speaks of."""

    text: str
    lines: tuple[str, ...] = ()
    is_fault: bool = False


@dataclass
class Outcome:
    """What came of an act; `chosen` and `reason` are what the form said."""

    action: Action
    chosen: dict[int, list[FigureKey]]
    reason: str
    count: int = 0
    told: list[Told] = field(default_factory=list)
    status: int = 200

    @property
    def names(self) -> set[str]:
        """What was chosen, by the names that the form has for it."""
        return {choice(number, key) for number in self.chosen for key in self.of(number)}

    def of(self, number: int) -> list[FigureKey]:
        """Return what was chosen of a submission."""
        return self.chosen.get(number, [])


def act(page: Page, form: Fields, asked: Asked) -> Outcome:
    """Do what the form says; raises Refused for one that none of our pages makes."""
    action = _action(form)
    outcome = Outcome(action, _chosen(page, form, asked), form.text("reason"))
    fault = _fault(page, outcome)
    if fault is not None:
        outcome.told.append(Told(fault, is_fault=True))
        outcome.status = 422
        return outcome
    for number in sorted(outcome.chosen):
        for keys in _lots(outcome, number):
            _do(page, outcome, number, keys)
    if outcome.count and outcome.told:
        outcome.told.insert(0, Told(page.speak(DONE[action], count=outcome.count)))
    return outcome


def _lots(outcome: Outcome, number: int) -> Iterable[list[FigureKey]]:
    """Split what was chosen of a submission into acts: figures are reopened one by one."""
    keys = outcome.of(number)
    return [[key] for key in keys] if outcome.action is Action.REOPEN else [keys]


def _do(page: Page, outcome: Outcome, number: int, keys: Sequence[FigureKey]) -> None:
    mine = actor_of(page).name
    try:
        spoken = _say(page, outcome, number, keys)
    except Conflict as error:
        outcome.told.append(
            Told(page.speak(_STOPPED, number=number), _stuck(page, error.figures), is_fault=True)
        )
        outcome.status = 409
        return
    before = [one for one in spoken.figures if one.review is not None and one.review.by != mine]
    outcome.count += len(spoken.figures) - len(before)
    for text, figures in ((_BEFORE, before), (_NEWER, spoken.superseded)):
        if figures:
            told = Told(page.speak(text, number=number), _as_they_stand(page, figures))
            outcome.told.append(told)


def _say(page: Page, outcome: Outcome, number: int, keys: Sequence[FigureKey]) -> Spoken:
    office, actor = page.office, actor_of(page)
    if outcome.action is Action.APPROVE:
        return review.approve(office, number, actor, keys)
    if outcome.action is Action.RETURN:
        resource = read_resource(ReturnResource, {"reason": outcome.reason})
        return review.give_back(office, number, actor, resource.reason, keys)
    kpi, department, period = keys[0]
    named = {"kpi": kpi, "department": department, "period": str(period)}
    order = read_resource(ReopeningResource, {**named, "reason": outcome.reason})
    return review.reopen(office, order, actor)


def _action(form: Fields) -> Action:
    if form.text("approve"):
        return Action.APPROVE
    text = form.text("do")
    if text not in {*Action}:
        raise _refused("do")
    return Action(text)


def _fault(page: Page, outcome: Outcome) -> str | None:
    """Say what is missing in a form; None where nothing is."""
    if not any(outcome.chosen.values()):
        return page.speak(_NOTHING)
    if outcome.action is Action.APPROVE:
        return None
    if not outcome.reason.strip():
        return page.speak(_NO_REASON)
    try:
        read_resource(ReturnResource, {"reason": outcome.reason})
    except Refused as error:
        return page.site.services.translator.message(error.findings[0], page.language)
    return None


def _chosen(page: Page, form: Fields, asked: Asked) -> dict[int, list[FigureKey]]:
    """Return the figures chosen, by submission: one by one, and by the whole of a list."""
    found: dict[int, dict[FigureKey, None]] = {}
    for text in form.texts("figure"):
        number, key = _named(text)
        found.setdefault(number, {})[key] = None
    wholes = [*form.texts("whole"), *form.texts("approve")]
    if wholes:
        numbers = {_number(text, "whole") for text in wholes}
        for number, keys in _wholes(page, asked, numbers, _number(form.text("seen"), "seen")):
            found.setdefault(number, {}).update(dict.fromkeys(keys))
    return {number: list(keys) for number, keys in found.items()}


def _wholes(
    page: Page, asked: Asked, numbers: Iterable[int], seen: int
) -> list[tuple[int, list[FigureKey]]]:
    """Return what the list held of submissions, as of the position at which it was seen."""
    actor, listed = actor_of(page), []
    with page.office.database.read() as connection:
        stored = page.office.catalogue(connection)
        upto = min(seen, journal.position(connection))
        for number in sorted(numbers):
            wanted = asked.wanted(stored.catalogue, actor, upto, submission=number)
            found = reviewing.listed(connection, stored, wanted, asked.state)
            keys = [row.key for row in found if actor.reaches(stored.catalogue, row.key[1])]
            listed.append((number, keys))
    return listed


def _named(text: str) -> tuple[int, FigureKey]:
    parts = text.split("/")
    if len(parts) != 4:  # noqa: PLR2004 - submission, KPI, department, period
        raise _refused("figure")
    number, kpi, department, period = parts
    try:
        return _number(number, "figure"), (kpi, department, Period.parse(period))
    except ValueError as error:
        raise _refused("figure") from error


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:20]) <= _LARGEST):
        raise _refused(name)
    return int(text)


def _refused(name: str) -> Refused:
    found = Finding("wrong_type", None, name, {"expected": _EXPECTED[name]})
    return Refused(f"{name} cannot be read", [found])


def _stuck(page: Page, figures: Sequence[FigureState]) -> tuple[str, ...]:
    """Say of figures in the way where they stand, and who brought them there."""
    keys = [(kpi, department, period) for kpi, department, period, _ in figures]
    with page.office.database.read() as connection:
        stored = page.office.catalogue(connection)
        last = reviews.last(connection, stored, keys)
    lines = []
    for key, (*_, state) in zip(keys, figures, strict=True):
        text = f"{figure_text(page, stored.catalogue, key)}: {state_text(page, state)}"
        lines.append(text + _by(page, last.get(key)))
    return _cut(page, lines)


def _as_they_stand(page: Page, figures: Sequence[Reviewed]) -> tuple[str, ...]:
    with page.office.database.read() as connection:
        catalogue = page.office.catalogue(connection).catalogue
    lines = [
        f"{figure_text(page, catalogue, one.key)}: {page.speak(one.state)}{_by(page, one.review)}"
        for one in figures
    ]
    return _cut(page, lines)


def _by(page: Page, last: Review | None) -> str:
    if last is None:
        return ""
    text = f" · {last.by} · {formats.instant(last.at, page.office.zone)}"
    return f"{text} · {last.reason}" if last.reason else text


def _cut(page: Page, lines: Sequence[str]) -> tuple[str, ...]:
    rest = len(lines) - _MOST_LINES
    more = (page.speak(_MORE, count=rest),) if rest > 0 else ()
    return (*lines[:_MOST_LINES], *more)
