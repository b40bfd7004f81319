"""Forecasts: of one target when it is asked for, and of all of them as a table for reads by SQL.

What the model was asked last about a target, and what it said, is kept beside the ledger: the same
question has the same answer, so whoever asks it again need not wait for the model. The table of
forecasts follows from these answers. `forecast_state` names the position of the journal that it
speaks for.

Several processes may keep the table at once. Each asks without holding anybody up, and puts what it
got in lot by lot, as the one writer, as long as nobody else has put anything in meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, astuple, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, select

from app.domain.forecast import (
    NOT_FITTED,
    NOT_NOW,
    Basis,
    Estimate,
    Forecast,
    basis_of,
    forecast_of,
)
from app.domain.number import shown
from app.domain.saying import Saying
from app.errors import Busy
from app.forecasting.asking import NotComputed
from app.ledger import scoreboard
from app.ledger.derived import forecast, forecast_answer, forecast_state
from app.ledger.narrowing import narrowed
from app.ledger.tables import department, kpi, plan, target
from app.ledger.verdicts import last_second, parted, touched
from app.ledger.writing import add

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.domain.attainment import Subject
    from app.domain.catalogue import TargetKey
    from app.domain.forecast import Question
    from app.domain.period import Period
    from app.forecasting.asking import Forecaster
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.office import Office

log = logging.getLogger(__name__)

METHOD: Final = 1
"""Counts the models: an answer of another one is no answer."""
LOT: Final = 50
"""Targets that the model is asked about at a time; it takes a second or two for them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The question that a target's kept answer is to, as a digest, and the answer."""

    question: str
    answer: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A forecast with what it is made from; or, without one, why there is none."""

    note: Saying
    basis: Basis | None = None
    forecast: Forecast | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What the table speaks for: a position of the journal, and the zone its instants are of.

    serial: counts its changes. Before the first it speaks for nothing.
    """

    position: int = 0
    serial: int = 0
    zone: str = ""


# --- one target ---------------------------------------------------------------------------------


def kept(connection: Connection, stored: StoredCatalogue, key: TargetKey) -> Kept | None:
    """Return the answer that is kept for a target."""
    return _kept(connection, [stored.target_ids[key]]).get(stored.target_ids[key])


def foresee(
    forecaster: Forecaster, subject: Subject, known: Kept | None, asked: Period | None = None
) -> Foreseen:
    """Return a target's forecast from figures up to a period, by the kept answer if it fits.

    Not within a transaction: the model may take seconds. Raises nothing where it fails.
    """
    basis = basis_of(subject, asked)
    if isinstance(basis, Saying):
        return Foreseen(basis)
    if known is not None and known.question == _digest(basis.question):
        return Foreseen(basis.note, basis, forecast_of(basis, known.answer))
    try:
        (answer,) = forecaster.answers([basis.question])
    except (Busy, NotComputed) as error:
        log.warning("no forecast: %s", error)
        return Foreseen(Saying(NOT_NOW))
    if answer is None:
        return Foreseen(Saying(NOT_FITTED))
    return Foreseen(basis.note, basis, forecast_of(basis, answer))


# --- the due periods of all ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """What is forecast of a target's due period, as the table has it.

    key: plan, KPI and department. period_end: the period's last second.
    """

    key: TargetKey
    period: str
    period_end: dt.datetime
    value: float
    lower: float
    upper: float
    ratio: float | None
    outlook: str


def due_rows(connection: Connection) -> list[Due]:
    """Return the forecasts of due periods, in order of plan, KPI and department."""
    codes = (plan.c.code, kpi.c.code, department.c.code)
    columns = (forecast.c.period, forecast.c.period_end)
    numbers = (forecast.c.value, forecast.c.lower, forecast.c.upper, forecast.c.ratio)
    query = (
        select(*codes, *columns, *numbers, forecast.c.outlook)
        .join(target, target.c.id == forecast.c.target_id)
        .join(plan, plan.c.id == target.c.plan_id)
        .join(kpi, kpi.c.id == target.c.kpi_id)
        .join(department, department.c.id == target.c.department_id)
        .where(forecast.c.outlook.is_not(None))
    )
    found = []
    for row in connection.execute(query):
        value, lower, upper = (float(number) for number in row[5:8])
        ratio = None if row[8] is None else float(row[8])
        found.append(
            Due((row[0], row[1], row[2]), row[3], row[4], value, lower, upper, ratio, row[9])
        )
    return sorted(found, key=lambda due: due.key)


# --- the table ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Looked:
    """A target that is to be looked at: what its forecast is made from, and what is kept of it."""

    key: TargetKey
    number: int
    basis: Basis | None
    known: Kept | None

    @property
    def is_answered(self) -> bool:
        """Tell whether the model need not be asked."""
        return self.basis is None or (
            self.known is not None and self.known.question == _digest(self.basis.question)
        )


def state(connection: Connection) -> State:
    """Return what the table speaks for."""
    columns = (forecast_state.c.position, forecast_state.c.serial, forecast_state.c.zone)
    row = connection.execute(select(*columns)).one_or_none()
    return State() if row is None else State(*row)


def derive(office: Office, *, anew: bool = False) -> bool:
    """Bring the table to the newest position; returns whether it was this call that did.

    Only targets are looked at that may have changed, or (`anew`) all of them, and the model is
    asked only what it has not answered. Where another process is at it, it is left to that one.
    Raises Unavailable, Busy and NotComputed; what was put in before stays in.
    """
    with office.database.read() as connection:
        known = state(connection)
        stored, seen = office.seen(connection)
        zone = str(office.zone)
        if (known.position, known.zone) == (seen.position, zone) and not anew:
            return False
        begun = 0 if anew or known.zone != zone else known.position
        keys = touched(connection, stored, begun, seen.position)
        answered_before = set() if anew else _answered_before(connection, stored, keys)

    def look(some: Sequence[TargetKey]) -> list[_Looked]:
        with office.database.read() as connection:
            return _looked(connection, stored, some, seen.position, anew=anew)

    try:
        # First what may need no model: who looks at the table should not wait for the others. Of
        # these some are looked at again, so that few targets' figures are held at once.
        unanswered = [key for key in keys if key not in answered_before]
        for some in parted([key for key in keys if key in answered_before]):
            looked = look(some)
            unanswered += [one.key for one in looked if not one.is_answered]
            if answered := [one for one in looked if one.is_answered]:
                known = _answer(office, known, answered)
        for some in parted(unanswered):
            looked = look(some)
            for begin in range(0, len(looked), LOT):
                known = _answer(office, known, looked[begin : begin + LOT])
        _put(office, known, State(seen.position, known.serial + 1, zone), [])
    except _Overtaken:
        return False
    return True


class _Overtaken(Exception):
    """Another process has put something in meanwhile."""


def _answer(office: Office, known: State, lot: Sequence[_Looked]) -> State:
    """Put in what a lot has come to, and return the state then; raises _Overtaken."""
    after = replace(known, serial=known.serial + 1)
    _put(office, known, after, _answered(office.forecaster, lot))
    return after


def _answered_before(
    connection: Connection, stored: StoredCatalogue, keys: Sequence[TargetKey]
) -> set[TargetKey]:
    """Return those of some targets of which an answer is kept, to whatever question."""
    column = forecast_answer.c.target_id
    query = narrowed(select(column), column, [stored.target_ids[key] for key in keys])
    kept = set(connection.execute(query).scalars())
    return {key for key in keys if stored.target_ids[key] in kept}


def _looked(
    connection: Connection,
    stored: StoredCatalogue,
    keys: Sequence[TargetKey],
    position: int,
    *,
    anew: bool,
) -> list[_Looked]:
    numbers = [stored.target_ids[key] for key in keys]
    known = {} if anew else _kept(connection, numbers)
    subjects = scoreboard.subjects(connection, stored, keys, position)
    found = []
    for key, number, subject in zip(keys, numbers, subjects, strict=True):
        said = basis_of(subject)
        basis = None if isinstance(said, Saying) else said
        found.append(_Looked(key, number, basis, known.get(number)))
    return found


def _answered(forecaster: Forecaster, lot: Sequence[_Looked]) -> list[_Looked]:
    """Return targets with the answers to their questions; without a basis where there is none."""
    asked = [one for one in lot if one.basis is not None and not one.is_answered]
    answers = forecaster.answers([one.basis.question for one in asked if one.basis])
    found = [one for one in lot if one.is_answered]
    for one, answer in zip(asked, answers, strict=True):
        if one.basis is None or answer is None:
            found.append(replace(one, basis=None))
        else:
            found.append(replace(one, known=Kept(_digest(one.basis.question), tuple(answer))))
    return found


def _put(office: Office, known: State, after: State, lot: Sequence[_Looked]) -> None:
    """Put in what a lot has come to, if the state is the known one, else raise _Overtaken."""
    with office.database.write() as connection:
        if state(connection) != known:
            raise _Overtaken
        for table in (forecast, forecast_answer) if lot else ():
            one = delete(table).where(table.c.target_id == bindparam("number"))
            connection.execute(one, [{"number": due.number} for due in lot])
        add(connection, forecast_answer, [row for due in lot for row in _answer_rows(due)])
        add(connection, forecast, [row for due in lot for row in _rows(due, office.zone)])
        connection.execute(delete(forecast_state))
        add(connection, forecast_state, {"id": 1, **asdict(after)})


def _answer_rows(due: _Looked) -> Iterator[dict[str, Any]]:
    if due.basis is not None and due.known is not None:
        answer = json.dumps([astuple(one) for one in due.known.answer])
        yield {"target_id": due.number, "question": due.known.question, "answer": answer}


def _rows(due: _Looked, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    if due.basis is None or due.known is None:
        return
    found = forecast_of(due.basis, due.known.answer)
    for point in found.points:
        is_last = point is found.due
        yield {
            "target_id": due.number,
            "period": str(point.period),
            "period_end": last_second(point.period, zone),
            "value": shown(point.value),
            "lower": shown(point.lower),
            "upper": shown(point.upper),
            "ratio": shown(found.ratio) if is_last else None,
            "outlook": found.outlook if is_last else None,
        }


def _kept(connection: Connection, numbers: Sequence[int]) -> dict[int, Kept]:
    columns = (forecast_answer.c.target_id, forecast_answer.c.question, forecast_answer.c.answer)
    query = narrowed(select(*columns), forecast_answer.c.target_id, numbers)
    wanted = set(numbers)
    return {
        number: Kept(question, tuple(Estimate(*one) for one in json.loads(answer)))
        for number, question, answer in connection.execute(query)
        if number in wanted
    }


def _digest(question: Question) -> str:
    return hashlib.sha256(repr((METHOD, astuple(question))).encode()).hexdigest()
